/**
 * The JSON text that Go's encoder makes of a PodTemplateSpec: fields in struct order, empty ones left out by the
 * Go tags, unknown ones dropped, scalars in their canonical form.
 */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { canonicalQuantity } from './pod-hash-quantity.ts';
import { podTemplateTypes } from './pod-template-fields.ts';
import { stepTypes } from './step-fields.ts';

interface Type {
  readonly name: string;
  /** '' = plain value, otherwise what wraps `inner`. */
  readonly wrap: '' | '*' | '[]' | '{}';
  readonly inner?: Type;
}

interface Field {
  readonly name: string;
  readonly type: Type;
  readonly omitEmpty: boolean;
  readonly omitZero: boolean;
}

const structs = new Map([...parseTypes(podTemplateTypes), ...parseTypes(stepTypes)]);

/** Go's `json.Marshal` of the template after decoding it into a `corev1.PodTemplateSpec`. */
export function podTemplateJson(template: JsonObject): string {
  return encode({ name: 'PodTemplateSpec', wrap: '' }, template);
}

/** The same of `spec.strategy.canary.steps`, decoded into Argo Rollouts' `[]CanaryStep`. */
export function stepsJson(steps: Json | undefined): string {
  return encode(parseType('[]CanaryStep'), steps);
}

/** True when the template has a member that this version of Kubernetes' API does not know, such as a typo: no part of the hash. */
export function hasUnknownFields(template: JsonObject): boolean {
  return hasUnknown({ name: 'PodTemplateSpec', wrap: '' }, template);
}

function hasUnknown({ name, wrap, inner }: Type, value: Json | undefined): boolean {
  if (inner !== undefined) {
    if (wrap === '*') return hasUnknown(inner, value);
    if (wrap === '[]') return isList(value) && value.some((item) => hasUnknown(inner, item));
    return isJsonObject(value) && Object.values(value).some((item) => hasUnknown(inner, item));
  }
  const fields = structs.get(name);
  if (fields === undefined || !isJsonObject(value)) return false;
  const types = new Map(fields.map((field) => [field.name, field.type]));
  return Object.entries(value).some(([key, member]) => {
    const type = types.get(key);
    return type === undefined || hasUnknown(type, member);
  });
}

