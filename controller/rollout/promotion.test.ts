/** The end of a release by numbers of pods, with a stable Service that changes hands. */

import { describe, expect, it } from 'vitest';
import type { CanaryStrategy } from '../../crds/schema/canary.ts';
import { decide } from './decide.ts';
import { aReplicaSet, anObserved, aService, aStatus } from './testing/builders.ts';

/** Revision two has all its pods, and stable one pod more than is needed. */
function ending(stableHash: string, canary: CanaryStrategy = {}) {
  const transition = { id: 'p', kind: 'promote', from: 'one', to: 'two', since: '2026-01-01T00:00:00Z' } as const;
  return decide(
    anObserved({
      replicaSets: [aReplicaSet('one', { replicas: 1 }), aReplicaSet('two', { available: 3, revision: 2 })],
      stableService: aService('web-stable', stableHash, { [stableHash]: 1 }),
      rollout: {
        canary: { ...canary, stableService: 'web-stable' },
        status: aStatus({ currentStepIndex: 0, transition }),
      },
    }),
  ).effects;
}

describe('a pod of the old revision', () => {
  it('stays until the stable Service has changed hands', () => {
    expect(ending('one')).not.toContainEqual(expect.objectContaining({ kind: 'Scale', podHash: 'one' }));
  });

  it('goes when it has', () => {
    expect(ending('two', { maxUnavailable: 3 })).toContainEqual(
      expect.objectContaining({ kind: 'Scale', podHash: 'one', to: 0 }),
    );
  });

  it('need not stay where all pods may be missing', () => {
    expect(ending('one', { maxUnavailable: '100%' })).toContainEqual(
      expect.objectContaining({ kind: 'Scale', podHash: 'one', to: 0 }),
    );
  });
});
