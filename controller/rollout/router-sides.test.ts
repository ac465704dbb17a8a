import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { groupOf } from '../../kube/ref.ts';
import { istio } from '../traffic/istio.ts';
import type { Found } from '../traffic/router.ts';
import { decide } from './decide.ts';
import { fence } from './fence.ts';
import type { Observed, PodView, ReplicaSetView } from './observed.ts';
import { sideState } from './router-sides.ts';
import { sceneOf } from './scene.ts';
import { statusWeights } from './status-weights.ts';
import { anObserved, aPod, aReplicaSet, aStatus, shopKeys } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const hash = shopKeys.podTemplateHash;
const trafficRouting = {
  istio: {
    virtualService: { name: 'web' },
    destinationRule: { name: 'web', canarySubsetName: 'canary', stableSubsetName: 'stable' },
  },
};
const steps = [{ setWeight: 20 }, { pause: {} }];

function anIstioObject(kind: string, spec: JsonObject): KubeObject & JsonObject {
  const metadata = { name: 'web', namespace: 'shop', uid: `uid-${kind}`, resourceVersion: '1', generation: 1 };
  return { apiVersion: 'networking.istio.io/v1', kind, metadata, spec };
}

interface Given {
  readonly labels: { readonly stable?: string; readonly canary?: string };
  readonly weight?: number;
  readonly ready?: Readonly<Record<string, number>>;
  readonly sets?: readonly ReplicaSetView[];
  readonly status?: RolloutStatus;
}

/** One Service `web`, told apart by subsets; `ready` pods by revision. */
function subsetWorld(given: Given): Observed {
  const { labels, weight = 0, ready = { one: 5 }, status = aStatus() } = given;
  const subset = (name: 'stable' | 'canary') => ({ name, labels: labels[name] ? { [hash]: labels[name] } : {} });
  const route = [
    { destination: { host: 'web', subset: 'stable' }, weight: 100 - weight },
    { destination: { host: 'web', subset: 'canary' }, weight },
  ];
  const objects = [
    anIstioObject('VirtualService', { hosts: ['web'], http: [{ route }] }),
    anIstioObject('DestinationRule', { host: 'web', subsets: [subset('stable'), subset('canary')] }),
  ];
  const found: Found = (key) =>
    objects.find((one) => one.kind === key.kind && groupOf(one.apiVersion) === key.group && key.name === 'web');
  const sets = given.sets ?? [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })];
  const observed = anObserved({ rollout: { canary: { trafficRouting, steps }, status }, replicaSets: sets });
  const pods = Object.entries(ready).flatMap(([podHash, count]) => Array.from({ length: count }, () => podOf(podHash)));
  const traffic = { router: istio, found, state: istio.read(observed.rollout, found) };
  const question = { rollout: observed.rollout, traffic, replicaSets: sets, pods };
  return {
    ...observed,
    pods,
    traffic,
    stableService: sideState(question, 'stable'),
    canaryService: sideState(question, 'canary'),
  };
}

function podOf(podHash: string): PodView {
  return aPod(podHash, { ready: true });
}

/** Weights and labels that a decision writes, in order. */
function routed(observed: Observed): readonly string[] {
  return decide(observed).effects.flatMap((effect) => {
    if (effect.kind === 'SetWeight') {
      const canary = effect.wanted.destinations.find((one) => one.role === 'canary');
      return [`weight ${canary?.weight ?? 0} for ${canary?.podHash ?? 'nobody'}`];
    }
    if (effect.kind !== 'Patch' || effect.target.kind !== 'DestinationRule') return [];
    const { subsets } = (
      effect.patch as unknown as { spec: { subsets: { name: string; labels: Record<string, string> }[] } }
    ).spec;
    return subsets.map(({ name, labels }) => `${name}=${labels[hash] ?? 'all'}`);
  });
}

const own = { stable: 'one', canary: 'two' };

