/** Drops the fields of a custom resource that its schema does not know, and fills its defaults in. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Normalised } from '../contract.ts';
import { decode } from './builtin-decode.ts';
import { shapeOf } from './builtin-shapes.ts';
import type { CustomNode } from './custom-node.ts';

/** `keepsNulls`: what an apply leaves as null is not read again, and so found wrong later. */
export function normaliseCustom(object: JsonObject, root: CustomNode, keepsNulls: boolean): Normalised {
  const unknown: string[] = [];
  const { metadata, ...body } = object;
  const pruned = pruneMap(body, root, '', { unknown, keepsNulls }, true);
  const filled = fillIn(pruned, root) as JsonObject;
  if (metadata === undefined || metadata === null) return { object: filled, unknown: unknown.toSorted() };
  if (!isJsonObject(metadata)) {
    const found = Array.isArray(metadata) ? 'array' : typeof metadata;
    return { object, unknown, refused: `json: cannot unmarshal ${found} into Go value of type v1.ObjectMeta` };
  }
  const read = metadataOf(metadata);
  return {
    object: filled === body && read.object === metadata ? object : { ...filled, metadata: read.object },
    unknown: [...read.unknown.map((path) => `metadata.${path}`), ...unknown.toSorted()],
    ...(read.refused === undefined ? {} : { refused: read.refused }),
  };
}

/** Custom resources have the same metadata as builtin ones. */
function metadataOf(metadata: JsonObject): Normalised {
  const shape = shapeOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta');
  return shape.kind === 'struct' ? decode(metadata, shape) : { object: metadata, unknown: [] };
}

interface Pruning {
  readonly unknown: string[];
  readonly keepsNulls: boolean;
}

const everywhere = new Set(['apiVersion', 'kind', 'metadata']);

function prune(value: Json, node: CustomNode, path: string, state: Pruning): Json {
  if (Array.isArray(value)) {
    const { item } = node;
    return item === undefined ? value : pruneList(value, item, path, state);
  }
  return isJsonObject(value) ? pruneMap(value, node, path, state, node.embedded) : value;
}

function pruneList(value: readonly Json[], item: CustomNode, path: string, state: Pruning): readonly Json[] {
  let changed: Json[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const before = value[index] ?? null;
    const after = prune(before, item, `${path}[${index}]`, state);
    if (after !== before) (changed ??= [...value])[index] = after;
  }
  return changed ?? value;
}

function pruneMap(value: JsonObject, node: CustomNode, path: string, state: Pruning, isResource: boolean): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  for (const key in value) {
    const member = value[key];
    const known = node.fields[key] ?? node.rest;
    if (member === undefined || (isResource && everywhere.has(key))) continue;
    const at = path === '' ? key : `${path}.${key}`;
    if (known === undefined) {
      if (node.preserve) continue;
      state.unknown.push(at);
      delete (changed ??= { ...value })[key];
      continue;
    }
    // A null that is not allowed counts as unset.
    if (member === null && !state.keepsNulls && !known.nullable && known.fallback === undefined) {
      delete (changed ??= { ...value })[key];
      continue;
    }
    const after = prune(member, known, at, state);
    if (after !== member) (changed ??= { ...value })[key] = after;
  }
  return changed ?? value;
}

/** Fills defaults in, from the outside in: a default may itself have fields with defaults. */
function fillIn(value: Json, node: CustomNode): Json {
  if (!node.fillsIn) return value;
  if (Array.isArray(value)) {
    const { item } = node;
    if (item === undefined) return value;
    const list: readonly Json[] = value;
    const filled = list.map((one) => fillIn(one, item));
    return filled.every((one, index) => one === list[index]) ? value : filled;
  }
  return isJsonObject(value) ? fillMap(value, node) : value;
}

function fillMap(value: JsonObject, node: CustomNode): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  for (const name in node.fields) {
    const field = node.fields[name];
    const member = value[name];
    const isUnset = member === undefined || (member === null && field?.nullable === false);
    if (field?.fallback !== undefined && isUnset) (changed ??= { ...value })[name] = field.fallback;
  }
  const whole = changed ?? value;
  for (const key in whole) {
    const known = node.fields[key] ?? node.rest;
    const member = whole[key];
    if (known === undefined || member === undefined) continue;
    const after = fillIn(member, known);
    if (after !== member) (changed ??= { ...value })[key] = after;
  }
  return changed ?? value;
}
