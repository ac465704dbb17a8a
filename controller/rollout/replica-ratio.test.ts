import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveWithin, splitFor } from './replica-ratio.ts';

describe('splitFor', () => {
  it.each([
    ['20 % of 5', 5, 20, 0, { canary: 1, stable: 4 }],
    ['20 % of 5 with surge stays at 5', 5, 20, 1, { canary: 1, stable: 4 }],
    ['10 % of 4 keeps one canary pod and adds one pod', 4, 10, 1, { canary: 1, stable: 4 }],
    ['one pod without surge has no canary', 1, 50, 0, { canary: 0, stable: 1 }],
    ['one pod with surge has one of each', 1, 50, 1, { canary: 1, stable: 1 }],
    ['half of 3 is 2 of 3: the larger canary wins a tie', 3, 50, 0, { canary: 2, stable: 1 }],
    ['90 % of 2 leaves one stable pod', 2, 90, 0, { canary: 1, stable: 1 }],
    ['0 %', 3, 0, 1, { canary: 0, stable: 3 }],
    ['100 %', 3, 100, 1, { canary: 3, stable: 0 }],
    ['no pods', 0, 50, 1, { canary: 0, stable: 0 }],
  ] as const)('%s', (_name, replicas, weight, surge, expected) => {
    expect(splitFor(replicas, weight, 100, surge)).toEqual(expected);
  });
});

describe('moveWithin', () => {
  const side = (replicas: number, available = replicas) => ({ replicas, available });
  const none = side(0);

  it('starts the canary with the surge pod and then makes room', () => {
    const first = moveWithin({
      replicas: 4,
      limits: { maxSurge: 1, maxUnavailable: 0 },
      wanted: { canary: 2, stable: 2 },
      stable: side(4),
      canary: none,
      others: [],
    });
    const second = moveWithin({
      replicas: 4,
      limits: { maxSurge: 1, maxUnavailable: 0 },
      wanted: { canary: 2, stable: 2 },
      stable: side(4),
      canary: side(1),
      others: [],
    });

    expect(first).toEqual({ canary: 1, stable: 4, others: [] });
    expect(second).toEqual({ canary: 1, stable: 3, others: [] });
  });

  it('removes broken stable pods although too few are available', () => {
    const move = moveWithin({
      replicas: 4,
      limits: { maxSurge: 1, maxUnavailable: 0 },
      wanted: { canary: 4, stable: 0 },
      stable: side(3, 0),
      canary: side(2, 2),
      others: [],
    });

    expect(move.stable).toBe(0);
  });

  it('shrinks nothing else while an old revision still has available pods that are needed', () => {
    const move = moveWithin({
      replicas: 2,
      limits: { maxSurge: 1, maxUnavailable: 0 },
      wanted: { canary: 0, stable: 2 },
      stable: side(1, 0),
      canary: side(1, 1),
      others: [side(1, 1)],
    });

    expect(move).toEqual({ stable: 1, canary: 1, others: [1] });
  });

  it('keeps both limits at every step and arrives, when pods become available', () => {
    const cases = fc.record({
      replicas: fc.integer({ min: 1, max: 12 }),
      weight: fc.integer({ min: 0, max: 100 }),
      surge: fc.integer({ min: 0, max: 4 }),
      unavailable: fc.integer({ min: 0, max: 4 }),
      canary: fc.integer({ min: 0, max: 12 }),
      other: fc.integer({ min: 0, max: 6 }),
    });
    fc.assert(
      fc.property(cases, (given) => {
        const isStuck = given.surge === 0 && given.unavailable === 0;
        const limits = {
          maxSurge: given.surge,
          maxUnavailable: isStuck ? 1 : Math.min(given.unavailable, given.replicas),
        };
        const wanted = splitFor(given.replicas, given.weight, 100, limits.maxSurge);
        let state = { stable: given.replicas, canary: 0, others: [0] };
        const room = limits.maxSurge;
        state.others = [Math.min(given.other, room)];
        state.canary = Math.min(given.canary, room - state.others[0]!);
        for (let round = 0; round < 60; round += 1) {
          const next = moveWithin({
            replicas: given.replicas,
            limits,
            wanted,
            stable: side(state.stable),
            canary: side(state.canary),
            others: state.others.map((one) => side(one)),
          });
          const total = next.stable + next.canary + next.others[0]!;
          expect(total).toBeLessThanOrEqual(given.replicas + Math.max(limits.maxSurge, 0));
          const kept =
            Math.min(next.stable, state.stable) +
            Math.min(next.canary, state.canary) +
            Math.min(next.others[0]!, state.others[0]!);
          expect(kept).toBeGreaterThanOrEqual(given.replicas - limits.maxUnavailable);
          state = { stable: next.stable, canary: next.canary, others: [...next.others] };
        }
        expect({ canary: state.canary, stable: state.stable }).toEqual(wanted);
      }),
    );
  });
});
