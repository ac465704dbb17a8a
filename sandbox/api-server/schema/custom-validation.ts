/** All that a server checks of a custom resource: its schema, repeated items, and then its CEL rules. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { checkCustom } from './custom-checks.ts';
import { duplicateCauses } from './custom-lists.ts';
import type { CustomNode } from './custom-node.ts';
import { ruleCauses } from './custom-rules.ts';
import { invalidValue } from './field-cause.ts';

const blocking = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const notChecked: FieldCause = {
  reason: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

/** What a definition says of a kind beside its schema. */
export interface CustomTraits {
  /** A changed status can only come from its own path, and is then checked alone. */
  readonly hasStatus: boolean;
  /** Where the scale subresource finds its numbers, such as `.spec.replicas`; '' without one. */
  readonly scaleSpecPath: string;
  readonly scaleStatusPath: string;
}

export function validateCustom(
  object: JsonObject,
  old: JsonObject | undefined,
  root: CustomNode,
  traits: CustomTraits,
): readonly FieldCause[] {
  const isOfStatus = traits.hasStatus && old !== undefined && object['status'] !== old['status'];
  const checked = isOfStatus ? statusCauses(object, old, root) : checkCustom(body(object), oldBody(old), root, '');
  const scale = scaleCauses(object, isOfStatus ? traits.scaleStatusPath : traits.scaleSpecPath);
  const causes = [...checked, ...scale, ...newDuplicates(object, old, root)];
  if (!root.hasRules) return causes;
  if (isNameless(object) || causes.some((one) => blocking.has(one.reason))) return [...causes, notChecked];
  return [...causes, ...ruleCauses(object, old, root, '')];
}

/** That the name is missing is told elsewhere, with the rest of the metadata. */
function isNameless(object: JsonObject): boolean {
  const metadata = object['metadata'];
  return !isJsonObject(metadata) || typeof metadata['name'] !== 'string' || metadata['name'] === '';
}

function scaleCauses(object: JsonObject, path: string): readonly FieldCause[] {
  if (path === '') return [];
  let value: Json | undefined = object;
  for (const step of path.split('.').filter((one) => one !== '')) value = isJsonObject(value) ? value[step] : undefined;
  if (value === undefined || value === null) return [];
  if (typeof value !== 'number') {
    const found = typeof value === 'string' ? value : JSON.stringify(value);
    const type = typeof value === 'boolean' ? 'bool' : typeof value;
    return [invalidValue(path, 0, `${path} accessor error: ${found} is of the type ${type}, expected int64`)];
  }
  if (value < 0) return [invalidValue(path, value, 'should be a non-negative integer')];
  return value > 2_147_483_647 ? [invalidValue(path, value, 'should be less than or equal to 2147483647')] : [];
}

/** Metadata is checked elsewhere. */
function body(object: JsonObject): JsonObject {
  const { metadata: _metadata, ...rest } = object;
  return rest;
}

function oldBody(old: JsonObject | undefined): JsonObject | undefined {
  return old === undefined ? undefined : body(old);
}

/** In these, the path stands before the field but not in the sentence. */
function statusCauses(object: JsonObject, old: JsonObject, root: CustomNode): readonly FieldCause[] {
  const status: Json | undefined = object['status'];
  const node = root.fields['status'];
  if (status === undefined || node === undefined) return [];
  return checkCustom(status, old['status'], node, '').map((one) =>
    one.field === '<nil>'
      ? { ...one, field: 'status' }
      : { ...one, field: one.field === '' ? 'status' : `status.${one.field}` },
  );
}

/** Repeated items are let through in objects that had some before. */
function newDuplicates(object: JsonObject, old: JsonObject | undefined, root: CustomNode): readonly FieldCause[] {
  const causes = duplicateCauses(object, root, '');
  if (causes.length === 0 || old === undefined) return causes;
  return duplicateCauses(old, root, '').length === 0 ? causes : [];
}
