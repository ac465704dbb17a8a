/** Order, health, checks and sentences of a set: one row per rule. */

import { describe, expect, it } from 'vitest';
import type { ApiResult, JsonObject } from '../../kube/api.ts';
import { isUnchanged } from './compare.ts';
import { healthOf } from './health.ts';
import { keyOf, type Manifest } from './objects.ts';
import { inApplyOrder, stageOf } from './order.ts';
import { bounded, refusalOf } from './problems.ts';
import { standardChecks } from './set-checks.ts';
import { tidegateKeys } from './testing/git-world.ts';

const object = (kind: string, name: string, more: JsonObject = {}, apiVersion = 'v1'): Manifest =>
  ({ apiVersion, kind, metadata: { name, namespace: 'shop', generation: 2 }, ...more }) as unknown as Manifest;

it('applies what others stand on first and Rollouts last', () => {
  const kinds = [
    'Rollout',
    'ValidatingWebhookConfiguration',
    'Deployment',
    'Service',
    'ConfigMap',
    'RoleBinding',
    'Role',
    'Namespace',
    'CustomResourceDefinition',
  ];

  const ordered = inApplyOrder(kinds.map((kind) => object(kind, 'x')));

  expect(ordered.map((one) => one.kind)).toEqual(kinds.toReversed());
});

it('keeps back a plain config only where an old version of it is being read', () => {
  const deferred = new Set(['/ConfigMap/shop/cfg']);

  expect(stageOf(object('ConfigMap', 'cfg'), true, deferred)).toBe('after');
  expect(stageOf(object('ConfigMap', 'cfg'), false, deferred)).toBe('base');
  expect(stageOf(object('ConfigMap', 'other'), true, deferred)).toBe('base');
  expect(stageOf(object('Rollout', 'web'), true, deferred)).toBe('rollouts');
});

