/** Reading and rebuilding JSON objects without changing them: what is stored is shared, so every write makes a new object. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

const nothing: JsonObject = Object.freeze({});

/** The value at a path of keys; undefined when a step is missing or no object. */
export function valueAt(value: Json | undefined, ...keys: readonly string[]): Json | undefined {
  let here: Json | undefined = value;
  for (const key of keys) {
    if (!isJsonObject(here)) return undefined;
    here = here[key];
  }
  return here;
}

/** The object at a path, or an empty one. */
export function objectAt(value: Json | undefined, ...keys: readonly string[]): JsonObject {
  const found = valueAt(value, ...keys);
  return isJsonObject(found) ? found : nothing;
}

/** The text at a path, or ''. */
export function stringAt(value: Json | undefined, ...keys: readonly string[]): string {
  const found = valueAt(value, ...keys);
  return typeof found === 'string' ? found : '';
}

/** A scalar as text; '' for objects, lists, null and nothing. */
export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}

/** Sorts objects by the text of a member. */
export function byTextOf(key: string): (left: JsonObject, right: JsonObject) => number {
  return (left, right) => (textOf(left[key]) < textOf(right[key]) ? -1 : 1);
}

/** The number at a path. */
export function numberAt(value: Json | undefined, ...keys: readonly string[]): number | undefined {
  const found = valueAt(value, ...keys);
  return typeof found === 'number' ? found : undefined;
}

/** The list at a path, or an empty one. */
export function listAt(value: Json | undefined, ...keys: readonly string[]): readonly Json[] {
  const found = valueAt(value, ...keys);
  return Array.isArray(found) ? found : [];
}

/** The objects of the list at a path. */
export function objectsAt(value: Json | undefined, ...keys: readonly string[]): readonly JsonObject[] {
  return listAt(value, ...keys).filter(isJsonObject);
}

export function metadataOf(object: JsonObject): JsonObject {
  return objectAt(object, 'metadata');
}

export function nameOf(object: JsonObject): string {
  return stringAt(object, 'metadata', 'name');
}

export function namespaceOf(object: JsonObject): string {
  return stringAt(object, 'metadata', 'namespace');
}

/** The object with other metadata; members that are undefined are dropped. */
export function withMetadata(object: JsonObject, change: JsonObject): JsonObject {
  return { ...object, metadata: merged(metadataOf(object), change) };
}

/** The object with these members; those that are undefined are dropped. */
export function merged(object: JsonObject, change: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...object };
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) delete result[key];
    else result[key] = value;
  }
  return result;
}

/** The object without these members. */
export function without(object: JsonObject, ...keys: readonly string[]): JsonObject {
  if (!keys.some((key) => key in object)) return object;
  const result: Record<string, Json | undefined> = { ...object };
  for (const key of keys) delete result[key];
  return result;
}

/** The object with a value at a path of keys; objects on the way are made. */
export function withValueAt(object: JsonObject, keys: readonly string[], value: Json | undefined): JsonObject {
  const [key, ...rest] = keys;
  if (key === undefined) return object;
  if (rest.length === 0) return merged(object, { [key]: value });
  return { ...object, [key]: withValueAt(objectAt(object, key), rest, value) };
}

/** Deep equality of JSON; members that are undefined count as absent. */
export function sameJson(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return Array.isArray(right) && left.length === right.length && left.every((item, at) => sameJson(item, right[at]));
  }
  if (!isJsonObject(left) || !isJsonObject(right)) return false;
  const keys = Object.keys(left);
  let present = 0;
  for (const key of keys) {
    if (left[key] === undefined) continue;
    present += 1;
    if (!sameJson(left[key], right[key])) return false;
  }
  return Object.keys(right).filter((key) => right[key] !== undefined).length === present;
}
