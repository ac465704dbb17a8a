/** JSON merge patch (RFC 7386): members of the patch replace, null removes, all else stays the very same value. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';

export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else if (isJsonObject(value)) result[key] = mergePatch(objectOrEmpty(target[key]), value);
    else result[key] = value;
  }
  return result;
}

function objectOrEmpty(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}
