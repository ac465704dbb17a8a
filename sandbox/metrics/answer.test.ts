/** Numbers as Prometheus writes them. */

import { expect, test } from 'vitest';
import { sampleText, scalarText } from './answer.ts';

const rows: readonly (readonly [value: number, sample: string, scalar: string])[] = [
  [1, '1', '1'],
  [0.1, '0.1', '0.1'],
  [-0, '-0', '-0'],
  [1e-6, '0.000001', '0.000001'],
  [1.25e-7, '1.25e-07', '0.000000125'],
  [-1e-12, '-1e-12', '-0.000000000001'],
  [1e20, '100000000000000000000', '100000000000000000000'],
  [1.5e21, '1.5e+21', '1500000000000000000000'],
  [1e100, '1e+100', `1${'0'.repeat(100)}`],
  [Number.NaN, 'NaN', 'NaN'],
  [Number.POSITIVE_INFINITY, '+Inf', '+Inf'],
  [Number.NEGATIVE_INFINITY, '-Inf', '-Inf'],
];

test.each(rows)('%d', (value, sample, scalar) => {
  expect([sampleText(value), scalarText(value)]).toEqual([sample, scalar]);
});
