/** How the lists and maps of a builtin type merge under apply. */

import type { Json } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import type { ListShape, Shape, StructShape } from './shape.ts';

const known = new WeakMap<Shape, Structure>();

export function structureOf(shape: Shape): Structure {
  const made = known.get(shape);
  if (made !== undefined) return made;
  const structure = build(shape);
  known.set(shape, structure);
  return structure;
}

function build(shape: Shape): Structure {
  switch (shape.kind) {
    case 'struct':
      return structStructure(shape);
    case 'list':
      return listStructure(shape);
    case 'map':
      return shape.atomic
        ? { kind: 'atomic', of: { kind: 'object', fields: {}, rest: structureOf(shape.value) } }
        : { kind: 'object', fields: {}, rest: structureOf(shape.value) };
    case 'any':
      return { kind: 'any' };
    case 'integer':
    case 'number':
      return { kind: 'scalar', type: 'numeric' };
    case 'boolean':
      return { kind: 'scalar', type: 'boolean' };
    case 'int-or-string':
    case 'quantity':
      return { kind: 'scalar', type: 'untyped' };
    case 'string':
    case 'time':
    case 'bytes':
      return { kind: 'scalar', type: 'string' };
  }
}

function structStructure(shape: StructShape): Structure {
  const fields = Object.create(null) as Record<string, Structure>;
  const empties: Record<string, Json> = {};
  const structure: Structure = { kind: 'object', fields, empties };
  const outer: Structure = shape.atomic ? { kind: 'atomic', of: structure } : structure;
  known.set(shape, outer);
  for (const [name, field] of Object.entries(shape.fields)) {
    fields[name] = structureOf(field.shape);
    if (field.empty !== undefined) empties[name] = field.empty;
  }
  return outer;
}

function listStructure(shape: ListShape): Structure {
  const item = structureOf(shape.item);
  if (shape.listType === 'set') return { kind: 'set', item };
  if (shape.listType === 'atomic') return { kind: 'atomic', of: { kind: 'list', item } };
  const fields = shape.item.kind === 'struct' ? shape.item.fields : {};
  const defaults: Record<string, Json> = {};
  for (const key of shape.keys) {
    const standard = fields[key]?.keyDefault ?? fields[key]?.empty;
    if (standard !== undefined) defaults[key] = standard;
  }
  return { kind: 'map-list', keys: shape.keys, defaults, item };
}
