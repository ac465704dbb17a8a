import { describe, expect, it } from 'vitest';
import { moveWithin, type RatioInput, splitFor } from './replica-ratio.ts';

/** The sentences of argo-rollouts.md 2.7, one by one, by trying everything; total weight 100. */
function oracle(n: number, w: number, s: number): { canary: number; stable: number } {
  if (w === 0 || n === 0) return { canary: 0, stable: n };
  if (w === 100) return { canary: n, stable: 0 };
  const options: { canary: number; total: number }[] = [];
  for (const total of s > 0 ? [n, n + 1] : [n]) {
    const [ceil, floor] = [Math.ceil((total * w) / 100), Math.floor((total * w) / 100)];
    // Whole numbers: a tie of fractions would be lost to rounding.
    const far = (canary: number) => Math.abs(canary * 100 - w * total);
    if (!(total === n && ceil === n)) options.push({ canary: ceil, total });
    const isZero = floor === 0 && !(n === 1 && s === 0);
    if (!isZero && far(floor) !== far(ceil)) options.push({ canary: floor, total });
  }
  let best = options[0];
  for (const one of options)
    if (
      best === undefined ||
      Math.abs(one.canary * 100 - w * one.total) * best.total < Math.abs(best.canary * 100 - w * best.total) * one.total
    )
      best = one;
  return best === undefined ? { canary: n - 1, stable: 1 } : { canary: best.canary, stable: best.total - best.canary };
}

describe('sizes by numbers of pods, against all that could be chosen', () => {
  it('every split of up to 20 pods is the one of the text [Rollout.spec.strategy.canary.maxSurge, Rollout.spec.strategy.canary.steps[].setWeight]', () => {
    for (let n = 0; n <= 20; n += 1)
      for (let w = 0; w <= 100; w += 1)
        for (const s of [0, 1, 3]) expect([n, w, s, splitFor(n, w, 100, s)]).toEqual([n, w, s, oracle(n, w, s)]);
  });

  it('every move stays inside both limits, and old revisions go first [Rollout.spec.strategy.canary.maxSurge, Rollout.spec.strategy.canary.maxUnavailable]', () => {
    const replicas = 4;
    const sides = [0, 1, 2, 4, 5].flatMap((size) => [0, size].map((available) => ({ replicas: size, available })));
    const limits = [0, 1, 2].flatMap((maxSurge) => [0, 1, 2].map((maxUnavailable) => ({ maxSurge, maxUnavailable })));
    const splits = [0, 1, 2, 4].map((canary) => ({ canary, stable: replicas - canary }));
    const pairs = sides.flatMap((stable) => sides.map((canary) => ({ stable, canary })));
    const rests = [[], [{ replicas: 2, available: 2 }]];
    const inputs = limits.flatMap((limit) =>
      splits.flatMap((wanted) => rests.map((others) => ({ replicas, limits: limit, wanted, others }))),
    );
    for (const input of inputs) for (const pair of pairs) checkMove({ ...input, ...pair });
  });
});

function checkMove(input: RatioInput): void {
  const { replicas, limits, stable, canary, others } = input;
  const move = moveWithin(input);
  const total = (sizes: readonly number[]) => sizes.reduce((sum, one) => sum + one, 0);
  const before = total([stable.replicas, canary.replicas, ...others.map((one) => one.replicas)]);
  const after = total([move.stable, move.canary, ...move.others]);
  const grown = Math.max(0, move.stable - stable.replicas) + Math.max(0, move.canary - canary.replicas);
  if (grown > 0 && before + grown > replicas + limits.maxSurge)
    throw new Error(`surge: ${JSON.stringify({ input, move })}`);
  const lost = (side: { replicas: number; available: number }, to: number) => Math.max(0, side.available - to);
  const left =
    total([stable.available, canary.available, ...others.map((one) => one.available)]) -
    total([
      lost(stable, move.stable),
      lost(canary, move.canary),
      ...others.map((one, at) => lost(one, move.others[at] ?? 0)),
    ]);
  const isLost = total([stable.available, canary.available, ...others.map((one) => one.available)]) !== left;
  if (isLost && left < replicas - limits.maxUnavailable)
    throw new Error(`unavailable: ${JSON.stringify({ input, move })}`);
  const othersLeft = move.others.some((one) => one > 0);
  if (othersLeft && (move.stable < stable.replicas || move.canary < canary.replicas))
    throw new Error(`others first: ${JSON.stringify({ input, move })}`);
  if (after < 0) throw new Error('negative');
}
