/** The parts of a parsed query with a grammar of their own: matchers of a selector, and operators with their modifiers. */

import type { SyntaxNode } from '@lezer/common';
import type { Matcher } from '../series-store.ts';
import { metricName } from '../labels.ts';
import { stringLiteral } from './literals.ts';
import { badQuery, notServed } from './problem.ts';
import { wholeTextPattern } from './regex.ts';
import { childrenOf, groupingLabels, textOf } from './tree.ts';
import {
  arithmetic,
  type Binary,
  type BinaryOperator,
  comparisons,
  isComparison,
  type Matching,
  setOperators,
} from './syntax.ts';

export function parseMatchers(selector: SyntaxNode, query: string): readonly Matcher[] {
  const [identifier] = selector.getChildren('Identifier');
  const list = selector.getChild('LabelMatchers');
  const own = list === null ? [] : childrenOf(list).map((one) => labelMatcher(one, query));
  const name = textOf(identifier, query);
  if (name !== '' && own.some((one) => one.name === metricName))
    throw badQuery(`metric name must not be set twice: "${name}" and a matcher of ${metricName}`);
  const all = name === '' ? own : [...own, matcher(metricName, '=', name)];
  if (all.every((one) => one.matches('')))
    throw badQuery('vector selector must contain at least one non-empty matcher');
  return all;
}

function labelMatcher(node: SyntaxNode, query: string): Matcher {
  if (node.name !== 'UnquotedLabelMatcher') throw notServed(`the quoted name ${textOf(node, query)}`);
  const [name, op, value] = childrenOf(node).map((one) => textOf(one, query));
  switch (op) {
    case '=':
    case '!=':
    case '=~':
    case '!~':
      return matcher(name ?? '', op, stringLiteral(value ?? ''));
    default:
      throw badQuery(`unexpected "${op ?? ''}" in label matching`);
  }
}

function matcher(name: string, op: Matcher['op'], value: string): Matcher {
  if (op === '=') return { name, op, value, matches: (given) => given === value };
  if (op === '!=') return { name, op, value, matches: (given) => given !== value };
  const pattern = wholeTextPattern(value);
  const wanted = op === '=~';
  return { name, op, value, matches: (given) => pattern.test(given) === wanted };
}

const operators: readonly BinaryOperator[] = [...arithmetic, ...comparisons, ...setOperators];

export type Operator = Pick<Binary, 'op' | 'bool' | 'matching'>;

/** `children` are those of a binary expression: operand, operator, modifiers, operand. */
export function operatorOf(children: readonly SyntaxNode[], query: string): Operator {
  const text = textOf(children[1], query).toLowerCase();
  const op = operators.find((one) => one === text);
  if (op === undefined) throw notServed(`the operator ${text}`);
  const bool = children.some((one) => one.name === 'BoolModifier');
  if (bool && !isComparison(op)) throw badQuery('bool modifier can only be used on comparison operators');
  return { op, bool, matching: matchingOf(children, query) };
}

function matchingOf(children: readonly SyntaxNode[], query: string): Matching {
  const clause = children.find((one) => one.name === 'MatchingModifierClause');
  if (clause === undefined) return { on: false, labels: [], group: 'none', include: [] };
  const parts = childrenOf(clause);
  const lists = parts.filter((one) => one.name === 'GroupingLabels').map((one) => groupingLabels(one, query));
  const group = parts.find((one) => one.name === 'GroupLeft' || one.name === 'GroupRight');
  const on = parts[0]?.name === 'On';
  const labels = lists[0] ?? [];
  const include = lists[1] ?? [];
  const twice = on ? include.find((one) => labels.includes(one)) : undefined;
  if (twice !== undefined) throw badQuery(`label "${twice}" must not occur in ON and GROUP clause at once`);
  if (group === undefined) return { on, labels, group: 'none', include };
  return { on, labels, group: group.name === 'GroupLeft' ? 'left' : 'right', include };
}
