/** From the text of a query to its shape: walks the tree of lezer-promql, refuses what is not in the grammar by name. */

import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { operatorOf, parseMatchers } from './parse-parts.ts';
import { byPrecedence, type Part } from './precedence.ts';
import { durationLiteral, numberLiteral, stringLiteral } from './literals.ts';
import { badQuery, notServed } from './problem.ts';
import { childrenOf, groupingLabels, required, textOf } from './tree.ts';
import { isFunctionName } from './signatures.ts';
import { type Aggregation, aggregations, type Expression } from './syntax.ts';
import { checkTypes } from './types.ts';

/** Real Prometheus' default evaluation interval, the step of a subquery that names none. */
const defaultStepMs = 60_000;

/** @throws QueryProblem */
export function parseQuery(query: string): Expression {
  if (query.trim() === '') throw badQuery('no expression found in input');
  const { topNode } = parser.parse(query);
  refuseErrors(topNode, query);
  const child = childrenOf(topNode)[0];
  if (child === undefined) throw badQuery('no expression found in input');
  const expression = expressionOf(child, query);
  checkTypes(expression);
  return expression;
}

function refuseErrors(top: SyntaxNode, query: string): void {
  top.cursor().iterate((node) => {
    if (!node.type.isError) return;
    const before = query.slice(0, node.from).split('\n');
    const found = query.slice(node.from).trim().slice(0, 20);
    const called = found.startsWith('(') ? /[a-zA-Z_]\w*\s*$/.exec(query.slice(0, node.from))?.[0] : undefined;
    if (called !== undefined) throw badQuery(`unknown function with name "${called.trim()}"`);
    const what = found === '' ? 'unexpected end of input' : `unexpected "${found}"`;
    throw badQuery(`${before.length}:${(before.at(-1) ?? '').length + 1}: ${what}`);
  });
}

function expressionOf(node: SyntaxNode, query: string): Expression {
  return byPrecedence(flatten(node, query));
}

/** The parts of an expression in the order in which they are written. */
function flatten(node: SyntaxNode, query: string): readonly Part[] {
  const children = childrenOf(node);
  const first = (): SyntaxNode => required(children[0]);
  switch (node.name) {
    case 'BinaryExpr':
      return [
        ...flatten(first(), query),
        { kind: 'operator', ...operatorOf(children, query) },
        ...flatten(required(children.at(-1)), query),
      ];
    case 'UnaryExpr':
      return [{ kind: 'sign', negative: textOf(first(), query) === '-' }, ...flatten(required(children[1]), query)];
    case 'OffsetExpr':
      return [...flatten(first(), query), { kind: 'offset', offsetMs: offsetOf(required(children.at(-1)), query) }];
    case 'MatrixSelector':
      return [...flatten(first(), query), { kind: 'range', rangeMs: plainDuration(required(children[1]), query) }];
    case 'SubqueryExpr':
      return [...flatten(first(), query), subqueryRange(children, query)];
    case 'NumberDurationLiteral':
      return signedNumber(textOf(node, query));
    default:
      return [{ kind: 'operand', expression: operand(node, query) }];
  }
}

function operand(node: SyntaxNode, query: string): Expression {
  switch (node.name) {
    case 'StringLiteral':
      return { kind: 'string', value: stringLiteral(textOf(node, query)) };
    case 'ParenExpr':
      return expressionOf(required(childrenOf(node)[0]), query);
    case 'VectorSelector':
      return { kind: 'selector', matchers: parseMatchers(node, query), offsetMs: 0 };
    case 'StepInvariantExpr':
      throw notServed('the @ modifier');
    case 'FunctionCall':
      return call(node, query);
    case 'AggregateExpr':
      return aggregate(node, query);
    default:
      throw notServed(`"${textOf(node, query)}" (${node.name})`);
  }
}

/** The tree has -2 as one number, but the sign binds weaker than a power: -2 ^ 2 is -4. */
function signedNumber(text: string): readonly Part[] {
  const digits = text.replace(/^[-+]/, '');
  const number: Part = { kind: 'operand', expression: { kind: 'number', value: numberLiteral(digits) } };
  return digits === text ? [number] : [{ kind: 'sign', negative: text.startsWith('-') }, number];
}

function subqueryRange(children: readonly SyntaxNode[], query: string): Part {
  const [, range, step] = children;
  return {
    kind: 'subquery',
    rangeMs: plainDuration(required(range), query),
    stepMs: step === undefined ? defaultStepMs : plainDuration(step, query),
  };
}

function offsetOf(node: SyntaxNode, query: string): number {
  const text = textOf(node, query).replace(/\s/g, '');
  return (text.startsWith('-') ? -1 : 1) * durationLiteral(text.replace(/^[-+]/, ''));
}

/** Newer servers also compute with durations; 2.42 takes literals only, and so does the sandbox. */
function plainDuration(node: SyntaxNode, query: string): number {
  const text = textOf(node, query);
  if (/^[\d.]+$/.test(text)) throw notServed(`a number as a duration ("${text}")`);
  if (!/^\w+$/.test(text)) throw notServed(`arithmetic with durations ("${text}")`);
  return durationLiteral(text);
}

function call(node: SyntaxNode, query: string): Expression {
  const [identifier, body] = childrenOf(node);
  const name = textOf(identifier, query);
  if (!isFunctionName(name)) throw notServed(`the function ${name}()`);
  const args = body === undefined ? [] : childrenOf(body).map((one) => expressionOf(one, query));
  return { kind: 'call', name, args };
}

function aggregate(node: SyntaxNode, query: string): Expression {
  const children = childrenOf(node);
  const name = textOf(children[0], query).toLowerCase();
  const op = aggregations.find((one) => one === name);
  if (op === undefined) throw notServed(`the aggregation ${name}()`);
  const modifier = children.find((one) => one.name === 'AggregateModifier');
  const body = required(children.find((one) => one.name === 'FunctionCallBody'));
  const args = childrenOf(body).map((one) => expressionOf(one, query));
  const wanted = takesParameter(op) ? 2 : 1;
  const inner = args.at(-1);
  if (args.length !== wanted || inner === undefined)
    throw badQuery(
      `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
    );
  return {
    kind: 'aggregate',
    op,
    inner,
    parameter: wanted === 2 ? args[0] : undefined,
    labels: modifier === undefined ? [] : labelList(modifier, query),
    without: modifier !== undefined && childrenOf(modifier)[0]?.name === 'Without',
  };
}

function takesParameter(op: Aggregation): boolean {
  return op === 'topk' || op === 'bottomk' || op === 'quantile';
}

function labelList(modifier: SyntaxNode, query: string): readonly string[] {
  const grouping = childrenOf(modifier).find((one) => one.name === 'GroupingLabels');
  return grouping === undefined ? [] : groupingLabels(grouping, query);
}
