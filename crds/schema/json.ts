/** JSON values as Kubernetes carries them: what an object is before a schema has narrowed it. */

import { z } from 'zod';

/** Any JSON value. Object members may be undefined, since serialising drops them. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object of unknown keys. */
export type JsonObject = { readonly [key: string]: Json | undefined };

/** Accepts anything; in a CRD it becomes a node that keeps unknown fields. zod's own recursive schema would need a `$ref`. */
export const Json = z.unknown() as unknown as z.ZodType<Json, Json>;

/** Accepts any JSON object. */
export const JsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, JsonObject>;

/** True for objects that are neither null nor a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an object; one without fields for anything else. */
export function objectIn(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** The text at a key, or '' when there is none. */
export function textAt(object: JsonObject, key: string): string {
  const value = object[key];
  return typeof value === 'string' ? value : '';
}
