/**
 * What the API server's words about a refused object mean for its author: which field, what stands there, what is allowed,
 * what to do. The server's texts are no contract, so whatever is not recognised is passed on in its own words. Pure.
 */

import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import type { Problem } from './api.ts';

export interface RefusedField {
  /** Dotted path; empty when the server names none. */
  readonly field: string;
  /** As it stands in a sentence: quoted text, plain number, `unset`. */
  readonly found: string;
  /** A clause. */
  readonly allowed: string;
  /** An imperative. */
  readonly remedy: string;
}

const longestValue = 80;

/** `object` is what was sent, in which the value found is looked up. */
export function refusedField(problem: Problem, object: JsonObject): RefusedField {
  const message = problem.message.trim().replace(/[.;\s]+$/, '');
  return (
    unknownField(message) ??
    wrongType(message, object) ??
    badQuantity(message, object) ??
    ruled(problem, message, object)
  );
}

function unknownField(message: string): RefusedField | undefined {
  const [, strict, typed] =
    /unknown field "([^"]+)"/.exec(message) ??
    /(?:^|[\s:])()\.([^\s:]+): field not declared in schema/.exec(message) ??
    [];
  const field = strict || typed;
  if (field === undefined || field === '') return undefined;
  return {
    field,
    found: 'unknown',
    allowed: 'only fields of its schema are allowed',
    remedy: 'remove it or correct its name',
  };
}

/** Server-side apply, strict decoding and the CRD's schema each have their own words for it. */
function wrongType(message: string, object: JsonObject): RefusedField | undefined {
  const applied = /(?:^|[\s:])\.([^\s:]+): expected ([^,]+), got/.exec(message);
  if (applied !== null) return typed(applied[1] ?? '', applied[2] ?? '', object);
  const decoded = /json: cannot unmarshal \w+ into Go struct field (?:\w+\.)?([\w.[\]]+) of type \S*?(\w+)$/.exec(
    message,
  );
  if (decoded !== null) return typed(decoded[1] ?? '', decoded[2] ?? '', object);
  const bodied = /(\S+) in body must be of type (\w+)/.exec(message);
  return bodied === null ? undefined : typed(bodied[1] ?? '', bodied[2] ?? '', object);
}

function typed(field: string, type: string, object: JsonObject): RefusedField {
  return { field, found: valueAt(object, field), allowed: `its type must be ${type}`, remedy: 'correct the value' };
}

const quantity = /^[+-]?[0-9.]+([eEinumkKMGTP]*[-+]?[0-9]*)$/;

/** The server tells neither field nor value of a quantity that it can't read. */
function badQuantity(message: string, object: JsonObject): RefusedField | undefined {
  if (!message.includes('quantities must match')) return undefined;
  const field = findText(
    object,
    '',
    (path, text) => /\.resources\.(requests|limits)\./.test(path) && !quantity.test(text),
  );
  if (field === undefined) return undefined;
  const allowed = 'a quantity must match a number with an optional unit, such as 500m, 64Mi or 2';
  return { field, found: valueAt(object, field), allowed, remedy: 'correct the value' };
}

function findText(
  value: Json | undefined,
  path: string,
  isWanted: (path: string, text: string) => boolean,
): string | undefined {
  if (typeof value === 'string') return isWanted(path, value) ? path : undefined;
  const members = Array.isArray(value)
    ? value.map((item: Json, index) => [`${path}[${index}]`, item] as const)
    : Object.entries(isJsonObject(value) ? value : {}).map(
        ([key, item]) => [path === '' ? key : `${path}.${key}`, item] as const,
      );
  for (const [at, item] of members) {
    const found = findText(item, at, isWanted);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `Invalid value: "x": reason`: the value is echoed by the server, or not. */
const kinds =
  /^(Invalid value|Required value|Duplicate value|Forbidden|Too long|Too many|Unsupported value)(?:: ([\s\S]*))?$/;
const echoed = /^(?:"(?:[^"\\]|\\.)*"|[\w.-]+|\{[\s\S]*\}|\[[\s\S]*\]): (?=\S)/;

function ruled({ field }: Problem, message: string, object: JsonObject): RefusedField {
  const [, kind, rest = ''] = kinds.exec(message) ?? [];
  const found = field === '' ? 'refused' : valueAt(object, field);
  if (kind === 'Required value')
    return { field, found: 'unset', allowed: rest === '' ? 'a value is required' : rest, remedy: 'add it' };
  if (kind === 'Duplicate value')
    return { field, found: `${found} a second time`, allowed: 'it may be there once', remedy: 'remove one' };
  const reason = kind === undefined ? message : rest.replace(echoed, '');
  return { field, found, allowed: reason === '' ? 'that is not allowed' : reason, remedy: 'correct it' };
}

/** The value at a path such as `spec.steps[0].weight` or `.spec.containers[name="app"].image`, as it stands in a sentence. */
function valueAt(object: JsonObject, path: string): string {
  let here: Json | undefined = object;
  for (const part of path.match(/[^.[\]]+(?:="[^"]*")?/g) ?? []) here = memberOf(here, part);
  if (here === undefined || here === null) return 'unset';
  const text = JSON.stringify(here);
  return text.length <= longestValue ? text : `${text.slice(0, longestValue - 1)}…`;
}

function memberOf(value: Json | undefined, part: string): Json | undefined {
  if (Array.isArray(value)) {
    const items: readonly Json[] = value;
    const [, key = '', wanted = ''] = /^(\w+)="(.*)"$/.exec(part) ?? [];
    return key === '' ? items[Number(part)] : items.find((item) => isJsonObject(item) && item[key] === wanted);
  }
  return isJsonObject(value) ? value[part] : undefined;
}
