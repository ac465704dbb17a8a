import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../crds/schema/dialect.ts';
import type { JsonObject } from '../crds/schema/json.ts';
import { keys } from '../crds/schema/keys.ts';
import {
  adoptPatch,
  ejectPatch,
  ejectRefusal,
  emergencyLine,
  isSameTemplate,
  oldOnesFirst,
  type Whole,
} from './adopt-plan.ts';

const known = keys(tidegateDialect);
const template = (hash?: string): JsonObject => ({
  metadata: { labels: { app: 'web', ...(hash === undefined ? {} : { 'pod-template-hash': hash }) } },
  spec: { containers: [{ name: 'web', image: 'web:1', futureField: { kept: true } }] },
});
const owner = (kind: string, uid: string) => ({ apiVersion: 'x/v1', kind, name: 'web', uid, controller: true });

function deployment(spec: JsonObject = {}, status: JsonObject = {}): Whole {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: 'd', generation: 2 },
    spec: { replicas: 3, template: template(), ...spec },
    status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...status },
  } as unknown as Whole;
}

function set(
  name: string,
  replicas: number,
  given: { owner?: JsonObject; annotations?: Record<string, string> } = {},
): Whole {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      labels: { app: 'web', 'pod-template-hash': 'abc' },
      annotations: { 'deployment.kubernetes.io/revision': '4', ...given.annotations },
      ownerReferences: [given.owner ?? owner('Deployment', 'd')],
    },
    spec: { replicas, template: template('abc') },
  } as unknown as Whole;
}

function rollout(phase = 'Healthy'): Whole {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', uid: 'r', annotations: { [known.adopted]: 'd' } },
    status: { phase },
  } as unknown as Whole;
}

describe('adopt', () => {
  it('leaves both as owners, and nothing of the template is touched', () => {
    expect(adoptPatch(set('one', 3), deployment(), rollout(), known)).toEqual({
      metadata: {
        ownerReferences: [
          {
            apiVersion: 'tidegate.io/v1alpha1',
            kind: 'Rollout',
            name: 'web',
            uid: 'r',
            controller: true,
            blockOwnerDeletion: true,
          },
          { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: 'd' },
        ],
        labels: { 'rollouts-pod-template-hash': 'abc' },
        annotations: { 'deployment.kubernetes.io/desired-replicas': null, [known.revision]: '4' },
      },
    });
  });
});

it('hands old ReplicaSets over first, so that the Deployment never owns one of them alone and scales it up', () => {
  const sets = [set('now', 3), set('old', 0), set('older', 0)];
  expect(oldOnesFirst(sets).map(({ metadata }) => metadata.name)).toEqual(['old', 'older', 'now']);
});

describe('eject', () => {
  const own = (name: string, replicas: number, annotations: Record<string, string> = {}) =>
    set(name, replicas, { owner: owner('Rollout', 'r'), annotations });

  it('compares templates but for the hash label', () => {
    expect(isSameTemplate(own('one', 3), deployment())).toBe(true);
    const other = { ...template(), spec: { containers: [{ name: 'web', image: 'web:2' }] } };
    expect(ejectRefusal(rollout(), deployment({ template: other }), [own('one', 3)], known)).toMatch(/rolling update/);
  });

  it.each<[string, Whole, readonly Whole[], RegExp]>([
    ['a rollout under way', rollout('Paused'), [own('one', 3)], /status.phase is "Paused"/],
    ['old pods that are still there', rollout(), [own('one', 3), own('two', 1)], /ReplicaSets with pods is 2/],
    ['metadata of roles', rollout(), [own('one', 3, { [known.ephemeralMetadata]: '{}' })], /metadata of roles/],
  ])('refuses %s', (_name, given, sets, why) => {
    expect(ejectRefusal(given, deployment(), sets, known)).toMatch(why);
  });

  it('gives back the revision, and no stale size that would stop the Deployment', () => {
    const { metadata } = ejectPatch(own('one', 3, { [known.revision]: '7' }), deployment(), known) as {
      metadata: JsonObject;
    };
    expect(metadata.annotations).toMatchObject({
      'deployment.kubernetes.io/revision': '7',
      'deployment.kubernetes.io/desired-replicas': null,
      [known.desiredReplicas]: null,
    });
    expect(metadata.labels).toEqual({ 'rollouts-pod-template-hash': null });
  });
});

it('has one line that needs neither this tool nor its controller', () => {
  expect(emergencyLine('web', 'shop', 'tidegate.io', ['web-stable'])).toBe(
    `kubectl -n shop delete rollouts.tidegate.io web --cascade=background && kubectl -n shop patch service web-stable --type merge -p '{"spec":{"selector":{"pod-template-hash":null}}}' && kubectl -n shop wait deployment/web --for=jsonpath={.status.replicas} --timeout=5m && kubectl -n shop patch deployment web --type merge -p '{"spec":{"paused":false}}'`,
  );
});
