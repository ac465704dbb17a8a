/**
 * Reads a builtin object as Go does: unknown fields are dropped and told, wrong types refuse the whole object, empty values
 * are left out or written the way the Go type says. What is fine already is given back itself, not copied.
 */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Normalised } from '../contract.ts';
import { canonicalQuantity } from './quantity.ts';
import { isBase64, refusedBase64, refusedTime } from './scalar-forms.ts';
import type { ListShape, MapShape, ScalarShape, Shape, StructShape } from './shape.ts';

interface Reading {
  readonly unknown: string[];
  /** The first type that is wrong. */
  refused: string | undefined;
}

/** Where a value stands: `spec.containers[0]` for people, `spec.containers` and its struct for Go's errors. */
interface Place {
  readonly path: string;
  readonly goPath: string;
  readonly struct: string;
}

export function decode(object: JsonObject, shape: StructShape): Normalised {
  const reading: Reading = { unknown: [], refused: undefined };
  const place = { path: '', goPath: '', struct: shortName(shape.goType) };
  const decoded = structValue(object, shape, place, reading, true);
  return {
    object: decoded,
    unknown: reading.unknown,
    ...(reading.refused === undefined ? {} : { refused: reading.refused }),
  };
}

function read(value: Json, shape: Shape, place: Place, reading: Reading): Json {
  switch (shape.kind) {
    case 'struct':
      if (isJsonObject(value)) return structValue(value, shape, { ...place, struct: shortName(shape.goType) }, reading);
      return refuse(value, shape.goType, place, reading);
    case 'list':
      if (Array.isArray(value)) return listValue(value, shape, place, reading);
      return refuse(value, goTypeOf(shape), place, reading);
    case 'map':
      if (isJsonObject(value)) return mapValue(value, shape, place, reading);
      return refuse(value, goTypeOf(shape), place, reading);
    default:
      return scalarValue(value, shape, place, reading);
  }
}

function structValue(
  value: JsonObject,
  shape: StructShape,
  place: Place,
  reading: Reading,
  isRoot = false,
): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  for (const name in value) {
    const member = value[name];
    const field = shape.fields[name];
    if (member === undefined) continue;
    if (field === undefined) {
      reading.unknown.push(place.path === '' ? name : `${place.path}.${name}`);
      delete (changed ??= { ...value })[name];
      continue;
    }
    const read1 = member === null ? null : read(member, field.shape, below(place, name), reading);
    const isLeftOut = field.empty === undefined && (read1 === null || isOmitted(read1, field.shape, field.dropsZero));
    if (isLeftOut && !(isRoot && (name === 'apiVersion' || name === 'kind'))) delete (changed ??= { ...value })[name];
    else if (read1 !== member) (changed ??= { ...value })[name] = read1;
  }
  for (const name of shape.always) {
    const given = (changed ?? value)[name];
    const field = shape.fields[name];
    if ((given !== undefined && given !== null) || field === undefined) continue;
    const empty = field.shape.kind === 'struct' ? structValue({}, field.shape, place, reading) : (field.empty ?? null);
    if (given !== empty) (changed ??= { ...value })[name] = empty;
  }
  return changed ?? value;
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

function listValue(value: readonly Json[], shape: ListShape, place: Place, reading: Reading): readonly Json[] {
  let changed: Json[] | undefined;
  for (let index = 0; index < value.length; index++) {
    const item = value[index] ?? null;
    const read1 = item === null ? emptyItem(shape.item) : read(item, shape.item, at(place, index), reading);
    if (read1 !== item) (changed ??= [...value])[index] = read1;
  }
  return changed ?? value;
}

function emptyItem(shape: Shape): Json {
  if (shape.kind === 'struct')
    return structValue({}, shape, { path: '', goPath: '', struct: '' }, { unknown: [], refused: undefined });
  return shape.kind === 'string' ? '' : null;
}

function mapValue(value: JsonObject, shape: MapShape, place: Place, reading: Reading): JsonObject {
  let changed: Record<string, Json | undefined> | undefined;
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    const inside = { ...place, path: `${place.path}.${key}` };
    const read1 = member === null ? emptyItem(shape.value) : read(member, shape.value, inside, reading);
    if (read1 !== member) (changed ??= { ...value })[key] = read1;
  }
  return changed ?? value;
}

function scalarValue(value: Json, shape: ScalarShape, place: Place, reading: Reading): Json {
  switch (shape.kind) {
    case 'any':
      return value;
    case 'string':
      return typeof value === 'string' ? value : refuse(value, 'string', place, reading);
    case 'boolean':
      return typeof value === 'boolean' ? value : refuse(value, 'bool', place, reading);
    case 'number':
      return typeof value === 'number' ? value : refuse(value, 'float64', place, reading);
    case 'integer':
      return isInteger(value, shape.goType) ? value : refuse(value, shape.goType, place, reading);
    case 'int-or-string':
      if (typeof value === 'string') return value;
      return isInteger(value, 'int32') ? value : refuse(value, 'int32', place, reading);
    case 'time':
      return typeof value === 'string'
        ? textual(value, refusedTime(value, shape.goType), reading)
        : refuse(value, 'string', place, reading);
    case 'bytes':
      if (typeof value !== 'string') return refuse(value, '[]uint8', place, reading);
      return textual(value, isBase64(value) ? undefined : refusedBase64(value), reading);
    case 'quantity':
      return quantityValue(value, place, reading);
  }
}

const badQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

function quantityValue(value: Json, place: Place, reading: Reading): Json {
  if (typeof value !== 'string' && typeof value !== 'number') return refuse(value, 'resource.Quantity', place, reading);
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

function refuse(value: Json, goType: string, place: Place, reading: Reading): Json {
  const where = `Go struct field ${place.struct}.${place.goPath}`;
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

/** Structs that Go embeds in others show in its paths. */
const embedded: Readonly<Record<string, readonly [name: string, ...own: string[]]>> = {
  Probe: [
    'ProbeHandler',
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
    'terminationGracePeriodSeconds',
  ],
  Volume: ['VolumeSource', 'name'],
};

function below(place: Place, name: string): Place {
  const [inlined, ...own] = embedded[place.struct] ?? [];
  const step = inlined === undefined || own.includes(name) ? name : `${inlined}.${name}`;
  return {
    struct: place.struct,
    path: place.path === '' ? name : `${place.path}.${name}`,
    goPath: place.goPath === '' ? step : `${place.goPath}.${step}`,
  };
}

function at(place: Place, index: number): Place {
  return { ...place, path: `${place.path}[${index}]` };
}