describe('health', () => {
  const ready = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2, readyReplicas: 2 };
  const condition = (type: string, status: string, reason = ''): JsonObject => ({
    conditions: [{ type, status, reason, message: 'why' }],
  });
  it.each<[string, string, JsonObject, string]>([
    ['a Deployment nobody looked at', 'Deployment', { spec: { replicas: 2 } }, 'progressing'],
    [
      'a Deployment with an old generation',
      'Deployment',
      { spec: { replicas: 2 }, status: { ...ready, observedGeneration: 1 } },
      'progressing',
    ],
    [
      'a Deployment with old pods',
      'Deployment',
      { spec: { replicas: 2 }, status: { ...ready, replicas: 3 } },
      'progressing',
    ],
    ['a Deployment that is ready', 'Deployment', { spec: { replicas: 2 }, status: ready }, 'current'],
    [
      'a Deployment past its deadline',
      'Deployment',
      { status: { ...ready, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded') } },
      'failed',
    ],
    ['a StatefulSet with too few', 'StatefulSet', { spec: { replicas: 3 }, status: ready }, 'progressing'],
    [
      'a DaemonSet everywhere',
      'DaemonSet',
      { status: { desiredNumberScheduled: 1, updatedNumberScheduled: 1, numberAvailable: 1 } },
      'current',
    ],
    ['a Job that runs', 'Job', { status: { active: 1 } }, 'progressing'],
    ['a Job that failed', 'Job', { status: condition('Failed', 'True') }, 'failed'],
    ['a Job that is done', 'Job', { status: condition('Complete', 'True') }, 'current'],
    ['a CRD that is not served', 'CustomResourceDefinition', {}, 'progressing'],
    [
      'a CRD whose name is taken',
      'CustomResourceDefinition',
      { status: condition('NamesAccepted', 'False') },
      'failed',
    ],
    ['a claim that waits for its pod', 'PersistentVolumeClaim', { status: { phase: 'Pending' } }, 'current'],
    ['a custom object that stalls', 'Bucket', { status: condition('Stalled', 'True') }, 'failed'],
    ['a custom object that is not ready', 'Bucket', { status: condition('Ready', 'False') }, 'progressing'],
    ['a kind without conditions', 'ConfigMap', {}, 'current'],
  ])('of %s', (_name, kind, more, expected) => {
    expect(healthOf(object(kind, 'x', more)).kind).toBe(expected);
  });
});

describe('a set is refused with', () => {
  const context = { namespace: 'shop', sync: 'GitSync shop/web', path: 'apps/web', leaves: () => false };
  const sentences = (...objects: readonly Manifest[]): string =>
    standardChecks
      .flatMap((check) => check(objects, context))
      .map((one) => one.message)
      .join(' ');
  it.each<[string, readonly Manifest[], string]>([
    ['nothing in it', [], 'spec.path is "apps/web", which renders to no object'],
    [
      'a foreign namespace',
      [{ ...object('ConfigMap', 'x'), metadata: { name: 'x', namespace: 'y' } } as unknown as Manifest],
      'metadata.namespace is "y"',
    ],
    ['an object twice', [object('ConfigMap', 'x'), object('ConfigMap', 'x')], '"x" in two manifests'],
    [
      'a generated name',
      [{ ...object('Job', 'x'), metadata: { generateName: 'x-' } } as unknown as Manifest],
      'metadata.name is left to metadata.generateName',
    ],
    ['a Secret encrypted by SOPS', [object('Secret', 'x', { sops: { mac: 'm' }, data: {} })], 'sops is encrypted'],
    ['encrypted values', [object('Secret', 'x', { stringData: { a: 'ENC[AES256_GCM,data:x]' } })], 'data is encrypted'],
    [
      'a record of the controller',
      [object('Release', 'x', {}, 'tidegate.io/v1alpha1')],
      'only the controller writes such records',
    ],
  ])('%s', (_name, objects, said) => {
    expect(sentences(...objects)).toContain(said);
  });

  it('nothing wrong when it is fine', () => {
    expect(sentences(object('ConfigMap', 'x'), object('Secret', 'x', { stringData: { a: 'plain' } }))).toBe('');
  });
});

describe('an answer of the API server', () => {
  const key = keyOf(object('Service', 'web'));
  const said = (result: ApiResult, of = key): readonly [string, string] => {
    const refused = refusalOf(of, result, 'ServiceAccount shop/deployer');
    return [refused?.kind ?? 'ok', refused?.sentences.join(' ') ?? ''];
  };
  it.each<[string, ApiResult, string, string]>([
    [
      'of a wrong value',
      { kind: 'invalid', message: 'm', problems: [{ field: 'spec.ports[0].port', message: 'Invalid value: 70000' }] },
      'refused',
      'spec.ports[0].port',
    ],
    [
      'of a missing right',
      { kind: 'forbidden', message: 'm', right: 'patch services in namespace shop' },
      'refused',
      'ServiceAccount shop/deployer lacks the right patch services',
    ],
    [
      'of an unknown kind',
      { kind: 'not-found', message: 'the server has no kind Service' },
      'refused',
      'install what it needs first',
    ],
    ['of a race', { kind: 'conflict', message: 'm' }, 'passing', 'changed by somebody else'],
    ['of a busy server', { kind: 'busy', retryAfterMs: 1 }, 'passing', 'too busy'],
    ['that never came', { kind: 'unknown', cause: new Error('secret detail') }, 'passing', 'gave no answer'],
  ])('%s', (_name, result, kind, words) => {
    const [was, sentence] = said(result);

    expect(was).toBe(kind);
    expect(sentence).toContain(words);
    expect(sentence).toContain('Service shop/web');
    expect(sentence).not.toContain('secret detail');
  });

  it('about a Secret never quotes what the server says', () => {
    const [, sentence] = said(
      { kind: 'invalid', message: 'illegal base64 in honey', problems: [{ field: 'data[token]', message: 'honey' }] },
      keyOf(object('Secret', 'x')),
    );

    expect(sentence).not.toContain('honey');
    expect(sentence).toContain('Secret shop/x');
  });
});

it('bounds what it repeats and takes control characters out', () => {
  expect(bounded('a\nb\u0000c')).toBe('a b c');
  expect(bounded('x'.repeat(50), 10)).toHaveLength(10);
});

it('counts another release of the same object as unchanged, but on a Rollout as a change', () => {
  const marked = (kind: string, release: string): Manifest =>
    object(kind, 'x', { metadata: { name: 'x', annotations: { 'tidegate.io/release': release } } });

  expect(isUnchanged(marked('ConfigMap', 'a'), marked('ConfigMap', 'b'), tidegateKeys)).toBe(true);
  expect(isUnchanged(marked('Rollout', 'a'), marked('Rollout', 'b'), tidegateKeys)).toBe(false);
});
