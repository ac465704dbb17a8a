/** Digests of the content of ConfigMaps and Secrets: what a copy is named after. Those of Secrets are keyed, so that a name tells nothing. */

import { createHash, createHmac } from 'node:crypto';
import { canonicalJson } from '../rollout/pod-hash-json.ts';
import { type Manifest, objectId } from './objects.ts';

/** `objectId` → full hex digest. `secretKey` is needed only when the set has Secrets. */
export function configDigests(
  objects: readonly Manifest[],
  secretKey: Uint8Array | undefined,
): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  for (const object of objects.filter((one) => one.apiVersion === 'v1')) {
    if (object.kind === 'ConfigMap')
      digests.set(objectId(object), createHash('sha256').update(content(object)).digest('hex'));
    if (object.kind !== 'Secret') continue;
    if (secretKey === undefined) throw new Error('the set has Secrets, but no key for their digests was given');
    digests.set(objectId(object), createHmac('sha256', secretKey).update(content(object)).digest('hex'));
  }
  return digests;
}

/** What makes the content: labels and annotations are no part of it, and `stringData` counts as the `data` it becomes. */
function content(object: Manifest): string {
  const { data, binaryData, stringData, type } = object;
  return canonicalJson({
    kind: object.kind,
    type: type ?? null,
    data: { ...asObject(data), ...encoded(stringData) },
    binaryData: binaryData ?? null,
  });
}

function asObject(value: unknown): Record<string, string> {
  return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
}

function encoded(stringData: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(stringData)).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]),
  );
}
