/** Removes what a manager applied the last time, applies no longer, and nobody else owns. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { itemElement } from './element.ts';
import { difference, type FieldSet, intersection, isEmpty, isMember, nodeOf, union } from './field-set.ts';
import { setOf } from './set-of.ts';

/** `owned` is what all managers own now, the applying one with its new configuration included. */
export function prune(merged: JsonObject, last: FieldSet, owned: FieldSet, structure: Structure): JsonObject {
  if (isEmpty(difference(last, owned))) return merged;
  const lastNamed = withNamed(last, structure);
  const ownedNamed = withNamed(owned, structure);
  const all = namedSetOf(merged, structure);
  const without = namedSetOf(withoutFields(merged, lastNamed, structure), structure);
  // What others own comes back, with all that is around it.
  const kept = withoutFields(merged, difference(all, union(without, ownedNamed)), structure);
  // And what the manager never applied stays, although it stands in something that it applied.
  const gone = intersection(difference(all, namedSetOf(kept, structure)), lastNamed);
  return withoutFields(merged, gone, structure);
}

function namedSetOf(object: JsonObject, structure: Structure): FieldSet {
  return withNamed(setOf(object, structure), structure);
}

/** The set in which declared fields on the way to a member are members too. */
function withNamed(set: FieldSet, structure: Structure): FieldSet {
  const result: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element];
    if (element === '.' || node === undefined) continue;
    const isDeclared = structure.kind === 'object' && structure.fields[element.slice(2)] !== undefined;
    const kept = nodeOf(isDeclared || isMember(node), withNamed(node, below(structure, element)));
    if (kept !== undefined) result[element] = kept;
  }
  return result;
}

function below(structure: Structure, element: string): Structure {
  switch (structure.kind) {
    case 'object':
      return structure.fields[element.slice(2)] ?? structure.rest ?? { kind: 'any' };
    case 'set':
    case 'map-list':
      return structure.item;
    default:
      return { kind: 'any' };
  }
}

function withoutFields(object: JsonObject, gone: FieldSet, structure: Structure): JsonObject {
  const left = remove(object, gone, structure);
  return isJsonObject(left) ? left : {};
}

function remove(value: Json, gone: FieldSet, structure: Structure): Json {
  if (isEmpty(gone)) return value;
  if (Array.isArray(value)) {
    return structure.kind === 'set' || structure.kind === 'map-list' ? removeItems(value, gone, structure) : null;
  }
  if (!isJsonObject(value)) return value;
  if (structure.kind === 'atomic') return null;
  const left: Record<string, Json | undefined> = {};
  for (const key in value) {
    const node = gone[`f:${key}`];
    const member = value[key];
    if (isMember(node) || member === undefined) continue;
    left[key] = node === undefined ? member : remove(member, node, below(structure, `f:${key}`));
  }
  return isEmptyMap(left) ? null : left;
}

function removeItems(
  value: readonly Json[],
  gone: FieldSet,
  structure: Extract<Structure, { kind: 'set' | 'map-list' }>,
): Json {
  const left: Json[] = [];
  for (const item of value) {
    const node = gone[itemElement(item, structure)];
    if (isMember(node)) continue;
    left.push(node === undefined ? item : remove(item, node, structure.item));
  }
  return left.length === 0 ? null : left;
}

function isEmptyMap(value: Readonly<Record<string, Json | undefined>>): boolean {
  for (const _ in value) return false;
  return true;
}
