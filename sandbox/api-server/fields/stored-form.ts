/** How a store gives an object back: a required list that was sent empty comes back as null, though its sender owns it. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';

/** Lists right below the object only (endpoints of a slice, rules of a role): deeper ones must not be empty. */
export function storedForm(object: JsonObject, structure: Structure): JsonObject {
  if (structure.kind !== 'object' || structure.empties === undefined) return object;
  let stored: Record<string, Json | undefined> | undefined;
  for (const key in structure.empties) {
    const value = object[key];
    if (structure.empties[key] === null && Array.isArray(value) && value.length === 0)
      (stored ??= { ...object })[key] = null;
  }
  return stored ?? object;
}
