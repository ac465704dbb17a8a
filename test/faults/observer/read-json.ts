/** Reads nested JSON of which nothing is known but where a value should stand. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';

type Path = readonly (string | number)[];

export function valueAt(root: Json | undefined, ...path: Path): Json | undefined {
  let value: Json | undefined = root;
  for (const part of path) {
    if (Array.isArray(value)) value = (value as readonly Json[])[Number(part)];
    else if (isJsonObject(value)) value = value[part];
    else return undefined;
  }
  return value;
}

export function textOf(root: Json | undefined, ...path: Path): string | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(root: Json | undefined, ...path: Path): number | undefined {
  const value = valueAt(root, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** `{}` when there is no object. */
export function objectOf(root: Json | undefined, ...path: Path): JsonObject {
  const value = valueAt(root, ...path);
  return isJsonObject(value) ? value : {};
}

/** The objects of a list; `[]` when there is no list. */
export function listOf(root: Json | undefined, ...path: Path): readonly JsonObject[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

export function textsOf(root: Json | undefined, ...path: Path): readonly string[] {
  const value = valueAt(root, ...path);
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function annotationOf(object: JsonObject | undefined, key: string): string | undefined {
  return textOf(object, 'metadata', 'annotations', key);
}

export function labelOf(object: JsonObject | undefined, key: string): string | undefined {
  return textOf(object, 'metadata', 'labels', key);
}

/** uid of the object that controls this one. */
export function ownerUidOf(object: JsonObject | undefined): string | undefined {
  return textOf(
    listOf(object, 'metadata', 'ownerReferences').find((one) => one['controller'] === true),
    'uid',
  );
}

/** Equal as JSON whatever the order of keys. */
export function isSameJson(one: Json | undefined, other: Json | undefined): boolean {
  return one === other || canonical(one) === canonical(other);
}

/** JSON text with sorted keys. */
export function canonical(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value ?? null);
  const entries = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .toSorted()
    .map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`);
  return `{${entries.join(',')}}`;
}

/** Epoch milliseconds; undefined when it is no time. */
export function timeOf(root: Json | undefined, ...path: Path): number | undefined {
  const text = textOf(root, ...path);
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : at;
}
