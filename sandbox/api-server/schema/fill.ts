/** Small steps of filling defaults in without touching what is complete already. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';

/** The object with these members where it has none; itself when it has them all. */
export function fill(object: JsonObject, defaults: JsonObject): JsonObject {
  let filled: Record<string, Json | undefined> | undefined;
  for (const key in defaults) {
    if (object[key] === undefined && defaults[key] !== undefined) (filled ??= { ...object })[key] = defaults[key];
  }
  return filled ?? object;
}

/** Changes the object at a key, if there is one. */
export function at(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const value = object[key];
  if (!isJsonObject(value)) return object;
  const changed = change(value);
  return changed === value ? object : { ...object, [key]: changed };
}

/** Changes each object of the list at a key, if there is one. */
export function each(object: JsonObject, key: string, change: (value: JsonObject) => JsonObject): JsonObject {
  const list = object[key];
  if (!Array.isArray(list)) return object;
  const items: readonly Json[] = list;
  const changed = items.map((item) => (isJsonObject(item) ? change(item) : item));
  return changed.every((item, index) => item === items[index]) ? object : { ...object, [key]: changed };
}
