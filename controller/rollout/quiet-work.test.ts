import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { decide } from './decide.ts';
import type { RolloutEffect } from './effects.ts';
import type { Observed, PodView } from './observed.ts';
import { noMoves } from './moves.ts';
import { mayBeMissing, restart } from './restart.ts';
import { sceneOf } from './scene.ts';
import { aPod, aReplicaSet, aRollout, aStatus, shopKeys, start } from './testing/builders.ts';
import { workloadView } from './workload-view.ts';

const restartAt = '2026-01-01T00:00:00Z';
const older = '2025-12-31T23:59:59Z';

interface Given {
  readonly spec?: JsonObject;
  readonly canary?: CanaryStrategy;
  readonly status?: RolloutStatus;
  readonly pods?: readonly PodView[];
  readonly available?: number;
  readonly annotations?: Record<string, string>;
  readonly workload?: JsonObject;
}

function pod(number: number, created = older, more: Partial<PodView> = {}): PodView {
  const plain = aPod('one', { ready: true });
  const metadata = { ...plain.metadata, name: `web-one-${number}`, uid: `pod-${number}`, creationTimestamp: created };
  return { ...plain, metadata: { ...metadata, resourceVersion: '1', ...more.metadata }, ...more };
}

/** Revision one is stable with all its 5 pods, and nothing else is under way. */
function observed(given: Given): Observed {
  const settled = aStatus({ currentPodHash: 'one', stableRS: 'one', currentStepIndex: 0 });
  const rollout = aRollout({
    canary: given.canary ?? {},
    annotations: { [shopKeys.revision]: '1', ...given.annotations },
    status: { ...settled, ...given.status },
  });
  const workload = given.workload === undefined ? undefined : workloadView(given.workload as never);
  return {
    now: start + 5_000,
    dialect: tidegateDialect,
    keys: shopKeys,
    rollout: { ...rollout, spec: { ...rollout.spec, ...given.spec } },
    problems: [],
    podHash: 'one',
    stepHash: settled.currentStepHash ?? '',
    replicaSets: [aReplicaSet('one', { available: given.available ?? 5, annotations: given.annotations ?? {} })],
    pods: given.pods ?? [1, 2, 3, 4, 5].map((number) => pod(number)),
    stableService: undefined,
    canaryService: undefined,
    traffic: undefined,
    analysisRuns: [],
    findTemplate: () => undefined,
    runs: [],
    ...(workload === undefined ? {} : { workload }),
  };
}

const evicted = (effects: readonly RolloutEffect[]) =>
  effects.flatMap((one) => (one.kind === 'Evict' ? [one.target.name] : []));
const restarting: RolloutStatus = { waiting: { reason: 'Restarting', on: 'Pod/web-one-1', moves: 'x' } };

describe('restartAt', () => {
  it('is said before the first pod goes [phase:Progressing]', () => {
    const decision = decide(observed({ spec: { restartAt } }));
    expect(decision).toMatchObject({
      phase: 'record',
      status: { phase: 'Progressing', message: 'rollout is restarting', waiting: { reason: 'Restarting' } },
    });
  });

  it.each([
    ['one at a time', {}, ['web-one-1']],
    ['as many as may be missing', { canary: { maxUnavailable: '40%' } }, ['web-one-1', 'web-one-2']],
    ['none while a pod is missing already', { available: 4 }, []],
  ])('evicts %s', (_name, given: Given, names) => {
    const decision = decide(observed({ spec: { restartAt }, status: restarting, ...given }));
    expect(evicted(decision.effects)).toEqual(names);
  });

  it('counts a pod that is leaving as missing, although the ReplicaSet does not know yet', () => {
    const pods = [pod(1, older, { leaving: true }), ...[2, 3, 4, 5].map((number) => pod(number))];
    expect(evicted(decide(observed({ spec: { restartAt }, status: restarting, pods })).effects)).toEqual([]);
  });

  it('lets an old pod that is not ready go first and at no cost', () => {
    const pods = [1, 2, 3, 4].map((number) => pod(number)).concat(pod(5, older, { ready: false }));
    const decision = decide(observed({ spec: { restartAt }, status: restarting, pods, available: 4 }));
    expect(evicted(decision.effects)).toEqual(['web-one-5']);
  });

  it('is done when no older pod is left', () => {
    const pods = [1, 2, 3, 4, 5].map((number) => pod(number, '2026-01-01T00:00:00Z'));
    const decision = decide(observed({ spec: { restartAt }, status: restarting, pods }));
    expect(decision).toMatchObject({ phase: 'record', status: { restartedAt: restartAt, phase: 'Healthy' } });
  });

  it('waits for a time to come', () => {
    const later = '2026-01-01T00:10:00Z';
    const decision = decide(observed({ spec: { restartAt: later } }));
    expect(decision.effects).toEqual([]);
    expect(decision.lookAgainAt).toBeLessThanOrEqual(Date.parse(later));
  });

  it("takes blue-green's own limit", () => {
    const strategy = { blueGreen: { activeService: 'web', maxUnavailable: 3 } };
    const decision = decide(observed({ spec: { restartAt, strategy }, status: restarting }));
    expect(evicted(decision.effects)).toHaveLength(3);
  });
});

