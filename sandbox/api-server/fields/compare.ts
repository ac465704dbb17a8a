/** What differs between two versions of an object, as sets of fields. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { type MapList, itemElement } from './element.ts';
import { emptySet, type FieldSet, nodeOf } from './field-set.ts';
import { isSameJson } from './same-json.ts';

export interface Difference {
  readonly removed: FieldSet;
  readonly modified: FieldSet;
  readonly added: FieldSet;
}

/** The node of one path in each of the three sets. */
interface Nodes {
  removed: FieldSet | undefined;
  modified: FieldSet | undefined;
  added: FieldSet | undefined;
}

const leaf: FieldSet = {};

/** @throws MisfitError for a list whose items can't be told apart. */
export function compare(before: JsonObject, after: JsonObject, structure: Structure): Difference {
  const nodes = diff(before, after, structure);
  return {
    removed: nodes?.removed ?? emptySet,
    modified: nodes?.modified ?? emptySet,
    added: nodes?.added ?? emptySet,
  };
}

/** undefined: absent. */
function diff(before: Json | undefined, after: Json | undefined, structure: Structure): Nodes | undefined {
  if (before === after) return undefined;
  switch (structure.kind) {
    case 'object':
      return isMapLike(before) && isMapLike(after) ? maps(before, after, structure) : leaves(before, after);
    case 'any':
      return isJsonObject(before ?? after) && isMapLike(before) && isMapLike(after)
        ? maps(before, after, { kind: 'object', fields: {}, rest: structure })
        : leaves(before, after);
    case 'set':
    case 'map-list':
      return isListLike(before) && isListLike(after) ? lists(before, after, structure) : leaves(before, after);
    case 'scalar':
    case 'atomic':
    case 'list':
      return leaves(before, after);
  }
}

function isMapLike(value: Json | undefined): value is JsonObject | null | undefined {
  return value === undefined || value === null || isJsonObject(value);
}

function isListLike(value: Json | undefined): value is readonly Json[] | null | undefined {
  return value === undefined || value === null || Array.isArray(value);
}

function leaves(before: Json | undefined, after: Json | undefined): Nodes | undefined {
  if (before === undefined) return { removed: undefined, modified: undefined, added: leaf };
  if (after === undefined) return { removed: leaf, modified: undefined, added: undefined };
  return isSameJson(before, after) ? undefined : { removed: undefined, modified: leaf, added: undefined };
}

type MapStructure = Extract<Structure, { kind: 'object' }>;

function maps(
  before: JsonObject | null | undefined,
  after: JsonObject | null | undefined,
  structure: MapStructure,
): Nodes | undefined {
  // Two empty maps are a leaf, which keeps null and {} apart.
  if (isEmptyMap(before) && isEmptyMap(after)) return leaves(before, after);
  const below = new Below();
  const left = before ?? {};
  const right = after ?? {};
  for (const key in left) {
    if (left[key] === undefined || left[key] === right[key]) continue;
    below.putField(key, member(left[key], right[key], key, structure));
  }
  for (const key in right) {
    if (right[key] !== undefined && left[key] === undefined)
      below.putField(key, member(undefined, right[key], key, structure));
  }
  return below.nodes(before === undefined, after === undefined);
}

function member(
  left: Json | undefined,
  right: Json | undefined,
  key: string,
  structure: MapStructure,
): Nodes | undefined {
  return diff(left, right, structure.fields[key] ?? structure.rest ?? { kind: 'any' });
}

function isEmptyMap(value: JsonObject | null | undefined): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

function lists(
  before: readonly Json[] | null | undefined,
  after: readonly Json[] | null | undefined,
  structure: MapList | Extract<Structure, { kind: 'set' }>,
): Nodes | undefined {
  if ((before?.length ?? 0) === 0 && (after?.length ?? 0) === 0) return leaves(before, after);
  if (isSameJson(before, after)) return undefined;
  const below = new Below();
  const left = indexed(before ?? [], structure);
  const right = indexed(after ?? [], structure);
  for (const element of new Set([...left.keys(), ...right.keys()])) {
    below.put(element, items(left.get(element), right.get(element), structure.item));
  }
  return below.nodes(before === undefined, after === undefined);
}

/** An item that is there twice is one leaf. */
function items(
  left: readonly Json[] | undefined,
  right: readonly Json[] | undefined,
  structure: Structure,
): Nodes | undefined {
  if ((left?.length ?? 0) > 1 || (right?.length ?? 0) > 1) return leaves(left, right);
  return diff(left?.[0], right?.[0], structure);
}

function indexed(
  list: readonly Json[],
  structure: MapList | { readonly kind: 'set' },
): ReadonlyMap<string, readonly Json[]> {
  const found = new Map<string, Json[]>();
  for (const item of list) {
    const element = itemElement(item, structure);
    const known = found.get(element);
    if (known === undefined) found.set(element, [item]);
    else known.push(item);
  }
  return found;
}

/** Gathers the nodes of what is below a path. */
class Below {
  #removed: Record<string, FieldSet> | undefined;
  #modified: Record<string, FieldSet> | undefined;
  #added: Record<string, FieldSet> | undefined;

  putField(name: string, nodes: Nodes | undefined): void {
    if (nodes !== undefined) this.put(`f:${name}`, nodes);
  }

  put(element: string, nodes: Nodes | undefined): void {
    if (nodes === undefined) return;
    if (nodes.removed !== undefined) (this.#removed ??= {})[element] = nodes.removed;
    if (nodes.modified !== undefined) (this.#modified ??= {})[element] = nodes.modified;
    if (nodes.added !== undefined) (this.#added ??= {})[element] = nodes.added;
  }

  nodes(isAdded: boolean, isRemoved: boolean): Nodes {
    return {
      removed: nodeOf(isRemoved, this.#removed),
      modified: nodeOf(false, this.#modified),
      added: nodeOf(isAdded, this.#added),
    };
  }
}
