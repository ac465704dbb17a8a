/** The schemas of the builtin kinds that the sandbox serves. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { decode } from './builtin-decode.ts';
import { withDefaults } from './builtin-defaults.ts';
import { builtinComponents, componentOf, shapeOf } from './builtin-shapes.ts';
import { structureOf } from './builtin-structure.ts';
import { validateBuiltin } from './builtin-validation.ts';

const known = new Map<string, KindSchema | undefined>();

/** Undefined for kinds that are not served. `group` is '' for core. */
export function builtinSchema(group: string, version: string, kind: string): KindSchema | undefined {
  const key = `${group}/${version}/${kind}`;
  if (!known.has(key)) known.set(key, made(group, version, kind));
  return known.get(key);
}

function made(group: string, version: string, kind: string): KindSchema | undefined {
  const component = componentOf(group, version, kind);
  if (component === undefined) return undefined;
  const shape = shapeOf(component);
  if (shape.kind !== 'struct') return undefined;
  return {
    custom: false,
    hasStatus: 'status' in shape.fields,
    hasScale: group === 'apps',
    normalise(object: JsonObject) {
      const decoded = decode(object, shape);
      if (decoded.refused !== undefined) return decoded;
      return { ...decoded, object: withDefaults(kind, decoded.object) };
    },
    validate: (object, old) => validateBuiltin(group, kind, object, old),
    structure: structureOf(shape),
    get openapi() {
      return builtinComponents().get(component) ?? {};
    },
  };
}
