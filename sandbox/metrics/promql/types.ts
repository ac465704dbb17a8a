/** Whether the parts of a query fit together: scalars, instant vectors, range vectors, texts. */

import { badQuery } from './problem.ts';
import { signatureOf } from './signatures.ts';
import { type Aggregate, type Binary, type Call, type Expression, isComparison, isSetOperator } from './syntax.ts';
import type { ValueType } from './syntax.ts';

const inWords: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

export function typeInWords(type: ValueType): string {
  return inWords[type];
}

export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregate':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'negate':
      return typeOf(expression.inner);
    case 'call':
      return signatureOf(expression.name).gives;
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar' ? 'scalar' : 'vector';
  }
}

/** @throws QueryProblem (bad_data) */
export function checkTypes(expression: Expression): void {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'selector':
    case 'matrix':
      return;
    case 'subquery':
      expect(expression.inner, 'vector', 'subquery');
      return;
    case 'negate': {
      checkTypes(expression.inner);
      const type = typeOf(expression.inner);
      if (type !== 'scalar' && type !== 'vector')
        throw badQuery(
          `unary expression only allowed on expressions of type scalar or instant vector, got "${inWords[type]}"`,
        );
      return;
    }
    case 'call':
      checkCall(expression);
      return;
    case 'aggregate':
      checkAggregate(expression);
      return;
    case 'binary':
      checkBinary(expression);
  }
}

function expect(expression: Expression, wanted: ValueType, where: string): void {
  checkTypes(expression);
  const type = typeOf(expression);
  if (type !== wanted) throw badQuery(`expected type ${inWords[wanted]} in ${where}, got ${inWords[type]}`);
}

function checkCall({ name, args }: Call): void {
  const { takes, optional } = signatureOf(name);
  const least = takes.length - (optional === 'any' ? 1 : (optional ?? 0));
  if (args.length < least || (optional !== 'any' && args.length > takes.length))
    throw badQuery(`expected ${least} argument(s) in call to "${name}", got ${args.length}`);
  for (const [at, arg] of args.entries()) {
    const wanted = takes[at] ?? takes.at(-1);
    if (wanted !== undefined) expect(arg, wanted, `call to function "${name}"`);
  }
}

function checkAggregate({ op, inner, parameter }: Aggregate): void {
  expect(inner, 'vector', 'aggregation expression');
  if (parameter !== undefined) expect(parameter, 'scalar', `aggregation parameter of ${op}`);
}

function checkBinary({ op, bool, left, right, matching }: Binary): void {
  const types = [left, right].map((side) => {
    checkTypes(side);
    const type = typeOf(side);
    if (type !== 'scalar' && type !== 'vector')
      throw badQuery('binary expression must contain only scalar and instant vector types');
    return type;
  });
  const scalars = types.filter((one) => one === 'scalar').length;
  if (scalars === 2 && isComparison(op) && !bool) throw badQuery('comparisons between scalars must use BOOL modifier');
  if (scalars > 0 && isSetOperator(op)) throw badQuery(`set operator "${op}" not allowed in binary scalar expression`);
  if (scalars > 0 && matching.labels.length > 0) throw badQuery('vector matching only allowed between instant vectors');
  if (isSetOperator(op) && matching.group !== 'none') throw badQuery(`no grouping allowed for "${op}" operation`);
}
