/** The merge patch that turns one JSON value into another; the order of members does not count, that of lists does. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

/** Undefined when nothing differs. Members that `wanted` lacks are removed, lists are replaced whole. */
export function mergeDiff(current: JsonObject, wanted: JsonObject): JsonObject | undefined {
  const patch: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(current), ...Object.keys(wanted)])) {
    const [before, after] = [current[name], wanted[name]];
    if (isEqual(before, after)) continue;
    const inner = isJsonObject(before) && isJsonObject(after) ? mergeDiff(before, after) : after;
    patch[name] = inner ?? null;
  }
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** Deep equality of JSON; an undefined member counts as absent. */
export function isEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one)) {
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item: Json, index) => isEqual(item, other[index] as Json))
    );
  }
  if (!isJsonObject(one) || !isJsonObject(other)) return false;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => isEqual(one[name], other[name]));
}
