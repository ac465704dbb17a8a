/**
 * Takes out of an object what no reader needs and what is often most of its size: managedFields and kubectl's
 * last-applied copy. Also freezing, which finds readers that write into the cache.
 */

import type { JsonObject, KubeObject } from '../api.ts';

type RawObject = KubeObject & JsonObject;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

export function strip(object: RawObject): RawObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata as KubeObject['metadata'] & ManagedFields;
  const { annotations } = metadata;
  const kept = annotations === undefined ? {} : { annotations: withoutLastApplied(annotations) };
  return { ...object, metadata: { ...metadata, ...kept } } as RawObject;
}

interface ManagedFields {
  readonly managedFields?: unknown;
}

function withoutLastApplied(annotations: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  if (annotations[lastApplied] === undefined) return annotations;
  const { [lastApplied]: _lastApplied, ...rest } = annotations;
  return rest;
}

/** The same value, immutable all the way down. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
