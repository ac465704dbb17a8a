/** A Rollout counts as settled only when its status says so of the template it has now: unknown is never settled. */

import { describe, expect, it } from 'vitest';
import type { Release } from '../../crds/schema/release.ts';
import type { JsonObject } from '../../kube/api.ts';
import type { Manifest } from './objects.ts';
import { isStableConfirmed } from './release-verdict.ts';
import { liveTemplateHash, rolloutState } from './rollout-state.ts';
import { settledState } from './settle.ts';

const confirmed = { outcome: 'Failed', podHash: 'b', cause: 'AnalysisFailed', message: 'm', confirmedStableAt: 'x' };

function aRollout(status: JsonObject): Manifest {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'web', namespace: 'shop', generation: 3 },
    spec: { template: { metadata: { labels: { app: 'web' } } } },
    status: { observedGeneration: 3, stableRS: 'a', currentPodHash: 'b', ...status },
  } as unknown as Manifest;
}

const back = (kind: string): JsonObject => ({ transition: { id: 'x', kind, since: 'x' } });

describe('before it is deleted, a Rollout', () => {
  it.each<[string, JsonObject, string]>([
    ['whose abort was not taken up yet is still going back', { abort: true }, 'going-back'],
    [
      'that returns to its stable template has weight on the canary still',
      { currentPodHash: 'a', ...back('back-to-stable') },
      'going-back',
    ],
    ['that drains is not done', { abort: true, verdict: confirmed, drainUntil: '2026-01-01T10:00:30Z' }, 'going-back'],
    [
      'whose pods are still being given up is not done',
      { abort: true, verdict: confirmed, ...back('abort') },
      'going-back',
    ],
    [
      'with a failure that is not confirmed is going back',
      { verdict: { ...confirmed, confirmedStableAt: null } },
      'going-back',
    ],
    ['that is aborted, confirmed and drained is settled', { abort: true, verdict: confirmed }, 'settled'],
    [
      'whose status speaks of an older spec is not known to be settled',
      { currentPodHash: 'a', observedGeneration: 2 },
      'going-back',
    ],
    ['in the middle of its steps is moving', {}, 'moving'],
    ['that is promoted is settled', { currentPodHash: 'a' }, 'settled'],
    ['that never had a stable revision just goes', { stableRS: '' }, 'settled'],
  ])('%s', (_name, status, wanted) => {
    expect(settledState(aRollout(status))).toBe(wanted);
  });
});

describe('stable is confirmed', () => {
  const failed = (status: JsonObject): Manifest => {
    const live = aRollout({});
    const podHash = liveTemplateHash(live);
    const verdict = { ...confirmed, podHash, confirmedStableAt: null };
    return aRollout({ currentPodHash: podHash, abort: true, verdict, ...status });
  };
  const wanted = { name: 'web', namespace: 'shop', templateHash: liveTemplateHash(aRollout({})) };
  const release = {
    spec: { rollouts: [wanted] },
    status: { failed: [{ rollout: 'web', templateHash: wanted.templateHash }] },
  } as unknown as Release;
  const isConfirmed = (live: Manifest): boolean => isStableConfirmed(release, [live]);

  it('not by a change of spec.replicas that the status has not seen', () => {
    const scaled = failed({ observedGeneration: 2 });

    expect(rolloutState(wanted, scaled).kind).toBe('failed');
    expect(isConfirmed(scaled)).toBe(false);
  });

  it('not by a status of an older spec that names no failure', () => {
    expect(isConfirmed(failed({ observedGeneration: 2, verdict: null, abort: null }))).toBe(false);
  });

  it('not by a retry, whose canary gets weight again', () => {
    expect(isConfirmed(failed({ verdict: null, abort: null }))).toBe(false);
  });

  it('not by an edit of the template as long as its revision is being replaced', () => {
    expect(isConfirmed(failed({ currentPodHash: 'c', verdict: null, ...back('supersede') }))).toBe(false);
  });

  it('by the verdict itself', () => {
    const live = failed({});
    const verdict = { ...confirmed, podHash: wanted.templateHash };

    expect(
      isConfirmed({ ...live, status: { ...(live['status'] as JsonObject), verdict } } as unknown as Manifest),
    ).toBe(true);
  });
});
