/**
 * Which operands belong to which operator. The tree of lezer-promql does not say it reliably (it reads `a - b offset 1m` as
 * `(a - b) offset 1m`), so only the order of its leaves is used, and the rules of precedence are applied here.
 */

import { badQuery } from './problem.ts';
import type { Operator } from './parse-parts.ts';
import type { BinaryOperator, Expression } from './syntax.ts';

export type Part =
  | { readonly kind: 'operand'; readonly expression: Expression }
  | { readonly kind: 'sign'; readonly negative: boolean }
  | ({ readonly kind: 'operator' } & Operator)
  | { readonly kind: 'offset'; readonly offsetMs: number }
  | { readonly kind: 'range'; readonly rangeMs: number }
  | { readonly kind: 'subquery'; readonly rangeMs: number; readonly stepMs: number };

const power = 6;
const strength: Readonly<Record<BinaryOperator, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '<': 3,
  '>=': 3,
  '<=': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  '^': power,
};

interface Reader {
  readonly parts: readonly Part[];
  at: number;
}

export function byPrecedence(parts: readonly Part[]): Expression {
  return operation({ parts, at: 0 }, 0);
}

/** Everything that binds at least so strongly. Powers are read from the right, all others from the left. */
function operation(reader: Reader, least: number): Expression {
  let left = signed(reader);
  for (;;) {
    const part = reader.parts[reader.at];
    if (part?.kind !== 'operator' || strength[part.op] < least) return left;
    reader.at += 1;
    const own = strength[part.op];
    const right = operation(reader, own === power ? own : own + 1);
    const { op, bool, matching } = part;
    left = { kind: 'binary', op, bool, matching, left, right };
  }
}

/** A sign binds as strongly as a product: weaker than a power. */
function signed(reader: Reader): Expression {
  const part = reader.parts[reader.at];
  if (part === undefined) throw badQuery('unexpected end of input');
  reader.at += 1;
  if (part.kind === 'sign') {
    const inner = operation(reader, power);
    if (!part.negative) return inner;
    return inner.kind === 'number' ? { kind: 'number', value: -inner.value } : { kind: 'negate', inner };
  }
  if (part.kind !== 'operand') throw badQuery('unexpected operator or modifier');
  return modified(part.expression, reader);
}

/** What follows an operand directly belongs to it alone. */
function modified(operand: Expression, reader: Reader): Expression {
  let result = operand;
  for (;;) {
    const part = reader.parts[reader.at];
    switch (part?.kind) {
      case 'offset':
        result = withOffset(result, part.offsetMs);
        break;
      case 'range':
        if (result.kind !== 'selector') throw badQuery('ranges only allowed for vector selectors');
        if (result.offsetMs !== 0) throw badQuery('no offset modifiers allowed before range');
        result = { kind: 'matrix', selector: result, rangeMs: part.rangeMs };
        break;
      case 'subquery':
        result = { kind: 'subquery', inner: result, rangeMs: part.rangeMs, stepMs: part.stepMs, offsetMs: 0 };
        break;
      default:
        return result;
    }
    reader.at += 1;
  }
}

function withOffset(of: Expression, offsetMs: number): Expression {
  switch (of.kind) {
    case 'selector':
    case 'subquery':
      return { ...of, offsetMs };
    case 'matrix':
      return { ...of, selector: { ...of.selector, offsetMs } };
    default:
      throw badQuery(
        'offset modifier must be preceded by an instant vector selector or range vector selector or a subquery',
      );
  }
}
