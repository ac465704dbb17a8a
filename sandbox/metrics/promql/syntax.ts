/** The shape of a parsed query. */

import type { Matcher } from '../series-store.ts';
import type { FunctionName } from './signatures.ts';

export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

export interface VectorSelector {
  readonly kind: 'selector';
  readonly matchers: readonly Matcher[];
  readonly offsetMs: number;
}

export interface MatrixSelector {
  readonly kind: 'matrix';
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

export interface Subquery {
  readonly kind: 'subquery';
  readonly inner: Expression;
  readonly rangeMs: number;
  readonly stepMs: number;
  readonly offsetMs: number;
}

export interface Call {
  readonly kind: 'call';
  readonly name: FunctionName;
  readonly args: readonly Expression[];
}

export const aggregations = [
  'sum',
  'avg',
  'min',
  'max',
  'count',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'quantile',
] as const;
export type Aggregation = (typeof aggregations)[number];

export interface Aggregate {
  readonly kind: 'aggregate';
  readonly op: Aggregation;
  readonly inner: Expression;
  readonly parameter: Expression | undefined;
  readonly labels: readonly string[];
  /** `without (labels)` instead of `by (labels)`. */
  readonly without: boolean;
}

export const arithmetic = ['+', '-', '*', '/', '%', '^'] as const;
export const comparisons = ['==', '!=', '>', '<', '>=', '<='] as const;
export const setOperators = ['and', 'or', 'unless'] as const;
export type BinaryOperator = (typeof arithmetic)[number] | (typeof comparisons)[number] | (typeof setOperators)[number];

export interface Matching {
  /** `on (labels)` instead of `ignoring (labels)`; nothing given is `ignoring ()`. */
  readonly on: boolean;
  readonly labels: readonly string[];
  /** Which side may have several partners. */
  readonly group: 'none' | 'left' | 'right';
  readonly include: readonly string[];
}

export interface Binary {
  readonly kind: 'binary';
  readonly op: BinaryOperator;
  readonly bool: boolean;
  readonly matching: Matching;
  readonly left: Expression;
  readonly right: Expression;
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'negate'; readonly inner: Expression }
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregate
  | Binary;

export function isComparison(op: BinaryOperator): boolean {
  return (comparisons as readonly string[]).includes(op);
}

export function isSetOperator(op: BinaryOperator): boolean {
  return (setOperators as readonly string[]).includes(op);
}
