import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import {
  aReplicaSet,
  aService,
  anAnalysisRun,
  anObserved,
  aStatus,
  type ObservedGiven,
  shopKeys,
  start,
} from './testing/builders.ts';

/** Revision two is stable and whole. */
function stable(given: ObservedGiven = {}, status: Parameters<typeof aStatus>[0] = {}) {
  const { rollout, ...rest } = given;
  return anObserved({
    replicaSets: [aReplicaSet('two', { revision: 20 })],
    rollout: {
      annotations: { [shopKeys.revision]: '20' },
      status: aStatus({ stableRS: 'two', ...status }),
      ...rollout,
    },
    ...rest,
  });
}

const idle = (count: number) =>
  Array.from({ length: count }, (_, index) => aReplicaSet(`r${index}`, { replicas: 0, revision: index + 1 }));

describe('a stable Rollout', () => {
  it('writes nothing once its status is right', () => {
    const first = decide(stable());
    const again = decide(stable({ rollout: { annotations: { [shopKeys.revision]: '20' }, status: first.status } }));

    expect(first.status).toMatchObject({ phase: 'Healthy', message: '' });
    expect(first.status.waiting).toBeUndefined();
    expect(again).toMatchObject({ phase: 'settled', status: first.status, effects: [] });
    expect(again.lookAgainAt).toBeUndefined();
  });

  it('follows spec.replicas', () => {
    const decision = decide(stable({ replicaSets: [aReplicaSet('two', { replicas: 3, revision: 20 })] }));

    expect(decision.effects).toMatchObject([{ kind: 'Scale', podHash: 'two', from: 3, to: 5, live: false }]);
  });

  it('keeps as many idle ReplicaSets as the history limit says, the newest', () => {
    const decision = decide(stable({ replicaSets: [aReplicaSet('two', { revision: 20 }), ...idle(12)] }));

    expect(decision.effects.map((one) => one.kind === 'Delete' && one.target.name)).toEqual(['web-r1', 'web-r0']);
  });

  it('keeps five finished analyses of each outcome, and those of the current revision', () => {
    const runs = Array.from({ length: 8 }, (_, index) => {
      const run = anAnalysisRun(`old-${index}`, { podHash: 'zero', phase: 'Successful' });
      return { ...run, metadata: { ...run.metadata, creationTimestamp: `2026-01-0${index + 1}T00:00:00Z` } };
    });
    const own = anAnalysisRun('own', { phase: 'Failed' });
    const decision = decide(stable({ analysisRuns: [...runs, own] }));

    expect(decision.effects.map((one) => one.kind === 'Delete' && one.target.name)).toEqual([
      'old-2',
      'old-1',
      'old-0',
    ]);
  });

  it('takes both Services over once all pods are available, and all weight to the stable one', () => {
    const services = {
      stableService: aService('web-stable', undefined, { two: 5 }),
      canaryService: aService('web-canary', undefined, { two: 5 }),
    };
    const early = decide(
      stable({ weight: 0, ...services, replicaSets: [aReplicaSet('two', { available: 4, revision: 20 })] }),
    );
    const decision = decide(stable({ weight: 30, ...services }));

    expect(early.effects).toEqual([]);
    expect(decision.effects.map((one) => one.kind)).toEqual(['SwitchService', 'SwitchService', 'SetWeight']);
  });

  it('keeps the pods of the revision before for the drain delay', () => {
    const sets = [aReplicaSet('two', { revision: 20 }), aReplicaSet('one', { revision: 19 })];
    const services = {
      stableService: aService('web-stable', 'two', { two: 5 }),
      canaryService: aService('web-canary', 'two', { two: 5 }),
    };
    const drainUntil = '2026-01-01T00:00:10Z';
    const early = decide(stable({ weight: 0, ...services, replicaSets: sets }, { drainUntil }));
    const late = decide(stable({ weight: 0, ...services, replicaSets: sets, now: start + 10_000 }, { drainUntil }));

    expect(early).toMatchObject({ effects: [], lookAgainAt: start + 10_000 });
    expect(late.effects).toMatchObject([{ kind: 'Scale', podHash: 'one', to: 0, live: true }]);
  });

  it('says so when the deadline of an older ReplicaSet is not written yet', () => {
    const sets = [aReplicaSet('two', { revision: 20 }), aReplicaSet('one', { revision: 19 })];
    const services = {
      stableService: aService('web-stable', 'two', { two: 5 }),
      canaryService: aService('web-canary', 'two', { two: 5 }),
    };
    const decision = decide(stable({ weight: 0, ...services, replicaSets: sets }));

    expect(decision.effects).toMatchObject([
      { kind: 'Annotate', set: { [shopKeys.scaleDownDeadline]: '2026-01-01T00:00:10Z' } },
    ]);
  });
});

describe('phase', () => {
  it.each([
    ['too few updated pods', aReplicaSet('two', { replicas: 5, available: 5 }), 3, 'more replicas need to be updated'],
    [
      'pods that are not available yet',
      aReplicaSet('two', { replicas: 5, available: 2 }),
      5,
      'updated replicas are still becoming available',
    ],
  ])('is Progressing with %s', (_name, set, pods, message) => {
    const replicaSets = [{ ...set, status: { ...set.status, replicas: pods } }];
    const decision = decide(
      anObserved({
        replicaSets,
        rollout: { annotations: { [shopKeys.revision]: '1' }, status: aStatus({ stableRS: 'two' }) },
      }),
    );

    expect(decision.status).toMatchObject({ phase: 'Progressing', message });
  });

  it('is not Healthy while the canary Service still has weight', () => {
    const services = {
      stableService: aService('web-stable', 'two', {}),
      canaryService: aService('web-canary', 'two', { two: 5 }),
    };
    const decision = decide(stable({ weight: 30, ...services }));

    expect(decision.waiting?.reason).toBe('StableNotReady');
    expect(decision.status).toMatchObject({
      phase: 'Progressing',
      message: 'traffic is not all on the stable revision yet',
    });
  });

  it('counts pods of all revisions for autoscalers, as a selector and a number', () => {
    const decision = decide(stable());

    expect(decision.status).toMatchObject({ selector: 'app=web', HPAReplicas: 5, replicas: 5, observedGeneration: 1 });
  });
});
