/** How the lists and maps of a custom resource merge under apply. */

import type { Json } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { shapeOf } from './builtin-shapes.ts';
import { structureOf } from './builtin-structure.ts';
import type { CustomNode } from './custom-node.ts';

const text: Structure = { kind: 'scalar', type: 'string' };

export function rootStructure(root: CustomNode): Structure {
  const structure = customStructure(root);
  return structure.kind === 'object' ? asResource(structure) : structure;
}

function asResource(structure: Extract<Structure, { kind: 'object' }>): Structure {
  const metadata = withoutEmpties(structureOf(shapeOf('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')));
  return { ...structure, fields: { ...structure.fields, apiVersion: text, kind: text, metadata } };
}

/** A custom resource starts out as nothing at all. */
function withoutEmpties(structure: Structure): Structure {
  return structure.kind === 'object' ? { ...structure, empties: {} } : structure;
}

function customStructure(node: CustomNode): Structure {
  if (node.intOrString) return { kind: 'any' };
  switch (node.type) {
    case 'object':
      return mapStructure(node);
    case 'array':
      return listStructure(node);
    case 'string':
      return text;
    case 'integer':
    case 'number':
      return { kind: 'scalar', type: 'numeric' };
    case 'boolean':
      return { kind: 'scalar', type: 'boolean' };
    default:
      return { kind: 'any' };
  }
}

function mapStructure(node: CustomNode): Structure {
  if (node.preserve && !node.hasFields && node.rest === undefined && !node.embedded && !node.atomicMap) {
    return { kind: 'object', fields: {}, rest: { kind: 'any' } };
  }
  const fields = Object.create(null) as Record<string, Structure>;
  for (const name in node.fields) {
    const field = node.fields[name];
    if (field !== undefined) fields[name] = customStructure(field);
  }
  const rest: Structure | undefined =
    node.rest === undefined ? (node.preserve ? { kind: 'any' } : undefined) : customStructure(node.rest);
  const structure: Structure = { kind: 'object', fields, ...(rest === undefined ? {} : { rest }) };
  const whole = node.embedded ? asResource(structure) : structure;
  return node.atomicMap ? { kind: 'atomic', of: whole } : whole;
}

function listStructure(node: CustomNode): Structure {
  const item: Structure = node.item === undefined ? { kind: 'any' } : customStructure(node.item);
  if (node.listType === 'set') return { kind: 'set', item };
  if (node.listType === 'atomic') return { kind: 'atomic', of: { kind: 'list', item } };
  const defaults: Record<string, Json> = {};
  for (const key of node.keys) {
    const standard = node.item?.fields[key]?.fallback;
    if (standard !== undefined) defaults[key] = standard;
  }
  return { kind: 'map-list', keys: node.keys, defaults, item };
}
