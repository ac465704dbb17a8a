/** Reads parts of objects whose types were checked before. */

import { isJsonObject, type Json, type JsonObject } from '../../../../crds/schema/json.ts';

export function part(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

export function parts(object: JsonObject, key: string): readonly JsonObject[] {
  const value = object[key];
  return Array.isArray(value) ? (value as readonly Json[]).map((item) => (isJsonObject(item) ? item : {})) : [];
}

export function texts(object: JsonObject, key: string): readonly string[] {
  const value = object[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

export function numberOf(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === 'number' ? value : undefined;
}

export function isEmpty(object: JsonObject): boolean {
  return Object.values(object).every((value) => value === undefined);
}
