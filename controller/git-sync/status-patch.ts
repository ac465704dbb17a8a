/** Merge patches between two statuses: members that are gone become null, equal ones are left out. Pure. */

import { isJsonObject } from '../../crds/schema/json.ts';
import type { Json, JsonObject } from '../../kube/api.ts';
import { equalJson } from './objects.ts';

/** What to send as `status` so that `from` becomes `to`. Lists are replaced whole, as merge patches do. */
export function statusPatch(from: object, to: object): JsonObject {
  return objectPatch(from as JsonObject, to as JsonObject);
}

function objectPatch(from: JsonObject, to: JsonObject): JsonObject {
  const patch: Record<string, Json> = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, next] = [from[name], to[name]];
    if (equalJson(old, next)) continue;
    if (next === undefined) patch[name] = null;
    else patch[name] = isJsonObject(old) && isJsonObject(next) ? objectPatch(old, next) : next;
  }
  return patch;
}