describe('a canary behind one Service with two subsets', () => {
  it('gives the canary subset to the new revision before it gets weight', () => {
    const before = subsetWorld({ labels: { stable: 'one', canary: 'one' }, ready: { one: 5, two: 1 } });

    expect(routed(before)).toEqual(['stable=one', 'canary=two']);
    expect(routed(subsetWorld({ labels: own, ready: { one: 5, two: 1 } }))).toEqual(['weight 20 for two']);
  });

  it('waits for ready pods of the ReplicaSet before the weight moves [Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule]', () => {
    const world = subsetWorld({ labels: own, ready: { one: 5 } });

    expect(routed(world)).toEqual([]);
    expect(decide(world).waiting).toMatchObject({
      reason: 'EndpointsNotReady',
      on: 'DestinationRule/web',
      value: '0',
      limit: '1',
      moves: 'Weight moves when subset canary of DestinationRule web has 1 ready endpoints of the new revision.',
    });
  });

  it('counts only pods that are ready and stay, of the revision that the subset selects', () => {
    const { rollout, traffic, replicaSets } = subsetWorld({ labels: own });
    const pods = [podOf('two'), aPod('two'), aPod('two', { ready: true, leaving: true }), podOf('one')];
    const states = (['stable', 'canary'] as const).map((side) =>
      sideState({ rollout, traffic, replicaSets, pods }, side),
    );

    expect(states.map((one) => one?.readyByHash)).toEqual([{ one: 1 }, { two: 1 }]);
    const free = subsetWorld({ labels: {}, ready: { one: 5, two: 1 } });
    expect(free.stableService?.readyByHash).toEqual({ one: 5, two: 1 });
  });

  it('adopts a subset without a label only when the whole revision is available', () => {
    const sets = (available: number) => [aReplicaSet('two', { available })];
    const status = aStatus({ stableRS: 'two' });
    const at = (available: number) =>
      routed(subsetWorld({ labels: {}, ready: { two: available }, sets: sets(available), status }));

    expect(at(4)).toEqual([]);
    expect(at(5).slice(0, 2)).toEqual(['stable=two', 'canary=all']);
  });

  it('gives the weight back on an abort, and frees the subset of the revision that failed only then', () => {
    const transition = { id: 'a', kind: 'abort', from: 'two', to: 'one', since: '2026-01-01T00:00:00Z' } as const;
    const status = aStatus({ abort: true, abortedAt: '2026-01-01T00:00:00Z', transition });
    const aborted = (weight: number) => subsetWorld({ labels: own, weight, ready: { one: 5, two: 1 }, status });

    expect(routed(aborted(20))).toEqual(['weight 0 for two']);
    expect(routed(aborted(0))).toEqual([]);
    const settled = subsetWorld({
      labels: own,
      ready: { one: 5 },
      status: aStatus({ abort: true, abortedAt: '2026-01-01T00:00:00Z' }),
    });
    expect(routed(settled)).toEqual(['stable=one', 'canary=one']);
  });

  it('moves the stable subset at the end when all weight is on the canary subset, and the weight back when it has the pods', () => {
    const transition = { id: 'p', kind: 'promote', from: 'one', to: 'two', since: '2026-01-01T00:00:00Z' } as const;
    const status = aStatus({ currentStepIndex: 2, transition });
    const sets = [aReplicaSet('one'), aReplicaSet('two', { revision: 2 })];
    const ready = { one: 5, two: 5 };
    const end = (stable: string, weight: number) =>
      subsetWorld({ labels: { stable, canary: 'two' }, weight, ready, sets, status });

    expect(routed(end('one', 20))).toEqual(['weight 100 for two']);
    expect(routed(end('one', 100))).toEqual(['stable=two', 'canary=two']);
    expect(routed(end('two', 100))).toEqual(['weight 0 for two']);
  });

  it('records which revision stands on each side, without the name of a Service', () => {
    const scene = sceneOf(subsetWorld({ labels: own, weight: 20, ready: { one: 5, two: 1 } }), aStatus());

    expect(statusWeights(scene)).toEqual({
      canary: { weight: 20, podTemplateHash: 'two' },
      stable: { weight: 80, podTemplateHash: 'one' },
    });
  });

  it('stays where the router has no way to switch it', () => {
    const world = subsetWorld({ labels: { stable: 'one', canary: 'one' }, ready: { one: 5, two: 1 } });
    const select = () => undefined;
    const traffic = world.traffic && { ...world.traffic, router: { ...world.traffic.router, select } };

    expect(routed({ ...world, traffic })).toEqual([]);
  });

  it('tells the switch as Argo tells it', () => {
    const before = subsetWorld({ labels: { stable: 'one', canary: 'one' }, ready: { one: 5, two: 1 } });
    const [told] = decide(before).effects.flatMap((one) => one.tells);

    expect(told).toMatchObject({
      reason: 'UpdatedDestinationRule',
      message: 'Moved subset canary of DestinationRule web from one to two',
    });
  });

  it('stamps the rule once when a leader takes over', async () => {
    const fake = fakeClient();
    const leadership = { term: 'new', signal: new AbortController().signal, mayWrite: () => true };
    await fence(fake.client, leadership).check(subsetWorld({ labels: own }), () => undefined);

    expect(fake.calls.map((one) => one.kind)).toEqual([
      'Rollout',
      'ReplicaSet',
      'ReplicaSet',
      'VirtualService',
      'DestinationRule',
    ]);
  });
});
