/** From the text of a query to its shape: walks the tree of lezer-promql, refuses what is not in the grammar by name. */

import { parser } from '@prometheus-io/lezer-promql';
import type { SyntaxNode } from '@lezer/common';
import { parseBinary, parseMatchers } from './parse-parts.ts';
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
    const what = found === '' ? 'unexpected end of input' : `unexpected "${found}"`;
    throw badQuery(`${before.length}:${(before.at(-1) ?? '').length + 1}: ${what}`);
  });
}

function expressionOf(node: SyntaxNode, query: string): Expression {
  const first = childrenOf(node)[0];
  switch (node.name) {
    case 'NumberDurationLiteral':
      return { kind: 'number', value: numberLiteral(textOf(node, query)) };
    case 'StringLiteral':
      return { kind: 'string', value: stringLiteral(textOf(node, query)) };
    case 'ParenExpr':
      return expressionOf(required(first), query);
    case 'UnaryExpr':
      return unary(node, query);
    case 'VectorSelector':
      return { kind: 'selector', matchers: parseMatchers(node, query), offsetMs: 0 };
    case 'MatrixSelector':
      return matrix(node, query);
    case 'SubqueryExpr':
      return subquery(node, query);
    case 'OffsetExpr':
      return withOffset(node, query);
    case 'StepInvariantExpr':
      throw notServed('the @ modifier');
    case 'FunctionCall':
      return call(node, query);
    case 'AggregateExpr':
      return aggregate(node, query);
    case 'BinaryExpr':
      return parseBinary(node, query, (one) => expressionOf(one, query));
    default:
      throw notServed(`"${textOf(node, query)}" (${node.name})`);
  }
}

function unary(node: SyntaxNode, query: string): Expression {
  const [op, operand] = childrenOf(node);
  const inner = expressionOf(required(operand), query);
  if (textOf(op, query) === '+') return inner;
  return inner.kind === 'number' ? { kind: 'number', value: -inner.value } : { kind: 'negate', inner };
}

function matrix(node: SyntaxNode, query: string): Expression {
  const [of, range] = childrenOf(node);
  const selector = expressionOf(required(of), query);
  if (selector.kind !== 'selector') throw badQuery('ranges only allowed for vector selectors');
  if (required(of).name !== 'VectorSelector') throw badQuery('no offset modifiers allowed before range');
  return { kind: 'matrix', selector, rangeMs: plainDuration(required(range), query) };
}

function subquery(node: SyntaxNode, query: string): Expression {
  const [of, range, step] = childrenOf(node);
  return {
    kind: 'subquery',
    inner: expressionOf(required(of), query),
    rangeMs: plainDuration(required(range), query),
    stepMs: step === undefined ? defaultStepMs : plainDuration(step, query),
    offsetMs: 0,
  };
}

/** Newer servers also compute with durations; 2.42 takes literals only, and so does the sandbox. */
function plainDuration(node: SyntaxNode, query: string): number {
  const text = textOf(node, query);
  if (/^[\d.]+$/.test(text)) throw notServed(`a number as a duration ("${text}")`);
  if (!/^\w+$/.test(text)) throw notServed(`arithmetic with durations ("${text}")`);
  return durationLiteral(text);
}

function withOffset(node: SyntaxNode, query: string): Expression {
  const children = childrenOf(node);
  const inner = expressionOf(required(children[0]), query);
  const text = textOf(children.at(-1), query).replace(/\s/g, '');
  const sign = text.startsWith('-') ? -1 : 1;
  const offsetMs = sign * durationLiteral(text.replace(/^[-+]/, ''));
  switch (inner.kind) {
    case 'selector':
    case 'subquery':
      return { ...inner, offsetMs };
    case 'matrix':
      return { ...inner, selector: { ...inner.selector, offsetMs } };
    default:
      throw badQuery(
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
  }
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
