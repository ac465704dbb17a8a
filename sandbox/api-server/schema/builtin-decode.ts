/**
 * Reads a builtin object as Go does: unknown fields are dropped and told, wrong types refuse the whole object, empty values
 * are left out or written the way the Go type says. What is fine already is given back itself, not copied.
 */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Normalised } from '../contract.ts';
import { canonicalQuantity } from './quantity.ts';
import { isBase64, refusedBase64, refusedTime } from './scalar-forms.ts';
import type { Field, ListShape, MapShape, ScalarShape, Shape, Step, StructShape } from './shape.ts';

interface Reading {
  readonly unknown: string[];
  /** The first type that is wrong. */
  refused: string | undefined;
  /** The way to the value that is being read: names of fields, keys of maps after a dot, indexes. */
  readonly path: Step[];
  /** The structs on that way. */
  readonly structs: string[];
}

export function decode(object: JsonObject, shape: StructShape): Normalised {
  const reading: Reading = { unknown: [], refused: undefined, path: [], structs: [] };
  const decoded = structValue(object, shape, reading, true);
  return {
    object: decoded,
    unknown: reading.unknown,
    ...(reading.refused === undefined ? {} : { refused: reading.refused }),
  };
}

function read(value: Json, shape: Shape, reading: Reading): Json {
  switch (shape.kind) {
    case 'struct':
      if (isJsonObject(value)) return structValue(value, shape, reading);
      return refuse(value, shape.goType, reading);
    case 'list':
      if (Array.isArray(value)) return listValue(value, shape, reading);
      return refuse(value, goTypeOf(shape), reading);
    case 'map':
      if (isJsonObject(value)) return mapValue(value, shape, reading);
      return refuse(value, goTypeOf(shape), reading);
    default:
      return scalarValue(value, shape, reading);
  }
}

function structValue(value: JsonObject, shape: StructShape, reading: Reading, isRoot = false): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  reading.structs.push(shape.goType);
  for (const name in value) {
    const member = value[name];
    const field = shape.fields[name];
    if (member === undefined) continue;
    if (field === undefined) {
      reading.unknown.push(pathText([...reading.path, { kind: 'field', name }]));
      delete (changed ??= { ...value })[name];
      continue;
    }
    const decoded = member === null ? null : inside(member, field.shape, field.step, reading);
    if (isLeftOut(decoded, field) && !(isRoot && (name === 'apiVersion' || name === 'kind')))
      delete (changed ??= { ...value })[name];
    else if (decoded !== member) (changed ??= { ...value })[name] = decoded;
  }
  for (const name of shape.always) {
    const given = (changed ?? value)[name];
    const field = shape.fields[name];
    if (field === undefined || (given !== undefined && given !== null)) continue;
    const empty = field.shape.kind === 'struct' ? structValue({}, field.shape, reading) : (field.empty ?? null);
    if (given !== empty) (changed ??= { ...value })[name] = empty;
  }
  reading.structs.pop();
  return changed ?? value;
}

function inside(value: Json, shape: Shape, step: Step, reading: Reading): Json {
  reading.path.push(step);
  const decoded = read(value, shape, reading);
  reading.path.pop();
  return decoded;
}

function isLeftOut(value: Json, field: Field): boolean {
  return field.empty === undefined && (value === null || isOmitted(value, field.shape, field.dropsZero));
}

/** Empty lists and maps are never written; empty scalars not where the type is no pointer. */
function isOmitted(value: Json, shape: Shape, dropsZero: boolean): boolean {
  if (shape.kind === 'list') return Array.isArray(value) && value.length === 0;
  if (shape.kind === 'map' || shape.kind === 'bytes') return isEmpty(value);
  return dropsZero && (value === '' || value === 0 || value === false);
}

function isEmpty(value: Json): boolean {
  if (value === '') return true;
  if (!isJsonObject(value)) return false;
  for (const _ in value) return false;
  return true;
}

function listValue(value: readonly Json[], shape: ListShape, reading: Reading): readonly Json[] {
  let changed: Json[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const item = value[index] ?? null;
    const step = steps[index] ?? indexStep(index);
    const decoded = item === null ? emptyItem(shape.item) : inside(item, shape.item, step, reading);
    if (decoded !== item) (changed ??= [...value])[index] = decoded;
  }
  return changed ?? value;
}

