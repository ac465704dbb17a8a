import { describe, expect, it } from 'vitest';
import { decide } from './decide.ts';
import {
  aPod,
  aReplicaSet,
  aService,
  aStatus,
  anAnalysisRun,
  anObserved,
  type ObservedGiven,
  shopKeys,
  start,
} from './testing/builders.ts';
import { lookAgainMs } from './wait-bound.ts';

const since = '2026-01-01T00:00:00Z';
const analysis = { templates: [{ templateName: 'errors' }] };
const conditions = [
  { type: 'Progressing' as const, status: 'True' as const, reason: 'ReplicaSetUpdated', lastUpdateTime: since },
];
const down = [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, available: 0, revision: 2 })];
const moving = (kind: 'abort' | 'promote' | 'supersede', to = 'one') => ({
  transition: { id: 'x', kind, from: 'two', to, since },
  ...(kind === 'abort' ? { abort: true, abortedAt: since } : {}),
});
const pull = { container: 'web', image: 'shop:2', reason: 'ErrImagePull', message: 'no such host', restarts: 0 };

/** Revision two at its first step with one pod ready. */
function world(more: ObservedGiven = {}, status = {}, canary = {}) {
  const { rollout, ...rest } = more;
  return anObserved({
    weight: 20,
    replicaSets: [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })],
    stableService: aService('web-stable', 'one', { one: 5 }),
    canaryService: aService('web-canary', 'two', { two: 1 }),
    rollout: {
      canary: { steps: [{ setWeight: 20 }, { pause: {} }], ...canary },
      annotations: { [shopKeys.revision]: '2' },
      status: aStatus({ conditions, ...status }),
      ...rollout,
    },
    ...rest,
  });
}

const nobody = { stableService: aService('web-stable', 'one', {}), canaryService: aService('web-canary', 'two', {}) };
const waits: readonly (readonly [string, ReturnType<typeof world>, string, number | 'user'])[] = [
  ['pods', world({ replicaSets: down, weight: 0 }), 'PodsNotAvailable', 600_000],
  ['endpoints', world({ weight: 0, canaryService: nobody.canaryService }), 'EndpointsNotReady', lookAgainMs],
  ['the router', world({ confirmed: false }), 'RouterNotConfirmed', lookAgainMs],
  [
    'a registry',
    world({ replicaSets: down, pods: [aPod('two', { troubles: [pull] })] }),
    'RegistryUnreachable',
    600_000,
  ],
  [
    'a measurement',
    world(
      { analysisRuns: [anAnalysisRun('r', { step: 1, phase: 'Running' })] },
      { currentStepIndex: 1 },
      { steps: [{ setWeight: 20 }, { analysis }] },
    ),
    'AnalysisRunning',
    lookAgainMs,
  ],
  ['stable endpoints', world({ stableService: nobody.stableService }, moving('abort')), 'StableNotReady', lookAgainMs],
  ['anybody', world(nobody, moving('abort')), 'NobodyReady', lookAgainMs],
  ['a deleted stable', world({ replicaSets: [aReplicaSet('two')] }, moving('abort')), 'StableMissing', lookAgainMs],
  ['a deleted target', world({}, moving('promote', 'zero')), 'RevisionMissing', lookAgainMs],
  ['a person', world({ rollout: { paused: true, status: aStatus() } }), 'ManuallyPaused', 'user'],
];

describe('every wait ends by itself or by a person', () => {
  it.each(waits)('for %s', (_name, observed, reason, end) => {
    const { waiting, lookAgainAt } = decide(observed);

    expect(waiting?.reason).toBe(reason);
    expect(end === 'user' ? waiting?.on : waiting?.until).toBe(end === 'user' ? 'user' : start + end);
    if (end !== 'user') expect(lookAgainAt).toBeLessThanOrEqual(start + end);
  });

  it('keeps its time until that has come, and then gets another', () => {
    const first = decide(world({ confirmed: false }));
    const later = decide(world({ confirmed: false, now: start + 60_000 }, first.status));
    const over = decide(world({ confirmed: false, now: start + lookAgainMs }, first.status));

    expect(later.waiting?.until).toBe(start + lookAgainMs);
    expect(later.status).toEqual(first.status);
    expect(over.waiting?.until).toBe(start + 2 * lookAgainMs);
  });
});
