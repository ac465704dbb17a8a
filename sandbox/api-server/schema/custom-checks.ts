/**
 * Checks a custom resource against its schema, in the words of a real server. On updates, what has not changed is not
 * checked again (ratcheting), so that a stricter definition does not lock old objects.
 */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { isSameJson } from '../fields/same-json.ts';
import type { CustomNode } from './custom-node.ts';
import { alternativeCauses } from './custom-alternatives.ts';
import { invalidValue, notSupported, required, tooLong, tooMany, wrongType } from './field-cause.ts';
import { isOfFormat } from './formats.ts';
import { itemKey } from './custom-lists.ts';

/** `path` is as people read it, '' for the root. */
export function checkCustom(value: Json, old: Json | undefined, node: CustomNode, path: string): readonly FieldCause[] {
  if (old !== undefined && isSameJson(value, old)) return [];
  if (value === null && node.nullable) return [];
  return [
    ...typeCauses(value, node, path),
    ...alternativeCauses(value, node.given, path, checkCustom),
    ...scalarCauses(value, node, path),
    ...listCauses(value, old, node, path),
    ...enumCauses(value, node, path),
    ...mapCauses(value, old, node, path),
  ];
}

function typeCauses(value: Json, node: CustomNode, path: string): readonly FieldCause[] {
  const wanted = node.intOrString ? ['integer', 'string'] : node.type === '' ? [] : [node.type];
  const found = jsonTypeOf(value);
  if (wanted.length === 0 || wanted.includes(found) || (found === 'integer' && wanted.includes('number'))) return [];
  // A fraction where a number of 32 bits is wanted is told by the names of the formats.
  const format = textAt(node.given, 'format');
  const isFraction = found === 'number' && node.type === 'integer' && format !== '';
  const [types, said] = isFraction ? [format, 'float64'] : [wanted.join(','), found];
  return [wrongType(path, said, `${inBody(path)} must be of type ${types}: ${JSON.stringify(said)}`)];
}

function jsonTypeOf(value: Json): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function inBody(path: string): string {
  return `${path} in body`;
}

function scalarCauses(value: Json, node: CustomNode, path: string): readonly FieldCause[] {
  if (typeof value === 'string') return textCauses(value, node.given, path);
  return typeof value === 'number' ? numberCauses(value, node, path) : [];
}

function textCauses(value: string, given: JsonObject, path: string): readonly FieldCause[] {
  const { maxLength, minLength, pattern, format } = given;
  const causes: FieldCause[] = [];
  if (typeof maxLength === 'number' && value.length > maxLength && lengthOf(value) > maxLength)
    causes.push(tooLong(path, maxLength));
  if (typeof minLength === 'number' && lengthOf(value) < minLength)
    causes.push(invalidValue(path, value, `${inBody(path)} should be at least ${minLength} chars long`));
  if (typeof pattern === 'string' && !patternOf(pattern).test(value))
    causes.push(invalidValue(path, value, `${inBody(path)} should match '${pattern}'`));
  if (typeof format === 'string' && !isOfFormat(format, value)) {
    const detail = `${inBody(path)} must be of type ${format}: ${JSON.stringify(value)}`;
    causes.push({ ...wrongType(path, value, detail) });
  }
  return causes;
}

/** In code points, as Go counts. */
function lengthOf(text: string): number {
  return Array.from(text).length;
}

const patterns = new Map<string, RegExp>();

function patternOf(pattern: string): RegExp {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known;
}

