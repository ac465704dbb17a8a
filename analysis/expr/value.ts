/** Values of the condition language: Go's ints are bigint, its floats are number, so the difference that users can see is kept. */
import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import { isSameTime, type TimeKind, timeTypeName } from './time-values.ts';

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | readonly Value[]
  | ReadonlyMap<string, Value>
  | TimeKind;

/** A mistake in a condition or in the value it met; `at` is an offset into the source when known. */
export class ExprError extends Error {
  readonly at: number | undefined;
  constructor(message: string, at?: number) {
    super(message);
    this.at = at;
  }
}

/** Thrown in strict mode when an answer would rest on NaN or on an empty measurement that the condition did not ask about. */
export class NoEvidence extends Error {}

/** JSON as a metric backend delivers it: every number is a float64, as in Argo Rollouts. */
export function fromJson(json: Json | undefined): Value {
  if (json === undefined || json === null) return null;
  if (typeof json === 'boolean' || typeof json === 'number' || typeof json === 'string') return json;
  if (isJsonObject(json)) return new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
  return json.map(fromJson);
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

export function isNumber(value: Value): value is bigint | number {
  return typeof value === 'bigint' || typeof value === 'number';
}

/** A moment, a duration, a time zone, a month or a weekday. */
export function isTimeKind(value: Value): value is TimeKind {
  return typeof value === 'object' && value !== null && 'kind' in value;
}

/** The name that the language's own `type()` gives. */
export function typeName(value: Value): string {
  if (value === null) return 'nil';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  if (isTimeKind(value)) return timeTypeName(value);
  return isList(value) ? 'array' : 'map';
}

/** Equality of the language: ints and floats meet as floats, lists and maps by content, other types never. */
export function isEqual(left: Value, right: Value): boolean {
  if (isNumber(left) && isNumber(right)) {
    return typeof left === typeof right ? left === right : Number(left) === Number(right);
  }
  if (isList(left) && isList(right)) {
    return left.length === right.length && left.every((item, index) => isEqual(item, right[index] ?? null));
  }
  if (isMap(left) && isMap(right)) {
    return (
      left.size === right.size &&
      [...left].every(([key, item]) => right.has(key) && isEqual(item, right.get(key) ?? null))
    );
  }
  if (isTimeKind(left) && isTimeKind(right)) return isSameTime(left, right);
  return left === right;
}