/** JSON with keys in code point order and Go's string escapes: equal values give equal text. */
export function canonicalJson(value: Json): string {
  if (isList(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (isJsonObject(value)) return encodeEntries(sortedEntries(value), canonicalJson);
  return typeof value === 'string' ? goString(value) : JSON.stringify(value);
}

/** A line that is not indented starts a type; see the generated file for the notation. */
function parseTypes(table: string): ReadonlyMap<string, readonly Field[]> {
  const types = table.trim().split(/\n(?! )/);
  return new Map(
    types.map((text) => {
      const [name = '', ...fields] = text.split(/\s+/);
      return [name, fields.map(parseField)];
    }),
  );
}

function parseField(text: string): Field {
  const [name = '', rest = ''] = text.split(':');
  const type = parseType(rest.replace(/[?~]+$/, ''));
  return { name, type, omitEmpty: rest.includes('?'), omitZero: rest.includes('~') };
}

function parseType(text: string): Type {
  for (const wrap of ['*', '[]', '{}'] as const) {
    if (text.startsWith(wrap)) return { name: text, wrap, inner: parseType(text.slice(wrap.length)) };
  }
  return { name: text, wrap: '' };
}

function encode(type: Type, value: Json | undefined): string {
  const inner = type.inner;
  if (inner !== undefined) {
    if (value === undefined || value === null) return 'null';
    if (type.wrap === '*') return encode(inner, value);
    if (type.wrap === '[]' && isList(value)) return `[${value.map((item) => encode(inner, item)).join(',')}]`;
    if (type.wrap === '{}' && isJsonObject(value))
      return encodeEntries(sortedEntries(value), (item) => encode(inner, item));
    return canonicalJson(value);
  }
  const fields = structs.get(type.name);
  if (fields === undefined) return encodeScalar(type.name, value ?? null);
  if (value === undefined || value === null) return encodeStruct(fields, {});
  return isJsonObject(value) ? encodeStruct(fields, value) : canonicalJson(value);
}

function encodeStruct(fields: readonly Field[], value: JsonObject): string {
  const members: string[] = [];
  for (const { name, type, omitEmpty, omitZero } of fields) {
    const member = Object.hasOwn(value, name) ? value[name] : undefined;
    if (omitEmpty && isEmpty(type, member)) continue;
    const text = encode(type, member);
    if (omitZero && text === 'null') continue;
    members.push(`"${name}":${text}`);
  }
  return `{${members.join(',')}}`;
}

/** Go's `omitempty`: false, 0, "", nil, and empty lists and maps; never a struct, so `resources: {}` stays. */
function isEmpty(type: Type, value: Json | undefined): boolean {
  const absent = value === undefined || value === null;
  if (type.wrap === '*') return absent;
  if (type.wrap === '[]') return absent || (isList(value) && value.length === 0);
  if (type.wrap === '{}') return absent || (isJsonObject(value) && definedEntries(value).length === 0);
  if (type.name === 'string') return absent || value === '';
  if (type.name === 'int') return absent || value === 0;
  if (type.name === 'raw') return value === undefined;
  return type.name === 'bool' && (absent || value === false);
}

/** `null` gives Go's zero value. A value of the wrong type is kept as it is: Kubernetes refuses it, not the hash. */
function encodeScalar(name: string, value: Json): string {
  switch (name) {
    case 'string':
      return canonicalJson(value ?? '');
    case 'int':
    case 'intstr':
      return typeof value === 'number' ? goInteger(value) : canonicalJson(value ?? 0);
    case 'quantity':
      return typeof value === 'string' || typeof value === 'number'
        ? goString(canonicalQuantity(String(value)))
        : canonicalJson(value ?? '0');
    case 'time':
      return typeof value === 'string' ? goTime(value) : canonicalJson(value);
    case 'json':
      return orderedJson(value);
    // Every field of this type is left out when it is false or null.
    case 'bool':
    case 'raw':
      return canonicalJson(value);
    default:
      throw new Error(`pod template field table names an unknown type "${name}"`);
  }
}

/** Numbers beyond 2^53 arrive rounded; the nearest int64 is exact for the values people do use (the maximum). */
function goInteger(value: number): string {
  return Number.isSafeInteger(value) || !Number.isInteger(value)
    ? canonicalJson(value === 0 ? 0 : value)
    : String(clampInt64(BigInt(value)));
}

function clampInt64(value: bigint): bigint {
  const max = 2n ** 63n - 1n;
  return value > max ? max : value < -max - 1n ? -max - 1n : value;
}

/** metav1.Time: RFC 3339 in, UTC seconds out; the year 1 is Go's zero time, which is written as null. */
function goTime(text: string): string {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,]\d+)?(?:Z|([+-])(\d\d):(\d\d))$/.exec(text);
  if (match === null) return goString(text);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const offsetMinutes = (Number(match[8] ?? 0) * 60 + Number(match[9] ?? 0)) * (match[7] === '-' ? -1 : 1);
  const at = new Date(0);
  at.setUTCFullYear(year, month - 1, day);
  at.setUTCHours(hour, minute - offsetMinutes, second);
  const iso = at.toISOString().replace(/\.\d+Z$/, 'Z');
  return iso === '0001-01-01T00:00:00Z' ? 'null' : goString(iso);
}

/** Raw JSON that Go passes through (managed fields): the order of the text is kept. */
function orderedJson(value: Json): string {
  if (isList(value)) return `[${value.map(orderedJson).join(',')}]`;
  return isJsonObject(value) ? encodeEntries(definedEntries(value), orderedJson) : canonicalJson(value);
}

function encodeEntries(entries: readonly (readonly [string, Json])[], encodeValue: (value: Json) => string): string {
  return `{${entries.map(([key, value]) => `${goString(key)}:${encodeValue(value)}`).join(',')}}`;
}

function sortedEntries(value: JsonObject): readonly (readonly [string, Json])[] {
  return definedEntries(value).sort(([a], [b]) => compareCodePoints(a, b));
}

function definedEntries(value: JsonObject): [string, Json][] {
  return Object.entries(value).flatMap(([key, member]): [string, Json][] =>
    member === undefined ? [] : [[key, member]],
  );
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** Go sorts by UTF-8 bytes, which is code point order; JavaScript compares UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit;
}

/** Go escapes `<`, `>`, `&` and the two line separators beyond JSON's own; a lone surrogate became U+FFFD on reading. */
function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