function numberCauses(value: number, node: CustomNode, path: string): readonly FieldCause[] {
  const { minimum, maximum, multipleOf, format } = node.given;
  const causes: FieldCause[] = [];
  const unfit = unfitNumber(value, node, typeof format === 'string' ? format : '');
  if (unfit !== undefined) causes.push(invalidValue('<nil>', '', `Checked value must be of type ${unfit} in ${path}`));
  if (typeof multipleOf === 'number' && value % multipleOf !== 0)
    causes.push(invalidValue(path, value, `${inBody(path)} should be a multiple of ${multipleOf}`));
  if (typeof maximum === 'number') {
    const isStrict = node.given['exclusiveMaximum'] === true;
    if (isStrict ? value >= maximum : value > maximum)
      causes.push(invalidValue(path, value, `${inBody(path)} should be less than ${orEqual(isStrict)}${maximum}`));
  }
  if (typeof minimum === 'number') {
    const isStrict = node.given['exclusiveMinimum'] === true;
    if (isStrict ? value <= minimum : value < minimum)
      causes.push(invalidValue(path, value, `${inBody(path)} should be greater than ${orEqual(isStrict)}${minimum}`));
  }
  return causes;
}

function orEqual(isStrict: boolean): string {
  return isStrict ? '' : 'or equal to ';
}

const ranges: Readonly<Record<string, number>> = { int32: 2 ** 31, int64: 2 ** 63 };

function unfitNumber(value: number, node: CustomNode, format: string): string | undefined {
  if (node.type !== 'integer') return undefined;
  const range = ranges[format];
  if (range !== undefined && (!Number.isInteger(value) || value >= range || value < -range))
    return `integer with format ${format}`;
  return Number.isInteger(value) ? undefined : 'integer (default format)';
}

function enumCauses(value: Json, node: CustomNode, path: string): readonly FieldCause[] {
  const allowed = node.given['enum'];
  if (!Array.isArray(allowed)) return [];
  const values: readonly Json[] = allowed;
  if (values.some((one) => isSameJson(one, value))) return [];
  const texts = values.map((one) => (typeof one === 'string' ? one : JSON.stringify(one)));
  return [notSupported(path, value, texts)];
}

function listCauses(value: Json, old: Json | undefined, node: CustomNode, path: string): readonly FieldCause[] {
  if (!Array.isArray(value)) return [];
  const items: readonly Json[] = value;
  const { item } = node;
  const { minItems, maxItems } = node.given;
  const causes: FieldCause[] = [];
  const before = oldItems(old, node);
  if (item !== undefined)
    for (const [index, one] of items.entries())
      causes.push(...checkCustom(one, before(one), item, `${path}[${index}]`));
  if (typeof minItems === 'number' && items.length < minItems)
    causes.push(invalidValue(path, items.length, `${inBody(path)} should have at least ${minItems} items`));
  if (typeof maxItems === 'number' && items.length > maxItems) causes.push(tooMany(path, items.length, maxItems));
  return causes;
}

/** The same item of the old list: only items with keys can be told apart. */
export function oldItems(old: Json | undefined, node: CustomNode): (item: Json) => Json | undefined {
  if (!Array.isArray(old) || node.listType !== 'map') return () => undefined;
  const known = new Map<string, Json>(old.map((item: Json) => [itemKey(item, node), item]));
  return (item) => known.get(itemKey(item, node));
}

function mapCauses(value: Json, old: Json | undefined, node: CustomNode, path: string): readonly FieldCause[] {
  if (!isJsonObject(value)) return [];
  const { minProperties, maxProperties } = node.given;
  const causes: FieldCause[] = [];
  const count = Object.keys(value).length;
  if (typeof minProperties === 'number' && count < minProperties)
    causes.push(invalidValue(path, count, `${inBody(path)} should have at least ${minProperties} properties`));
  if (typeof maxProperties === 'number' && count > maxProperties) causes.push(tooMany(path, count, maxProperties));
  for (const name of node.required) if (value[name] === undefined) causes.push(required(join(path, name)));
  const before = isJsonObject(old) ? old : {};
  for (const key of Object.keys(value)) {
    const member = value[key];
    const known = node.fields[key] ?? node.rest;
    if (known !== undefined && member !== undefined)
      causes.push(...checkCustom(member, before[key], known, join(path, key)));
  }
  return causes;
}

export function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
