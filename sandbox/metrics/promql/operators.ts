/** Operators on two numbers, and on a vector and a number. */

import { withoutName } from '../labels.ts';
import { power } from './arithmetic.ts';
import { type BinaryOperator, isComparison } from './syntax.ts';
import type { Sample } from './value.ts';

/** For comparisons: does the pair stay. */
export function compares(op: BinaryOperator, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '>':
      return left > right;
    case '<':
      return left < right;
    case '>=':
      return left >= right;
    case '<=':
      return left <= right;
    default:
      return true;
  }
}

/** Comparisons give 1 or 0. */
export function computed(op: BinaryOperator, left: number, right: number): number {
  switch (op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return power(left, right);
    default:
      return compares(op, left, right) ? 1 : 0;
  }
}

export interface ScalarOperation {
  readonly op: BinaryOperator;
  readonly bool: boolean;
  readonly scalar: number;
  readonly scalarIsLeft: boolean;
}

/** Comparisons without `bool` drop samples and keep the rest as they are. */
export function withScalar(
  samples: readonly Sample[],
  { op, bool, scalar, scalarIsLeft }: ScalarOperation,
  now: number,
): readonly Sample[] {
  const filter = isComparison(op) && !bool;
  return samples.flatMap(({ labels, v }) => {
    const [left, right] = scalarIsLeft ? [scalar, v] : [v, scalar];
    if (filter) return compares(op, left, right) ? [{ labels, v, t: now }] : [];
    return [{ labels: withoutName(labels), v: computed(op, left, right), t: now }];
  });
}
