/** The fields of a request that is answered and not stored, as managedFields has them. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { objectAt } from './json-access.ts';

export interface Asking {
  readonly manager: string;
  readonly apiVersion: string;
  readonly timestamp: string;
  readonly subresource?: string;
}

/** `[]` when the spec says nothing. */
export function askedFields(
  body: JsonObject,
  { manager, apiVersion, timestamp, subresource }: Asking,
): readonly JsonObject[] {
  const spec = fieldsOf(objectAt(body, 'spec'));
  if (Object.keys(spec).length === 0) return [];
  return [
    {
      manager,
      operation: 'Update',
      apiVersion,
      time: timestamp,
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': spec },
      ...(subresource === undefined ? {} : { subresource }),
    },
  ];
}

function fieldsOf(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [`f:${key}`, fieldOf(value)]));
}

function fieldOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? { '.': {}, ...fieldsOf(value) } : {};
}
