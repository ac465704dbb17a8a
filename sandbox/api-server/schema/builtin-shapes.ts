/** Reads the recorded schemas of the builtin kinds and compiles them, each when it is first asked for. */

import { readFileSync } from 'node:fs';
import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import type { Field, Shape, StructShape } from './shape.ts';

const prefix = '#/components/schemas/';
let loaded: ReadonlyMap<string, JsonObject> | undefined;
const compiled = new Map<string, Shape>();

/** The OpenAPI components by name, such as `io.k8s.api.apps.v1.Deployment`. */
export function builtinComponents(): ReadonlyMap<string, JsonObject> {
  loaded ??= new Map(
    readFileSync(new URL('./builtin-schemas.jsonl', import.meta.url), 'utf8')
      .split('\n')
      .slice(1)
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as [string, JsonObject]),
  );
  return loaded;
}

/** The component's name of a kind; undefined when it isn't served. */
export function componentOf(group: string, version: string, kind: string): string | undefined {
  for (const [name, schema] of builtinComponents()) {
    const gvks = schema['x-kubernetes-group-version-kind'];
    if (!Array.isArray(gvks) || !name.endsWith(`.${kind}`)) continue;
    const own = (one: Json): boolean =>
      isJsonObject(one) && one['group'] === group && one['version'] === version && one['kind'] === kind;
    if (gvks.some(own)) return name;
  }
  return undefined;
}

/** The compiled component. Recursive ones refer to themselves. */
export function shapeOf(component: string): Shape {
  const known = compiled.get(component);
  if (known !== undefined) return known;
  const schema = builtinComponents().get(component) ?? {};
  const goType = component.split('.').slice(-2).join('.');
  const special = specialOf(component, goType);
  if (special !== undefined || !isJsonObject(schema['properties'])) {
    const shape = special ?? inlineShape(schema, goType);
    compiled.set(component, shape);
    return shape;
  }
  const fields = Object.create(null) as Record<string, Field>;
  const always: string[] = [];
  const atomic = schema['x-kubernetes-map-type'] === 'atomic';
  const struct: StructShape = { kind: 'struct', goType, atomic, fields, always };
  compiled.set(component, struct);
  const required = listed(schema['required']);
  const omitted = listed(schema['x-zero-omitted']);
  const written = [...required, ...listed(schema['x-null-times']), ...listed(schema['x-zero-written'])];
  for (const [name, property] of Object.entries(schema['properties'])) {
    if (!isJsonObject(property)) continue;
    const field = fieldOf(name, property, written.includes(name), omitted.includes(name));
    fields[name] = field;
    if (field.empty !== undefined) always.push(name);
  }
  return struct;
}

function specialOf(component: string, goType: string): Shape | undefined {
  if (component.endsWith('.IntOrString')) return { kind: 'int-or-string', goType };
  if (component.endsWith('.Quantity')) return { kind: 'quantity', goType };
  if (/\.meta\.v1\.(Micro)?Time$/.test(component)) return { kind: 'time', goType };
  if (
    /\.(FieldsV1|RawExtension|JSON|JSONSchemaPropsOrArray|JSONSchemaPropsOrBool|JSONSchemaPropsOrStringArray)$/.test(
      component,
    )
  )
    return { kind: 'any', goType };
  return undefined;
}

function fieldOf(name: string, property: JsonObject, isWritten: boolean, dropsZero: boolean): Field {
  const shape = inlineShape(property, '');
  const given = property['default'];
  const empty = dropsZero ? undefined : emptyOf(shape, given, isWritten);
  const isKeyDefault = typeof given === 'string' && given !== '';
  return {
    step: { kind: 'field', name },
    shape,
    dropsZero,
    ...(empty === undefined ? {} : { empty }),
    ...(isKeyDefault ? { keyDefault: given } : {}),
  };
}

function emptyOf(shape: Shape, given: Json | undefined, isWritten: boolean): Json | undefined {
  if (shape.kind === 'struct') return isJsonObject(given) ? {} : undefined;
  if (!isWritten) return undefined;
  if (shape.kind === 'string') return '';
  if (shape.kind === 'integer' || shape.kind === 'number') return 0;
  if (shape.kind === 'boolean') return false;
  return shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'time' ? null : undefined;
}

function inlineShape(schema: JsonObject, goType: string): Shape {
  const reference = referenceOf(schema);
  if (reference !== undefined) return shapeOf(reference);
  switch (schema['type']) {
    case 'string':
      return schema['format'] === 'byte'
        ? { kind: 'bytes', goType: '[]uint8' }
        : { kind: 'string', goType: goType || 'string' };
    case 'integer':
      return { kind: 'integer', goType: textAt(schema, 'format') || 'int64' };
    case 'number':
      return { kind: 'number', goType: 'float64' };
    case 'boolean':
      return { kind: 'boolean', goType: 'bool' };
    case 'array':
      return listShape(schema);
    case 'object':
      return isJsonObject(schema['additionalProperties'])
        ? {
            kind: 'map',
            value: inlineShape(schema['additionalProperties'], ''),
            atomic: schema['x-kubernetes-map-type'] === 'atomic',
          }
        : { kind: 'any', goType };
    default:
      return { kind: 'any', goType };
  }
}

function listShape(schema: JsonObject): Shape {
  const listType = schema['x-kubernetes-list-type'];
  return {
    kind: 'list',
    item: inlineShape(isJsonObject(schema['items']) ? schema['items'] : {}, ''),
    listType: listType === 'set' || listType === 'map' ? listType : 'atomic',
    keys: listed(schema['x-kubernetes-list-map-keys']).toSorted(),
  };
}

/** The component that a property is of: directly or wrapped in `allOf`. */
export function referenceOf(schema: JsonObject): string | undefined {
  const wrapped = Array.isArray(schema['allOf']) ? schema['allOf'][0] : undefined;
  const reference = schema['$ref'] ?? (isJsonObject(wrapped) ? wrapped['$ref'] : undefined);
  return typeof reference === 'string' && reference.startsWith(prefix) ? reference.slice(prefix.length) : undefined;
}

function listed(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
