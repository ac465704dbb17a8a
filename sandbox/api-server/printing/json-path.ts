/** The part of JSONPath that printer columns use: `.status.phase`, `.spec.hosts[0]`, `.status.conditions[?(@.type=="Ready")].status`. */

import { isJsonObject, type Json } from '../../../crds/schema/json.ts';
import { textOf, valueAt } from '../json-access.ts';

type Step =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'each' }
  | { readonly kind: 'where'; readonly path: readonly string[]; readonly equals: string };

export type JsonPath = readonly Step[];

const stepPattern =
  /\.([\w\-/\\.]+?)(?=[.[]|$)|\['([^']+)'\]|\[(-?\d+)\]|\[\*\]|\[\?\(@((?:\.[\w-]+)+)\s*==\s*["']([^"']*)["']\)\]/gy;

/** Undefined for what is not understood: such a column stays empty. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const path = text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  const steps: Step[] = [];
  stepPattern.lastIndex = 0;
  let end = 0;
  for (let match = stepPattern.exec(path); match !== null; match = stepPattern.exec(path)) {
    end = stepPattern.lastIndex;
    steps.push(stepOf(match));
    if (end === path.length) break;
  }
  return end === path.length ? steps : undefined;
}

function stepOf([all, key, quoted, index, where, equals]: RegExpExecArray): Step {
  if (key !== undefined) return { kind: 'key', key: key.replaceAll('\\', '') };
  if (quoted !== undefined) return { kind: 'key', key: quoted };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (where !== undefined) return { kind: 'where', path: where.split('.').slice(1), equals: equals ?? '' };
  return all === '[*]' ? { kind: 'each' } : { kind: 'key', key: all };
}

/** Every value that the path leads to. */
export function valuesAtPath(value: Json, path: JsonPath): readonly Json[] {
  let found: readonly Json[] = [value];
  for (const step of path) found = found.flatMap((one) => taken(one, step));
  return found;
}

function taken(value: Json, step: Step): readonly Json[] {
  if (step.kind === 'key') {
    const next = isJsonObject(value) ? value[step.key] : undefined;
    return next === undefined ? [] : [next];
  }
  if (!Array.isArray(value)) return [];
  const items: readonly Json[] = value;
  switch (step.kind) {
    case 'index': {
      const item = items.at(step.index);
      return item === undefined ? [] : [item];
    }
    case 'each':
      return items;
    case 'where':
      return items.filter((item) => textOf(valueAt(item, ...step.path)) === step.equals);
  }
}
