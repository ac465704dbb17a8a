import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextWeight, type WeightQuestion, weightPlan, writtenWeight } from './traffic-plan.ts';

function question(
  given: Partial<WeightQuestion> & { written?: number; confirmed?: 'yes' | 'no' | 'unknown' },
): WeightQuestion {
  return {
    state: { written: weightPlan('s', 'c', given.written ?? 0, 100), confirmed: given.confirmed ?? 'yes' },
    canConfirm: true,
    differs: false,
    wanted: 0,
    total: 100,
    replicas: 5,
    canaryNeeds: 0,
    canaryReady: 0,
    stableReady: 5,
    ...given,
  };
}

describe('nextWeight', () => {
  it.each([
    ['raises onto ready endpoints', { wanted: 20, canaryNeeds: 1, canaryReady: 1 }, { kind: 'write', canary: 20 }],
    [
      'never raises without them',
      { wanted: 40, canaryNeeds: 2, canaryReady: 1 },
      { kind: 'canary-not-ready', ready: 1, needed: 2 },
    ],
    ['goes back at once when stable is whole', { written: 60, canaryReady: 3 }, { kind: 'write', canary: 0 }],
    [
      'goes back as far as stable is ready',
      { written: 80, canaryReady: 4, stableReady: 2 },
      { kind: 'write', canary: 60 },
    ],
    [
      'waits when stable cannot take more',
      { written: 60, canaryReady: 3, stableReady: 2 },
      { kind: 'stable-not-ready', ready: 2, needed: 5 },
    ],
    [
      'goes back at once when the canary has no endpoint and stable has one',
      { written: 60, canaryReady: 0, stableReady: 1 },
      { kind: 'write', canary: 0 },
    ],
    [
      'holds when nobody is ready',
      { written: 60, canaryReady: 0, stableReady: 0 },
      { kind: 'nobody-ready', ready: 0, needed: 1 },
    ],
    [
      'goes back at once when there shall be no pods at all',
      { written: 60, canaryReady: 0, stableReady: 0, replicas: 0 },
      { kind: 'write', canary: 0 },
    ],
    ['is settled once confirmed', { written: 20, wanted: 20 }, { kind: 'settled' }],
    [
      'is not settled before',
      { written: 20, wanted: 20, confirmed: 'no' as const },
      { kind: 'unconfirmed', why: 'the router has not confirmed the weights yet' },
    ],
    [
      'unknown is not settled where the router can be asked',
      { written: 20, wanted: 20, confirmed: 'unknown' as const },
      { kind: 'unconfirmed', why: 'the router has not confirmed the weights yet' },
    ],
    [
      'unknown will do where it cannot',
      { written: 20, wanted: 20, confirmed: 'unknown' as const, canConfirm: false },
      { kind: 'settled' },
    ],
  ])('%s', (_name, given, expected) => {
    expect(nextWeight(question(given))).toEqual(expected);
  });

  it.each([
    [
      'raises the rest of a half written weight',
      { wanted: 20, canaryNeeds: 1, canaryReady: 1 },
      { kind: 'write', canary: 20 },
    ],
    [
      'but only onto ready endpoints',
      { wanted: 20, canaryNeeds: 1, canaryReady: 0 },
      { kind: 'canary-not-ready', ready: 0, needed: 1 },
    ],
    ['lowers the rest', { wanted: 0, canaryReady: 1 }, { kind: 'write', canary: 0 }],
    [
      'lowers in part without raising what is lower already',
      { wanted: 0, canaryReady: 1, stableReady: 4, replicas: 30 },
      { kind: 'stable-not-ready', ready: 4, needed: 30 },
    ],
    [
      'and leaves that alone',
      { wanted: 0, canaryReady: 1, stableReady: 9, replicas: 10 },
      { kind: 'write', canary: 10, scope: 'lower' },
    ],
  ])('where rules hold 20 and 0 it %s', (_name, given, expected) => {
    const state = {
      written: weightPlan('s', 'c', 20, 100),
      lowest: weightPlan('s', 'c', 0, 100),
      confirmed: 'no' as const,
    };

    expect(nextWeight({ ...question(given), differs: true, state })).toEqual(expected);
  });

  it.each([
    ['its own words', { why: 'Ingress web does not exist' }, 'Ingress web does not exist'],
    ['words of ours', {}, 'the router shows no weights'],
  ])('tells a router without weights by %s', (_name, more, why) => {
    const state = { written: undefined, confirmed: 'no' as const, ...more };

    expect(nextWeight({ ...question({}), state })).toEqual({ kind: 'unreadable', why });
  });

  it('rewrites a plan of another total', () => {
    const state = { written: weightPlan('s', 'c', 0, 1), confirmed: 'yes' as const };

    expect(nextWeight({ ...question({ differs: true }), state })).toEqual({ kind: 'write', canary: 0 });
  });

  it('never writes outside 0..total, never past what is wanted', () => {
    const percent = fc.integer({ min: 0, max: 100 });
    const pods = fc.integer({ min: 0, max: 20 });
    fc.assert(
      fc.property(percent, percent, pods, pods, pods, pods, (written, wanted, replicas, needs, canary, stable) => {
        const asked = question({
          written,
          wanted,
          replicas,
          canaryNeeds: needs,
          canaryReady: canary,
          stableReady: stable,
        });
        const move = nextWeight(asked);
        if (move.kind !== 'write') return;
        expect(move.canary).toBeGreaterThanOrEqual(Math.min(written, wanted));
        expect(move.canary).toBeLessThanOrEqual(Math.max(written, wanted));
        const isCovered =
          move.canary > written ? canary >= needs : move.canary === written || replicas === 0 || stable > 0;
        expect(isCovered).toBe(true);
      }),
    );
  });
});

describe('writtenWeight', () => {
  it('rounds shares of another total up', () => {
    expect(writtenWeight({ written: weightPlan('s', 'c', 1, 3), confirmed: 'yes' }, 100)).toBe(34);
    expect(writtenWeight({ written: undefined, confirmed: 'no' }, 100)).toBeUndefined();
  });

  it('is 0 where all weights are 0, and where nothing leads to the canary', () => {
    const written = { total: 100, destinations: [{ service: 's', role: 'stable' as const, weight: 100 }] };

    expect(writtenWeight({ written: weightPlan('s', 'c', 0, 0), confirmed: 'yes' }, 100)).toBe(0);
    expect(writtenWeight({ written, confirmed: 'yes' }, 100)).toBe(0);
  });
});
