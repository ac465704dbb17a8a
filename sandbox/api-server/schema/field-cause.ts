/** Makes the causes of a refusal in the words of a server's field errors. */

import { type Json, isJsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';

export function required(field: string, detail = ''): FieldCause {
  return { reason: 'FieldValueRequired', field, message: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: Json | undefined, detail: string): FieldCause {
  return { reason: 'FieldValueInvalid', field, message: withDetail(`Invalid value: ${valueText(value)}`, detail) };
}

/** Of values that are too large to be repeated. */
export function invalidOmitted(field: string, detail: string): FieldCause {
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${detail}` };
}

export function wrongType(field: string, found: string, detail: string): FieldCause {
  return { reason: 'FieldValueTypeInvalid', field, message: `Invalid value: ${JSON.stringify(found)}: ${detail}` };
}

export function forbidden(field: string, detail: string): FieldCause {
  return { reason: 'FieldValueForbidden', field, message: withDetail('Forbidden', detail) };
}

export function duplicate(field: string, value: Json | undefined): FieldCause {
  return { reason: 'FieldValueDuplicate', field, message: `Duplicate value: ${valueText(value)}` };
}

export function notFound(field: string, value: Json): FieldCause {
  return { reason: 'FieldValueNotFound', field, message: `Not found: ${valueText(value)}` };
}

export function notSupported(field: string, value: Json | undefined, supported: readonly string[]): FieldCause {
  const listed = supported.map((one) => JSON.stringify(one)).join(', ');
  const message = `Unsupported value: ${valueText(value)}: supported values: ${listed}`;
  return { reason: 'FieldValueNotSupported', field, message };
}

export function tooLong(field: string, maxLength: number): FieldCause {
  return { reason: 'FieldValueTooLong', field, message: `Too long: may not be more than ${maxLength} bytes` };
}

export function tooMany(field: string, count: number, max: number): FieldCause {
  return { reason: 'FieldValueTooMany', field, message: `Too many: ${count}: must have at most ${max} items` };
}

function valueText(value: Json | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(sortedKeys(value));
}

/** Maps are printed with their keys in order. */
function sortedKeys(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sortedKeys(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sortedKeys(value[key] ?? null)]),
  );
}

function withDetail(what: string, detail: string): string {
  return detail === '' ? what : `${what}: ${detail}`;
}
