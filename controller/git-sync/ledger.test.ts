/** What a commit rendered to comes back from the ledger exactly, and a part that is missing is never overlooked. */

import { expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { packSet, secretSources, unpackSet, withSecretData } from './ledger.ts';
import { type Manifest, objectId, withMetadata } from './objects.ts';
import { tidegateKeys } from './testing/git-world.ts';

const object = (kind: string, name: string, more: JsonObject = {}): Manifest =>
  ({ apiVersion: 'v1', kind, metadata: { name, namespace: 'shop' }, ...more }) as unknown as Manifest;

const noise = (seed: number): string =>
  Array.from({ length: 400 }, (_, at) => ((seed * 7919 + at * 104_729) % 36).toString(36)).join('');
const many = Array.from({ length: 60 }, (_, index) =>
  object('ConfigMap', `c${index}`, { data: { text: noise(index) } }),
);

it('gives back the set as it was, over several parts', async () => {
  const packed = await packSet(many, 200);
  expect(packed.parts.length).toBeGreaterThan(3);
  expect(Math.max(...packed.parts.map((part) => part.length))).toBeLessThanOrEqual(200);

  const back = await unpackSet(packed.parts, { parts: packed.parts.length, partDigest: packed.partDigest });

  expect(back).toEqual({ kind: 'ok', objects: many });
});

it.each([
  ['a part is missing', (parts: readonly string[]) => parts.with(1, '')],
  ['a part was changed', (parts: readonly string[]) => parts.with(1, `${parts[2]}`)],
  [
    'two parts changed places',
    (parts: readonly string[]) => [...parts.slice(1, 2), ...parts.slice(0, 1), ...parts.slice(2)],
  ],
])('is incomplete when %s', async (_name, spoil) => {
  const packed = await packSet(many, 200);

  const back = await unpackSet(spoil(packed.parts), { parts: packed.parts.length, partDigest: packed.partDigest });

  expect(back.kind).toBe('incomplete');
});

it('leaves the data of Secrets out and takes it back from their copies', async () => {
  const copy = object('Secret', 'token-12345678', { stringData: { a: 'honey' }, immutable: true });
  const labelled = withMetadata(copy, { ...copy.metadata, labels: { 'tidegate.io/config-copy-of': 'token' } });
  const plain = object('Secret', 'token', { stringData: { a: 'honey' } });
  const copies = [
    { kind: 'Secret' as const, namespace: 'shop', name: 'token', copyName: 'token-12345678', digest: 'd' },
  ];

  const packed = await packSet([labelled, plain]);
  const back = await unpackSet(packed.parts, { parts: 1, partDigest: packed.partDigest });
  const objects = back.kind === 'ok' ? back.objects : [];

  expect(JSON.stringify(objects)).not.toContain('honey');
  expect([...secretSources(objects, copies, tidegateKeys).values()]).toEqual(['token-12345678', 'token-12345678']);
  const filled = withSecretData(objects, (id) => (id === objectId(plain) ? { a: 'aG9uZXk=' } : undefined));
  expect(filled.objects[1]).toMatchObject({ data: { a: 'aG9uZXk=' } });
  expect(filled.missing).toEqual(['token-12345678']);
});
