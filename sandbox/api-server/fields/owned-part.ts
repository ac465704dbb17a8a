/** Which fields a request can own at all: not those that the server itself keeps, nor those of another subresource. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { isJsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { difference, type FieldSet, topLevel } from './field-set.ts';

const member: FieldSet = {};

/** What no manager owns. */
const serverOwned: FieldSet = {
  'f:apiVersion': member,
  'f:kind': member,
  'f:metadata': {
    '.': member,
    'f:name': member,
    'f:namespace': member,
    'f:creationTimestamp': member,
    'f:selfLink': member,
    'f:uid': member,
    'f:generation': member,
    'f:managedFields': member,
    'f:resourceVersion': member,
  },
};

export function withoutServerOwned(set: FieldSet): FieldSet {
  return difference(set, serverOwned);
}

/**
 * A write to the object leaves its status out. A write to status is only about status, for builtin kinds also about labels and
 * annotations.
 */
export function ofSubresource(set: FieldSet, schema: KindSchema, subresource: string): FieldSet {
  if (!schema.hasStatus) return set;
  if (subresource !== 'status') return topLevel(set, (element) => element !== 'f:status');
  return schema.custom
    ? topLevel(set, (element) => element === 'f:status')
    : topLevel(set, (element) => element !== 'f:spec');
}

export function withoutManagedFields(object: JsonObject): JsonObject {
  const metadata = object['metadata'];
  if (!isJsonObject(metadata) || metadata['managedFields'] === undefined) return object;
  const { managedFields: _managers, ...kept } = metadata;
  return { ...object, metadata: kept };
}