function emptyItem(shape: Shape): Json {
  if (shape.kind === 'struct')
    return structValue({}, shape, { unknown: [], refused: undefined, path: [], structs: [] });
  return shape.kind === 'string' ? '' : null;
}

function indexStep(index: number): Step {
  return { kind: 'index', name: index };
}

const steps: readonly Step[] = Array.from({ length: 64 }, (_, index) => indexStep(index));

function mapValue(value: JsonObject, shape: MapShape, reading: Reading): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    // Maps of texts are frequent and need no path.
    if (shape.value.kind === 'string' && typeof member === 'string') continue;
    const step: Step = { kind: 'key', name: key };
    const decoded = member === null ? emptyItem(shape.value) : inside(member, shape.value, step, reading);
    if (decoded !== member) (changed ??= { ...value })[key] = decoded;
  }
  return changed ?? value;
}

function scalarValue(value: Json, shape: ScalarShape, reading: Reading): Json {
  switch (shape.kind) {
    case 'any':
      return value;
    case 'string':
      return typeof value === 'string' ? value : refuse(value, 'string', reading);
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(value, 'bool', reading);
    case 'number':
      return typeof value === 'number' ? value : refuse(value, 'float64', reading);
    case 'integer':
      return isInteger(value, shape.goType) ? value : refuse(value, shape.goType, reading);
    case 'int-or-string':
      if (typeof value === 'string') return value;
      return isInteger(value, 'int32') ? value : refuse(value, 'int32', reading);
    case 'time':
      return typeof value === 'string'
        ? textual(value, refusedTime(value, shape.goType), reading)
        : refuse(value, 'string', reading);
    case 'bytes':
      if (typeof value !== 'string') return refuse(value, '[]uint8', reading);
      return textual(value, isBase64(value) ? undefined : refusedBase64(value), reading);
    case 'quantity':
      return quantityValue(value, reading);
  }
}

const badQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function quantityValue(value: Json, reading: Reading): Json {
  if (typeof value !== 'string' && typeof value !== 'number') return refuse(value, 'resource.Quantity', reading);
  const canonical = canonicalQuantity(String(value));
  return canonical ?? textual(value, badQuantity, reading);
}

function textual(value: Json, refused: string | undefined, reading: Reading): Json {
  if (refused !== undefined) reading.refused ??= refused;
  return value;
}

function isInteger(value: Json, goType: string): boolean {
  if (typeof value !== 'number' || !Number.isInteger(value)) return false;
  return goType !== 'int32' || (value >= -2_147_483_648 && value <= 2_147_483_647);
}

function refuse(value: Json, goType: string, reading: Reading): Json {
  const where = `Go struct field ${shortName(reading.structs.at(-1) ?? '')}.${goPath(reading.path)}`;
  reading.refused ??= `json: cannot unmarshal ${jsonType(value, goType)} into ${where} of type ${goType}`;
  return value;
}

function jsonType(value: Json, goType: string): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && /^u?int/.test(goType)) return `number ${value}`;
  if (typeof value === 'boolean') return 'bool';
  return value === null ? 'null' : typeof value;
}

function goTypeOf(shape: Shape): string {
  switch (shape.kind) {
    case 'list':
      return `[]${goTypeOf(shape.item)}`;
    case 'map':
      return `map[string]${goTypeOf(shape.value)}`;
    default:
      return shape.goType;
  }
}

function shortName(goType: string): string {
  return goType.slice(goType.lastIndexOf('.') + 1);
}

/** `spec.containers[0].image` */
function pathText(path: readonly Step[]): string {
  return path
    .map(({ kind, name }, index) => (kind === 'index' ? `[${name}]` : index === 0 ? `${name}` : `.${name}`))
    .join('');
}

const probeTimes = /^(initialDelay|timeout|period|terminationGracePeriod)Seconds$|Threshold$/;

/** The path as Go tells it: without indexes and keys, with the structs that are embedded in others. */
function goPath(path: readonly Step[]): string {
  const names = path.filter(({ kind }) => kind === 'field').map(({ name }) => `${name}`);
  return names
    .map((name, index) => {
      const parent = names[index - 1] ?? '';
      if (/^(liveness|readiness|startup)Probe$/.test(parent) && !probeTimes.test(name)) return `ProbeHandler.${name}`;
      return parent === 'volumes' && name !== 'name' ? `VolumeSource.${name}` : name;
    })
    .join('.');
}
