/** Config travels with the revision: every place where a pod template can name a ConfigMap or a Secret. */

import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { deferredConfigs, type PreparedSet, prepareSet } from './config-copies.ts';
import { configDigests } from './digests.ts';
import { type Manifest, textAt } from './objects.ts';
import { tidegateKeys } from './testing/git-world.ts';
import { unusedCopies } from './config-sweep.ts';

const config = (name = 'cfg', more: JsonObject = {}): Manifest =>
  named('ConfigMap', name, { data: { a: '1' }, ...more });
const secret = (name = 'sec', more: JsonObject = {}): Manifest =>
  named('Secret', name, { stringData: { a: '1' }, ...more });

function named(kind: string, name: string, more: JsonObject): Manifest {
  const { metadata, ...rest } = more;
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'shop', ...(metadata as JsonObject) },
    ...rest,
  } as unknown as Manifest;
}

function workload(kind: 'Rollout' | 'Job' | 'Deployment', podSpec: JsonObject): Manifest {
  const apiVersion = { Rollout: 'tidegate.io/v1alpha1', Job: 'batch/v1', Deployment: 'apps/v1' }[kind];
  return {
    apiVersion,
    kind,
    metadata: { name: 'web', namespace: 'shop' },
    spec: { template: { spec: podSpec } },
  } as unknown as Manifest;
}

function prepared(
  objects: readonly Manifest[],
  taken: (name: string) => string | undefined = () => undefined,
): PreparedSet {
  const digests = configDigests(objects, new TextEncoder().encode('key'));
  return prepareSet(objects, {
    keys: tidegateKeys,
    group: 'tidegate.io',
    digests,
    taken: (_kind, _namespace, name) => taken(name),
  });
}

const one = (container: JsonObject): JsonObject => ({ containers: [{ name: 'app', ...container }] });

const places: readonly [string, JsonObject, (string | number)[]][] = [
  [
    'a volume of a ConfigMap',
    { volumes: [{ name: 'v', configMap: { name: 'cfg' } }] },
    ['volumes', 0, 'configMap', 'name'],
  ],
  [
    'a volume of a Secret',
    { volumes: [{ name: 'v', secret: { secretName: 'sec' } }] },
    ['volumes', 0, 'secret', 'secretName'],
  ],
  [
    'a projected ConfigMap',
    { volumes: [{ projected: { sources: [{ configMap: { name: 'cfg', optional: true } }] } }] },
    ['volumes', 0, 'projected', 'sources', 0, 'configMap', 'name'],
  ],
  [
    'a projected Secret',
    { volumes: [{ projected: { sources: [{ secret: { name: 'sec' } }] } }] },
    ['volumes', 0, 'projected', 'sources', 0, 'secret', 'name'],
  ],
  [
    'a variable of a ConfigMap',
    one({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cfg', key: 'a' } } }] }),
    ['containers', 0, 'env', 0, 'valueFrom', 'configMapKeyRef', 'name'],
  ],
  [
    'a variable of a Secret',
    one({ env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'sec', key: 'a', optional: true } } }] }),
    ['containers', 0, 'env', 0, 'valueFrom', 'secretKeyRef', 'name'],
  ],
  [
    'envFrom of a ConfigMap',
    one({ envFrom: [{ prefix: 'X', configMapRef: { name: 'cfg' } }] }),
    ['containers', 0, 'envFrom', 0, 'configMapRef', 'name'],
  ],
  [
    'envFrom of a Secret',
    one({ envFrom: [{ secretRef: { name: 'sec' } }] }),
    ['containers', 0, 'envFrom', 0, 'secretRef', 'name'],
  ],
  [
    'an init container',
    { initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'cfg' } }] }] },
    ['initContainers', 0, 'envFrom', 0, 'configMapRef', 'name'],
  ],
];

