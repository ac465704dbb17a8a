/** Shares of weighted choices. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { weightedChoice } from './weighted-choice.ts';

function drawn(weights: readonly number[], times: number, random: number): readonly number[] {
  const choice = weightedChoice(weights, () => random);
  const counts = weights.map(() => 0);
  for (let at = 0; at < times; at += 1) {
    const next = choice.next();
    if (next !== undefined) counts[next] = (counts[next] ?? 0) + 1;
  }
  return counts;
}

test('each option gets exactly its weight in every cycle, wherever the cycle starts', () => {
  const weights = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 5 });

  fc.assert(
    fc.property(weights, fc.double({ min: 0, max: 0.999, noNaN: true }), (given, random) => {
      const total = given.reduce((sum, one) => sum + one, 0);
      expect(drawn(given, total, random)).toEqual(given);
    }),
  );
});

test('a small weight is spread evenly', () => {
  const choice = weightedChoice([95, 5], () => 0);

  const picks = Array.from({ length: 100 }, () => choice.next());

  const at = picks.flatMap((pick, index) => (pick === 1 ? [index] : []));
  expect(at.map((one, index) => one - (at[index - 1] ?? one - 20))).toEqual([20, 20, 20, 20, 20]);
});

test('there is no choice without weight', () => {
  expect(weightedChoice([0, 0], () => 0.5).next()).toBeUndefined();
  expect(weightedChoice([], () => 0.5).next()).toBeUndefined();
});
