/** The fields that an applied configuration speaks of. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { itemElement } from './element.ts';
import { emptySet, type FieldSet, nodeOf } from './field-set.ts';

/** @throws MisfitError for a list whose items can't be told apart. */
export function setOf(object: JsonObject, structure: Structure): FieldSet {
  return nodeFor(object, structure, false) ?? emptySet;
}

/** `isNamed`: the path is a member in its own right (an item of a list, a key of a map). */
function nodeFor(value: Json, structure: Structure, isNamed: boolean): FieldSet | undefined {
  switch (structure.kind) {
    case 'object':
      return isJsonObject(value) ? mapNode(value, structure, isNamed) : nodeOf(isNamed || value === null, undefined);
    case 'any':
      return isJsonObject(value)
        ? mapNode(value, { kind: 'object', fields: {}, rest: structure }, isNamed)
        : nodeOf(true, undefined);
    case 'set':
    case 'map-list':
      return listNode(value, structure, isNamed);
    case 'scalar':
    case 'atomic':
    case 'list':
      return nodeOf(true, undefined);
  }
}

function mapNode(
  value: JsonObject,
  structure: Extract<Structure, { kind: 'object' }>,
  isNamed: boolean,
): FieldSet | undefined {
  const below: Record<string, FieldSet> = {};
  let isBare = true;
  for (const key in value) {
    const child = value[key];
    if (child === undefined) continue;
    isBare = false;
    const declared = structure.fields[key];
    const node = nodeFor(child, declared ?? structure.rest ?? { kind: 'any' }, declared === undefined);
    if (node !== undefined) below[`f:${key}`] = node;
  }
  return nodeOf(isNamed || isBare, below);
}

function listNode(
  value: Json,
  structure: Extract<Structure, { kind: 'set' | 'map-list' }>,
  isNamed: boolean,
): FieldSet | undefined {
  if (!Array.isArray(value)) return nodeOf(true, undefined);
  const items: readonly Json[] = value;
  const below: Record<string, FieldSet> = {};
  for (const item of items) {
    const element = itemElement(item, structure);
    const node = element in below ? nodeOf(true, undefined) : nodeFor(item, structure.item, true);
    if (node !== undefined) below[element] = node;
  }
  return nodeOf(isNamed, below);
}