describe.each(['Rollout', 'Job'] as const)('a %s', (kind) => {
  it.each(places)('reads the copy through %s', (_place, podSpec, path) => {
    const set = prepared([config(), secret(), workload(kind, podSpec)]);
    const rewritten = set.objects.find((object) => object.kind === kind);
    const name = textAt(rewritten, ['spec', 'template', 'spec', ...path]);

    expect(name).toMatch(/^(cfg|sec)-[0-9a-f]{8}$/);
    const copy = set.objects.find((object) => object.metadata.name === name);
    expect(copy).toMatchObject({ immutable: true });
  });
});

it('leaves a Deployment, imagePullSecrets and names outside the set alone', () => {
  const podSpec = {
    imagePullSecrets: [{ name: 'sec' }],
    ...one({ envFrom: [{ configMapRef: { name: 'elsewhere' } }] }),
  };
  const deployment = workload('Deployment', one({ envFrom: [{ configMapRef: { name: 'cfg' } }] }));

  const set = prepared([config(), secret(), workload('Rollout', podSpec), deployment]);

  expect(set.objects).toContainEqual(deployment);
  expect(set.objects.find((object) => object.kind === 'Rollout')).toEqual(workload('Rollout', podSpec));
});

it.each([
  ['annotated as live', config('cfg', { metadata: { annotations: { 'tidegate.io/config-live': 'true' } } })],
  ['already immutable', config('cfg', { immutable: true })],
])('makes no copy of a ConfigMap that is %s', (_name, object) => {
  const set = prepared([object, workload('Rollout', one({ envFrom: [{ configMapRef: { name: 'cfg' } }] }))]);

  expect(set.copies).toEqual([]);
});

it('copies a Secret that no template uses, so that a restore has its data', () => {
  expect(prepared([secret()]).copies).toMatchObject([{ kind: 'Secret', name: 'sec' }]);
});

it('gives another content another name, and the same content the same', () => {
  const nameOf = (object: Manifest): string | undefined =>
    prepared([object, workload('Rollout', one({ envFrom: [{ configMapRef: { name: 'cfg' } }] }))]).copies[0]?.copyName;

  expect(nameOf(config())).toBe(nameOf(config('cfg', { metadata: { labels: { team: 'x' } } })));
  expect(nameOf(config())).not.toBe(nameOf(config('cfg', { data: { a: '2' } })));
});

it('names a Secret’s copy by a keyed digest, the same for data and stringData', () => {
  const objects = [secret('sec', { stringData: undefined, data: { a: Buffer.from('1').toString('base64') } })];
  const [a] = configDigests(objects, new TextEncoder().encode('one')).values();
  const [b] = configDigests(objects, new TextEncoder().encode('two')).values();
  const [c] = configDigests([secret()], new TextEncoder().encode('one')).values();

  expect(a).not.toBe(b);
  expect(a).toBe(c);
});

it('lengthens the suffix when the name is taken by something else', () => {
  const rollout = workload('Rollout', one({ envFrom: [{ configMapRef: { name: 'cfg' } }] }));
  const first = prepared([config(), rollout]).copies[0]?.copyName ?? '';

  const second =
    prepared([config(), rollout], (name) => (name === first ? 'other content' : undefined)).copies[0]?.copyName ?? '';

  expect(second).toHaveLength(first.length + 8);
  expect(second.startsWith(first)).toBe(true);
});

it('keeps the plain name back only where a Rollout reads the copy', () => {
  const set = prepared([
    config(),
    config('other'),
    secret(),
    workload('Rollout', one({ envFrom: [{ configMapRef: { name: 'cfg' } }] })),
  ]);

  expect([...deferredConfigs(set, 'tidegate.io')]).toEqual(['/ConfigMap/shop/cfg']);
});

it('counts a copy as unused only when no ReplicaSet, Job or kept release reads it', () => {
  const copy = (name: string): Manifest => config(name);
  const replicaSet = workload('Deployment', one({ envFrom: [{ configMapRef: { name: 'cfg-1' } }] }));

  const unused = unusedCopies(
    [copy('cfg-1'), copy('cfg-2'), copy('cfg-3')],
    [replicaSet],
    new Set(['ConfigMap/cfg-2']),
  );

  expect(unused.map((object) => object.metadata.name)).toEqual(['cfg-3']);
});
