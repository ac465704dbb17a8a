/**
 * Order of resourceVersions: decimal numbers without leading zeros of any length, compared without losing digits.
 */

const decimal = /^[1-9][0-9]*$/;

/** Negative when `a` is older, positive when newer, 0 when equal or not comparable. */
export function compareResourceVersions(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined || !decimal.test(a) || !decimal.test(b)) return 0;
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

export function isOlder(a: string | undefined, b: string | undefined): boolean {
  return compareResourceVersions(a, b) < 0;
}
