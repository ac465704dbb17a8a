import { describe, expect, it } from 'vitest';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { mayWait, statusPatch } from './status-diff.ts';
import { aStatus, start } from './testing/builders.ts';

const since = '2026-01-01T00:00:00Z';
const pause = { reason: 'CanaryPauseStep', startTime: since } as const;
const progressing = { type: 'Progressing', status: 'True', lastUpdateTime: since } as const;

describe('the difference of two statuses', () => {
  it('does not count what JSON does not store: undefined fields, in lists as well, and an empty canary', () => {
    const before = aStatus({ pauseConditions: [pause] });
    const noted = { ...pause, note: undefined };

    expect(
      statusPatch(before, { ...before, pauseConditions: [noted], verdict: undefined, canary: {} }),
    ).toBeUndefined();
    expect(statusPatch(before, before)).toBeUndefined();
  });

  it('takes away what is gone, and replaces lists whole', () => {
    const before = aStatus({ pauseConditions: [pause], controllerPause: true });
    const after = aStatus({ pauseConditions: [pause, { ...pause, reason: 'InconclusiveAnalysisRun' }] });

    expect(statusPatch(before, after)).toEqual({ controllerPause: null, pauseConditions: after.pauseConditions });
  });
});

describe('a difference that only mirrors the world', () => {
  const before = aStatus({ conditions: [progressing] });
  const until = (after: RolloutStatus, now = start) => mayWait(before, after, statusPatch(before, after) ?? {}, now);

  it('may wait a moment while the release moves', () => {
    expect(until({ ...before, readyReplicas: 3 })).toBeGreaterThan(start);
    expect(until({ ...before, readyReplicas: 3 }, start + 3_600_000)).toBeUndefined();
  });

  it.each<[string, RolloutStatus]>([
    ['the step', { ...before, currentStepIndex: 1 }],
    ['a condition', { ...before, conditions: [{ ...progressing, status: 'False' }] }],
    [
      'the verdict of an analysis',
      { ...before, canary: { currentStepAnalysisRunStatus: { name: 'a', status: 'Failed' } } },
    ],
  ])('may not when %s changed', (_name, after) => {
    expect(until(after)).toBeUndefined();
  });

  it('may wait as well where all conditions are gone', () => {
    expect(until({ ...before, conditions: undefined })).toBeGreaterThan(start);
  });
});
