/**
 * Builders for schema fields: each takes the description that `kubectl explain` prints and the bounds that the API server
 * checks. Bounds, defaults and rules are metadata for the generated CRD; parsing stays lenient, since objects that the
 * server accepted (perhaps under Argo's own CRD) must always be readable.
 */

import { z } from 'zod';
import { Json, JsonObject } from './json.ts';

/** One CEL rule of a node; `only` names the one group that it holds in. What Argo accepts must stay accepted in its group. */
export interface Rule {
  readonly rule: string;
  readonly message: string;
  readonly only?: 'tidegate.io' | 'argoproj.io';
}

export interface TextBounds {
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly default?: string;
}

export interface NumberBounds {
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface ListBounds {
  readonly minItems?: number;
  readonly maxItems?: number;
  /** Keys that identify an item, so that server-side apply merges item by item. */
  readonly mapKeys?: readonly string[];
  readonly atomic?: boolean;
}

export function text(description: string, bounds: TextBounds = {}) {
  return z.string().meta({ ...bounds, description });
}

/** Name of a Kubernetes object. */
export function objectName(description: string) {
  return text(description, { maxLength: 253 });
}

export function int32(description: string, bounds: NumberBounds = {}) {
  return z.int32().meta({ format: 'int32', ...bounds, description });
}

export function int64(description: string, bounds: NumberBounds = {}) {
  return z.int().meta({ format: 'int64', ...bounds, description });
}

export function flag(description: string, defaultValue?: boolean) {
  return z.boolean().meta({ ...(defaultValue === undefined ? {} : { default: defaultValue }), description });
}

export function oneOf<const T extends readonly [string, ...string[]]>(
  values: T,
  description: string,
  defaultValue?: T[number],
) {
  return z.enum(values).meta({ ...(defaultValue === undefined ? {} : { default: defaultValue }), description });
}

export function list<T extends z.ZodType>(item: T, description: string, bounds: ListBounds = {}) {
  const { mapKeys, atomic, ...limits } = bounds;
  return z.array(item).meta({
    ...limits,
    ...(mapKeys ? { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [...mapKeys] } : {}),
    ...(atomic ? { 'x-kubernetes-list-type': 'atomic' } : {}),
    description,
  });
}

export function mapOf<T extends z.ZodType>(value: T, description: string, maxProperties?: number) {
  return z.record(z.string(), value).meta({ ...(maxProperties === undefined ? {} : { maxProperties }), description });
}

/** Text to text, for labels, annotations and the like. */
export function textMap(description: string, maxProperties?: number) {
  return mapOf(z.string(), description, maxProperties);
}

/** A whole number or a text, as Kubernetes knows it from ports and percentages. */
export function intOrString(description: string) {
  return z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true, description });
}

/** RFC 3339 time, UTC, whole seconds. */
export function time(description: string) {
  return z.string().meta({ format: 'date-time', description });
}

/** Any JSON value, kept as it is. */
export function anyJson(description: string) {
  return Json.meta({ description });
}

/** Any JSON object, kept as it is. */
export function anyObject(description: string) {
  return JsonObject.meta({ description });
}

/** An object with required and optional fields. Unknown fields are dropped on parsing, as the API server prunes them. */
export function object<R extends z.ZodRawShape, O extends z.ZodRawShape>(
  description: string,
  required: R,
  optional: O,
) {
  return z.object({ ...required, ...z.object(optional).partial().shape }).meta({ description });
}

/** Attaches CEL rules that the API server checks at this node. */
export function ruled<T extends z.ZodType>(schema: T, ...rules: readonly Rule[]): T {
  return schema.meta({ 'x-kubernetes-validations': rules });
}

/** CEL text that counts how many of `fields` are set in `self`. */
export function countSet(fields: readonly string[]): string {
  return fields.map((field) => `(has(self.${field}) ? 1 : 0)`).join(' + ');
}

/** Rule: exactly one of `fields` is set. `what` starts the sentence. */
export function exactlyOne(fields: readonly string[], what: string, only?: Rule['only']): Rule {
  const rule = { rule: `${countSet(fields)} == 1`, message: `${what}: set exactly one of ${fields.join(', ')}` };
  return only === undefined ? rule : { ...rule, only };
}
