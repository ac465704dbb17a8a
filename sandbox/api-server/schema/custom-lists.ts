/** Items that are there twice in sets and keyed lists of a custom resource. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import type { CustomNode } from './custom-node.ts';
import { duplicate, invalidValue } from './field-cause.ts';

export function duplicateCauses(value: Json, node: CustomNode, path: string): readonly FieldCause[] {
  if (!node.hasKeyedLists) return [];
  if (Array.isArray(value)) return inList(value, node, path);
  if (!isJsonObject(value)) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (member === undefined) return [];
    const field = node.fields[key];
    if (field !== undefined) return duplicateCauses(member, field, path === '' ? key : `${path}.${key}`);
    return node.rest === undefined ? [] : duplicateCauses(member, node.rest, `${path}[${key}]`);
  });
}

function inList(list: readonly Json[], node: CustomNode, path: string): readonly FieldCause[] {
  const { item } = node;
  const own = node.listType === 'atomic' ? [] : repeated(list, node, path);
  return item === undefined
    ? own
    : [...own, ...list.flatMap((one, index) => duplicateCauses(one, item, `${path}[${index}]`))];
}

function repeated(list: readonly Json[], node: CustomNode, path: string): readonly FieldCause[] {
  const odd = node.listType === 'map' ? list.findIndex((one) => !isJsonObject(one)) : -1;
  if (odd >= 0) return [invalidValue(`${path}[${odd}]`, list[odd], 'must be an object for an array of list-type map')];
  const seen = new Map<string, number>();
  return list.flatMap((one, index) => {
    const key = node.listType === 'map' ? itemKey(one, node) : JSON.stringify(one);
    const times = (seen.get(key) ?? 0) + 1;
    seen.set(key, times);
    const shown = node.listType === 'map' && isJsonObject(one) ? keysOf(one, node) : one;
    return times === 2 ? [duplicate(`${path}[${index}]`, shown)] : [];
  });
}

/** The keys of an item as text. */
export function itemKey(item: Json, node: CustomNode): string {
  return isJsonObject(item) ? JSON.stringify(node.keys.map((key) => item[key] ?? null)) : JSON.stringify(item);
}

function keysOf(item: JsonObject, node: CustomNode): JsonObject {
  return Object.fromEntries(node.keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]));
}
