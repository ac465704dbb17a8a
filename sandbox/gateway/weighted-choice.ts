/**
 * Smooth weighted round robin: of any `sum of weights` choices in a row each option gets exactly its weight, spread evenly.
 * Chosen over drawing lots because a share of 1 % is then seen after 100 requests and not perhaps after 300, and because a
 * run with the same requests exposes the same number of them every time; only where in the cycle it starts is random.
 */

export interface WeightedChoice {
  /** The index of the next option; undefined when all weights are 0. */
  next(): number | undefined;
}

/** Steps of the cycle that the random start may skip at most: enough for percentages. */
const longestSkip = 1000;

/** `random` (0 to 1) is drawn once. */
export function weightedChoice(weights: readonly number[], random: () => number): WeightedChoice {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const credit = weights.map(() => 0);
  const next = (): number | undefined => {
    if (total === 0) return undefined;
    let best = -1;
    for (const [at, weight] of weights.entries()) {
      credit[at] = (credit[at] ?? 0) + weight;
      if (weight > 0 && (best < 0 || credit[at] > (credit[best] ?? 0))) best = at;
    }
    credit[best] = (credit[best] ?? 0) - total;
    return best;
  };
  const skip = Math.floor(random() * Math.min(total, longestSkip));
  for (let step = 0; step < skip; step += 1) next();
  return { next };
}
