/** Values that are a count or a percentage, such as maxSurge. */

/** A whole number, or a text such as `25%`. */
export type IntOrString = number | string;

/**
 * Resolves a count or percentage against `total` pods. A text without `%` is read as a percentage too, as Argo Rollouts does.
 * Undefined when it is neither, or negative.
 */
export function resolveIntOrPercent(value: IntOrString, total: number, round: 'up' | 'down'): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) && value >= 0 ? value : undefined;
  const match = /^(\d+)%?$/.exec(value);
  if (!match) return undefined;
  const share = (Number(match[1]) * total) / 100;
  return round === 'up' ? Math.ceil(share) : Math.floor(share);
}

/** The whole number in `value`, also when it is written as text; undefined otherwise. */
export function parseInt32(value: IntOrString): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? value : undefined;
  return /^-?\d+$/.test(value) ? Number(value) : undefined;
}
