import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { afterEvent, isUnderWay } from './lifecycle-status.ts';
import type { LifecycleEvent } from './machine.ts';
import { aStatus, start } from './testing/builders.ts';

const input = { now: start, podHash: 'three', stepHash: 'steps', steps: 2 };
const stable = aStatus({ currentPodHash: 'one', stableRS: 'one' });

/** What a new revision leaves of a settled status. */
function begun(status: Partial<RolloutStatus>, more: { readonly stepHash?: string } = {}) {
  const event: LifecycleEvent = {
    type: 'revision',
    hasStable: true,
    toStable: false,
    carrying: false,
    failedBefore: false,
  };
  return afterEvent({ ...stable, ...status }, event, { ...input, ...more });
}

describe('a new revision', () => {
  it('keeps what the Services select, whichever of them is known', () => {
    expect(begun({ blueGreen: { previewSelector: 'one' } })?.blueGreen).toEqual({ previewSelector: 'one' });
    expect(begun({ blueGreen: { activeSelector: 'one' } })?.blueGreen).toEqual({ activeSelector: 'one' });
    expect(begun({ blueGreen: { scaleUpPreviewCheckPoint: true } })?.blueGreen).toBeUndefined();
  });

  it('has no hash of a plan where there is none', () => {
    expect(begun({}, { stepHash: '' })?.currentStepHash).toBeUndefined();
    expect(begun({})?.currentStepHash).toBe('steps');
  });

  it('is attempt 1, and nothing that was asked or measured before speaks of it', () => {
    expect(begun({ attempt: 3, gates: [], pauseConditions: [], promoteFull: true })).toMatchObject({
      currentPodHash: 'three',
      attempt: 1,
      gates: undefined,
      pauseConditions: undefined,
      promoteFull: undefined,
    });
  });
});

it('an event that means nothing in a state changes nothing', () => {
  expect(afterEvent(stable, { type: 'retry' }, input)).toBeUndefined();
});

it('a revision is under way from its first step until traffic is settled on either side', () => {
  expect(isUnderWay(aStatus())).toBe(true);
  expect(isUnderWay(stable)).toBe(false);
  expect(isUnderWay(aStatus({ abort: true, abortedAt: '2026-01-01T00:00:00Z' }))).toBe(false);
  expect(isUnderWay({})).toBe(false);
});
