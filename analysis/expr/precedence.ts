/** How tightly each operator binds, as expr-lang 1.17 has it. */
import type { BinaryOperator } from './syntax.ts';

/** Higher binds tighter. `**` and `^` group to the right, all others to the left. */
export const precedences: ReadonlyMap<string, number> = new Map([
  ['|', 0],
  ['or', 10],
  ['||', 10],
  ['and', 15],
  ['&&', 15],
  ['==', 20],
  ['!=', 20],
  ['<', 20],
  ['>', 20],
  ['<=', 20],
  ['>=', 20],
  ['in', 20],
  ['matches', 20],
  ['contains', 20],
  ['startsWith', 20],
  ['endsWith', 20],
  ['..', 25],
  ['+', 30],
  ['-', 30],
  ['*', 60],
  ['/', 60],
  ['%', 60],
  ['**', 100],
  ['^', 100],
  ['??', 500],
]);

export const unaryPrecedences: ReadonlyMap<string, number> = new Map([
  ['not', 50],
  ['!', 50],
  ['-', 90],
  ['+', 90],
]);

export const comparisons: ReadonlySet<string> = new Set(['<', '>', '<=', '>=']);
export const negatable: ReadonlySet<string> = new Set(['in', 'matches', 'contains', 'startsWith', 'endsWith']);
export const synonyms: Readonly<Record<string, BinaryOperator>> = { '||': 'or', '&&': 'and', '^': '**' };
