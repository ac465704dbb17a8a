/** What a builtin object looks like to its server before anything was set: plain structs and required lists are there. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';

const known = new WeakMap<Structure, JsonObject>();

export function emptyObject(structure: Structure): JsonObject {
  if (structure.kind === 'atomic') return emptyObject(structure.of);
  if (structure.kind !== 'object' || structure.empties === undefined) return {};
  const made = known.get(structure);
  if (made !== undefined) return made;
  const object: Record<string, Json> = {};
  for (const [name, empty] of Object.entries(structure.empties)) {
    const field = structure.fields[name];
    const isStruct = typeof empty === 'object' && empty !== null && field !== undefined;
    object[name] = isStruct ? emptyObject(field) : empty;
  }
  known.set(structure, object);
  return object;
}
