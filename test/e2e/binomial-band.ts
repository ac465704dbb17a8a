/** The band in which a fair split falls with a given confidence, by the exact binomial distribution. */

export interface Band {
  readonly low: number;
  readonly high: number;
}

/** Two-sided band of successes among `n` with probability `p`; each tail holds at most (1 - confidence) / 2. */
export function binomialBand(n: number, p: number, confidence = 0.99999): Band {
  if (p <= 0) return { low: 0, high: 0 };
  if (p >= 1) return { low: n, high: n };
  const tail = (1 - confidence) / 2;
  const probabilities = Array.from({ length: n + 1 }, (_, k) => Math.exp(logProbability(n, k, p)));
  return { low: firstBeyond(probabilities, tail), high: n - firstBeyond(probabilities.toReversed(), tail) };
}

function firstBeyond(probabilities: readonly number[], tail: number): number {
  let sum = 0;
  for (const [k, probability] of probabilities.entries()) {
    sum += probability;
    if (sum > tail) return k;
  }
  return probabilities.length - 1;
}

function logProbability(n: number, k: number, p: number): number {
  return logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p);
}

const logFactorials: number[] = [0];

function logChoose(n: number, k: number): number {
  for (let i = logFactorials.length; i <= n; i += 1) logFactorials.push(logFactorials[i - 1]! + Math.log(i));
  return logFactorials[n]! - logFactorials[k]! - logFactorials[n - k]!;
}
