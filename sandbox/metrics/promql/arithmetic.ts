/**
 * Sums and means as Prometheus computes them, to the last bit: results are compared digit by digit with the real server's,
 * so the order of operations and the compensation of rounding errors matter.
 */

/** A sum that carries what rounding took from it (Neumaier). */
export interface ExactSum {
  readonly sum: number;
  readonly rest: number;
}

export const noSum: ExactSum = { sum: 0, rest: 0 };

export function plus({ sum, rest }: ExactSum, value: number): ExactSum {
  const next = sum + value;
  const lost = Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
  return { sum: next, rest: rest + lost };
}

/** Without the rest where it would turn an infinite sum into NaN. */
export function total({ sum, rest }: ExactSum): number {
  return isInfinite(sum) ? sum : sum + rest;
}

export function isInfinite(value: number): boolean {
  return value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY;
}

/** Whether an infinite mean stays as it is with one more value: anything finite, and the same infinity again. */
export function staysInfinite(mean: number, value: number): boolean {
  if (!isInfinite(mean)) return false;
  return isInfinite(value) ? mean > 0 === value > 0 : !Number.isNaN(value);
}

/** Least squares over (seconds from `from`, value). */
export function regression(
  points: readonly { readonly t: number; readonly v: number }[],
  from: number,
): { readonly slope: number; readonly intercept: number } {
  const first = points[0]?.v ?? Number.NaN;
  if (points.every((one) => one.v === first)) {
    return isInfinite(first) ? { slope: Number.NaN, intercept: Number.NaN } : { slope: 0, intercept: first };
  }
  let [x, y, xy, xx] = [noSum, noSum, noSum, noSum];
  for (const { t, v } of points) {
    const seconds = (t - from) / 1e3;
    x = plus(x, seconds);
    y = plus(y, v);
    xy = plus(xy, seconds * v);
    xx = plus(xx, seconds * seconds);
  }
  const n = points.length;
  const [sumX, sumY, sumXY, sumXX] = [x, y, xy, xx].map(({ sum, rest }) => sum + rest) as [
    number,
    number,
    number,
    number,
  ];
  const covariance = sumXY - (sumX * sumY) / n;
  const variance = sumXX - (sumX * sumX) / n;
  const slope = covariance / variance;
  return { slope, intercept: sumY / n - (slope * sumX) / n };
}

/** Between the two values next to the rank, by weight; NaN counts as the smallest. */
export function quantile(q: number, values: readonly number[]): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return Number.NEGATIVE_INFINITY;
  if (q > 1) return Number.POSITIVE_INFINITY;
  const sorted = values.toSorted(nanFirst);
  const rank = q * (sorted.length - 1);
  const lower = Math.max(0, Math.floor(rank));
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - Math.floor(rank);
  return sorted[lower]! * (1 - weight) + sorted[upper]! * weight;
}

export function nanFirst(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a));
  return a - b;
}

/** Powers with IEEE's exceptions, which JavaScript does not follow, and whole exponents by squaring as Go does. */
export function power(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  if (base === -1 && isInfinite(exponent)) return 1;
  if (!Number.isInteger(exponent) || Math.abs(exponent) > 1024 || !Number.isFinite(base) || base === 0)
    return base ** exponent;
  let result = 1;
  let square = base;
  for (let rest = Math.abs(exponent); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return exponent < 0 ? 1 / result : result;
}
