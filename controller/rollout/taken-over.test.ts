import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { decide } from './decide.ts';
import type { Observed, ReplicaSetView } from './observed.ts';
import { aReplicaSet, aRollout, aStatus, shopKeys, start } from './testing/builders.ts';
import { workloadView } from './workload-view.ts';

const refs = (...uids: string[]) =>
  uids.map((uid) => ({ apiVersion: 'apps/v1', kind: uid === 'r' ? 'Rollout' : 'Deployment', name: 'web', uid }));

interface Given {
  readonly podHash?: string;
  readonly sets?: readonly ReplicaSetView[];
  readonly adopted?: string;
  readonly status?: RolloutStatus;
  readonly hull?: { readonly uid: string; readonly paused: boolean };
  readonly strays?: Observed['strays'];
}

function observed({ podHash = 'one', status = {}, hull = { uid: 'd', paused: true }, ...given }: Given): Observed {
  const { sets = [aReplicaSet('one')], adopted = 'd', strays = [] } = given;
  const annotations = { [ownKeys.adopted]: adopted, [shopKeys.workloadGeneration]: '3', [shopKeys.revision]: '1' };
  const workload = workloadView({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: hull.uid, resourceVersion: '7', generation: 3 },
    spec: { replicas: 5, paused: hull.paused, template: {} },
  } as never);
  const rollout = aRollout({ canary: { steps: [{ setWeight: 20 }, { pause: {} }] }, annotations, status });
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  return {
    now: start + 5_000,
    dialect: tidegateDialect,
    keys: shopKeys,
    rollout: { ...rollout, spec: { ...rollout.spec, workloadRef } },
    problems: [],
    podHash,
    stepHash: status.currentStepHash ?? '',
    replicaSets: sets,
    pods: [],
    stableService: undefined,
    canaryService: undefined,
    traffic: undefined,
    analysisRuns: [],
    findTemplate: () => undefined,
    runs: [],
    workload,
    strays,
  };
}

describe('an adopted workload without a status', () => {
  it('has the pods that were taken over as stable when the template is another one already', () => {
    const first = decide(observed({ podHash: 'two' }));
    expect(first).toMatchObject({ phase: 'record', status: { currentPodHash: 'one', stableRS: 'one' } });
    const second = decide(observed({ podHash: 'two', status: first.status }));
    expect(second.status).toMatchObject({ currentPodHash: 'two', stableRS: 'one', currentStepIndex: 0 });
  });

  it('has them as stable, too, when the template changes before the first look is all recorded', () => {
    const { status } = decide(observed({}));
    expect(status).toMatchObject({ currentPodHash: 'one' });
    expect(status.stableRS).toBeUndefined();
    const changed = decide(observed({ podHash: 'two', status }));
    expect(changed.status).toMatchObject({ currentPodHash: 'one', stableRS: 'one' });
    expect(decide(observed({ podHash: 'two', status: changed.status })).status).toMatchObject({
      currentPodHash: 'two',
      stableRS: 'one',
    });
  });

  it('is deployed as any other when its pods are of the template', () => {
    expect(decide(observed({})).status.stableRS).toBeUndefined();
  });

  it('takes no revision for stable when several have pods', () => {
    const sets = [aReplicaSet('one'), aReplicaSet('two')];
    expect(decide(observed({ podHash: 'three', sets })).status).toMatchObject({ currentPodHash: 'three' });
  });
});

describe('the hull of a workload that is stable', () => {
  const status = aStatus({ currentPodHash: 'one', stableRS: 'one', currentStepIndex: 2 });
  const owned = (...uids: string[]): ReplicaSetView => {
    const set = aReplicaSet('one');
    return { ...set, metadata: { ...set.metadata, ownerReferences: refs(...uids) } };
  };
  const first = (given: Given) => decide(observed({ status, sets: [owned('r', 'd')], ...given })).effects[0];

  it('needs nothing as long as it is paused', () => {
    expect(first({})).toBeUndefined();
  });

  it('is paused again, and what it made meanwhile goes', () => {
    expect(first({ hull: { uid: 'd', paused: false } })).toMatchObject({
      target: { kind: 'Deployment' },
      patch: { spec: { paused: true } },
    });
    const stray = workloadView({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'stray' } } as never);
    expect(first({ strays: [stray] })).toMatchObject({ kind: 'Delete', target: { name: 'stray' } });
  });

  it('made anew by Git is the hull from then on, and keeps the ReplicaSets alive as the first one did', () => {
    const hull = { uid: 'd2', paused: true };
    expect(first({ hull: { ...hull, paused: false } })).toMatchObject({ patch: { spec: { paused: true } } });
    expect(first({ hull })).toMatchObject({ kind: 'Annotate', set: { [ownKeys.adopted]: 'd2' } });
    expect(first({ hull, adopted: 'd2' })).toMatchObject({
      target: { kind: 'ReplicaSet' },
      patch: { metadata: { ownerReferences: [{ uid: 'r' }, { uid: 'd2' }] } },
    });
    expect(first({ hull, adopted: 'd2', sets: [owned('r', 'd2')] })).toBeUndefined();
  });
});
