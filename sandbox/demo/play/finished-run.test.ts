import { describe, expect, it } from 'vitest';
import type { ScenarioResult } from '../events.ts';
import { scenarios } from '../scenarios.ts';
import { endPins, type Ending, trafficSamples, verdictOf } from './finished-run.ts';
import type { CounterSample } from './gateway-counters.ts';

/** Ten times as fast as real time, from 1,000 on. */
const timeOf = (atMs: number): number => 1_000 + atMs * 10;

const samples: readonly CounterSample[] = Array.from({ length: 11 }, (_, index) => ({
  atMs: index * 100,
  stable: index * 8,
  canary: Math.min(index, 6) * 2,
  byHash: new Map([['bad', Math.min(index, 6) * 2]]),
}));

const result: ScenarioResult = {
  type: 'result',
  scenario: 'bad-release',
  outcome: 'RolledBack',
  abortToStableMs: 96,
  exposedRequests: 12,
  revertCommit: 'abcdef0123',
  headTreeEqualsGood: true,
  wallMs: 1000,
  sinceStartMs: 900,
  canarySharesPct: [20],
};

const ending: Ending = {
  scenario: scenarios[1] ?? scenarios[0]!,
  result,
  samples,
  heads: [{ atMs: 900, commit: 'abcdef0123' }],
  hash: 'bad',
  endMs: 1_000,
  timeOf,
};

describe('what a scenario leaves for the timeline', () => {
  it('is traffic per simulated second by role', () => {
    const [first, , , last] = trafficSamples(samples, timeOf);
    expect(first).toEqual({ at: 3_000, stablePerSecond: 8, canaryPerSecond: 2 });
    expect(last).toEqual({ at: 9_000, stablePerSecond: 8, canaryPerSecond: 0 });
  });

  it('is when the last request reached the bad version, and when the revert was pushed', () => {
    expect(endPins(ending)).toEqual([
      { at: 7_000, kind: 'traffic-back', text: 'last request to the canary' },
      { at: 10_000, kind: 'revert', text: 'revert abcdef0 pushed by Tidegate' },
    ]);
    expect(endPins({ ...ending, result: { ...result, revertCommit: null } })).toEqual([
      { at: 11_000, kind: 'promoted', text: 'web 1.2.0 is stable' },
    ]);
  });

  it('is the verdict in a sentence', () => {
    expect(verdictOf(ending, undefined).sentence).toBe(
      'traffic was back 96 ms of real time after the verdict, 12 requests exposed, Git reverted by abcdef0.',
    );
    const wrong = { ...result, outcome: 'Unexpected' as const, problems: ['One.', 'Two.'] };
    expect(verdictOf({ ...ending, result: wrong }, undefined)).toEqual({
      word: 'Unexpected',
      isGood: false,
      sentence: 'One. Two.',
    });
  });
});