it('pods of the new revision are restarted after those of stable', () => {
  const status = aStatus({ currentStepIndex: 1, waiting: { reason: 'Restarting', on: 'x', moves: 'x' } });
  const steps = [{ setWeight: 20 }, { pause: {} }];
  const of = (podHash: string) => {
    const plain = aPod(podHash, { ready: true });
    const metadata = { ...plain.metadata, uid: `pod-${podHash}`, resourceVersion: '1', creationTimestamp: older };
    return { ...plain, metadata: { ...metadata, name: `web-${podHash}` } };
  };
  const given = { canary: { steps, maxUnavailable: 3, maxSurge: 0 }, status, pods: [of('two'), of('one')] };
  const base = observed({ ...given, spec: { restartAt } });
  const replicaSets = [aReplicaSet('one', { replicas: 4 }), aReplicaSet('two', { replicas: 1, revision: 2 })];
  const scene = sceneOf({ ...base, podHash: 'two', replicaSets }, status);

  expect(evicted(restart(scene, noMoves).effects)).toEqual([]);
  const pods = [of('two'), ...[1, 2, 3, 4].map((number) => pod(number))];
  expect(evicted(restart(sceneOf({ ...base, podHash: 'two', replicaSets, pods }, status), noMoves).effects)).toEqual([
    'web-one-1',
    'web-one-2',
    'web-one-3',
  ]);
});

it('a limit of missing pods that is no number lets one pod go at a time', () => {
  const strategy = (maxUnavailable: number | string) => aRollout({ replicas: 8, canary: { maxUnavailable } });

  expect([mayBeMissing(strategy('many')), mayBeMissing(strategy('50%')), mayBeMissing(strategy(0))]).toEqual([1, 4, 1]);
});

describe('the workload behind workloadRef', () => {
  const deployment = (replicas: number): JsonObject => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: 'd', resourceVersion: '7', generation: 3 },
    spec: { replicas, template: {} },
  });
  const told = { [shopKeys.workloadGeneration]: '3' };

  it('has its generation told on the Rollout', () => {
    expect(decide(observed({ workload: deployment(5) })).effects).toMatchObject([{ kind: 'Annotate', set: told }]);
  });

  it.each([
    ['never', 5, undefined],
    ['onsuccess', 5, 0],
    ['onsuccess', 0, undefined],
    ['progressively', 2, 0],
  ])('is scaled down %s from %i to %s', (scaleDown, replicas, to) => {
    const spec = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', scaleDown } };
    const decision = decide(observed({ spec, annotations: told, workload: deployment(replicas) }));
    const wanted =
      to === undefined ? [] : [{ kind: 'Patch', target: { kind: 'Deployment' }, patch: { spec: { replicas: to } } }];
    expect(decision.effects).toMatchObject(wanted);
  });
});

describe('metadata of a role', () => {
  const canary = { stableMetadata: { labels: { role: 'stable' } } };
  const text = '{"labels":{"role":"stable"}}';

  it('goes to the ReplicaSet first, then to its pods', () => {
    const { effects } = decide(observed({ canary }));
    expect(effects.map((one) => ('target' in one ? one.target.kind : ''))).toEqual([
      'ReplicaSet',
      ...Array(5).fill('Pod'),
    ]);
    expect(effects[0]).toMatchObject({
      patch: {
        metadata: { annotations: { [shopKeys.ephemeralMetadata]: text } },
        spec: {
          template: { metadata: { labels: { role: 'stable' }, annotations: { [shopKeys.ephemeralMetadata]: text } } },
        },
      },
    });
  });

  it('is written once', () => {
    const annotations = { [shopKeys.ephemeralMetadata]: text };
    const dressed = [1, 2].map((number) =>
      pod(number, older, { metadata: { name: `web-one-${number}`, annotations } }),
    );
    expect(decide(observed({ canary, annotations, pods: dressed })).effects).toEqual([]);
  });

  it('is taken away exactly, and what the template says itself comes back', () => {
    const annotations = { [shopKeys.ephemeralMetadata]: '{"labels":{"app":"x","role":"stable"}}' };
    const { effects } = decide(observed({ annotations, pods: [] }));
    expect(effects).toMatchObject([
      { patch: { spec: { template: { metadata: { labels: { app: 'web', role: null } } } } } },
    ]);
  });
});
