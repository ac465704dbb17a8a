/** All that a server checks of a custom resource: its schema, repeated items, and then its CEL rules. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { checkCustom } from './custom-checks.ts';
import { duplicateCauses } from './custom-lists.ts';
import type { CustomNode } from './custom-node.ts';
import { ruleCauses } from './custom-rules.ts';

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

/** `hasStatus`: a changed status can only come from its own path, and is then checked alone. */
export function validateCustom(
  object: JsonObject,
  old: JsonObject | undefined,
  root: CustomNode,
  hasStatus: boolean,
): readonly FieldCause[] {
  const isOfStatus = hasStatus && old !== undefined && object['status'] !== old['status'];
  const checked = isOfStatus ? statusCauses(object, old, root) : checkCustom(body(object), oldBody(old), root, '');
  const causes = [...checked, ...newDuplicates(object, old, root)];
  if (causes.some((one) => blocking.has(one.reason))) return [...causes, notChecked];
  return [...causes, ...ruleCauses(object, old, root, '')];
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
