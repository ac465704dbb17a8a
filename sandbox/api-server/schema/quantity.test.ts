/** Quantities are written back in one form. */

import { describe, expect, it } from 'vitest';
import { canonicalQuantity, quantityNanos } from './quantity.ts';

describe('quantities', () => {
  it.each([
    ['0.5', '500m'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000m', '1'],
    ['1500', '1500'],
    ['2000k', '2M'],
    ['1e3', '1e3'],
    ['0', '0'],
    ['100Ki', '100Ki'],
    ['-1', '-1'],
  ])('%s is %s', (given, canonical) => {
    expect(canonicalQuantity(given)).toBe(canonical);
  });

  it.each(['', 'abc', '1X', '1..2', 'Ki'])('%s is none', (given) => {
    expect(canonicalQuantity(given)).toBeUndefined();
  });

  it('compare by what they amount to', () => {
    expect(quantityNanos('1Gi')).toBe(quantityNanos('1073741824'));
  });
});
