/** What the binary and unary operators do to two values, with Go's integer and float rules. */
import type { Meter } from './meter.ts';
import { regexMatches } from './regex-match.ts';
import type { BinaryOperator } from './syntax.ts';
import { comparableTimes, timeArithmetic } from './time-operators.ts';
import { ExprError, isEqual, isList, isMap, isNumber, isTimeKind, type Value, typeName } from './value.ts';

const maxRange = 10_000;

/** Operators that look at both sides; `and`, `or` and `??` are the evaluator's, since they may skip the right side. */
export type EagerOperator = Exclude<BinaryOperator, 'and' | 'or' | '??'>;

export function mismatch(operator: string, left: Value, right: Value): ExprError {
  return new ExprError(`${operator} can't be used between ${typeName(left)} and ${typeName(right)}`);
}

export function applyBinary(operator: EagerOperator, left: Value, right: Value, meter: Meter): Value {
  switch (operator) {
    case '==':
    case '!=':
      return equality(operator, left, right, meter);
    case '<':
    case '>':
    case '<=':
    case '>=':
      return order(operator, left, right, meter);
    case '+':
      if (typeof left === 'string' && typeof right === 'string') return joined(left, right, meter);
      return timeArithmetic(operator, left, right) ?? arithmetic(operator, left, right);
    case '-':
    case '*':
      return timeArithmetic(operator, left, right) ?? arithmetic(operator, left, right);
    case '/':
    case '%':
    case '**':
      return arithmetic(operator, left, right);
    case '..':
      return range(left, right, meter);
    case 'in':
      return isIn(left, right, meter);
    case 'matches':
    case 'contains':
    case 'startsWith':
    case 'endsWith':
      return textTest(operator, left, right, meter);
  }
}

function joined(left: string, right: string, meter: Meter): string {
  meter.charge(left);
  meter.charge(right);
  return meter.text(left + right);
}

function equality(operator: '==' | '!=', left: Value, right: Value, meter: Meter): boolean {
  meter.compared(left, right);
  // A month that is compared with a number is never equal to it: a mistake, which must not pass for an answer.
  const isTyped = meter.isNumeric || isTimeKind(left) || isTimeKind(right);
  if (isTyped && !isComparable(left, right)) throw mismatch(operator, left, right);
  return isEqual(left, right) === (operator === '==');
}

function isComparable(left: Value, right: Value): boolean {
  return left === null || right === null || (isNumber(left) && isNumber(right)) || typeName(left) === typeName(right);
}

/** Less-than and its kin, for numbers and for texts; anything else, nil above all, is an error. */
export function order(operator: '<' | '>' | '<=' | '>=', left: Value, right: Value, meter: Meter): boolean {
  const times = comparableTimes(left, right);
  if (times !== undefined) return order(operator, ...times, meter);
  const numbers = isNumber(left) && isNumber(right);
  if (!numbers && !(typeof left === 'string' && typeof right === 'string')) throw mismatch(operator, left, right);
  meter.compared(left, right);
  switch (operator) {
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    case '>=':
      return left >= right;
  }
}

export function arithmetic(operator: '+' | '-' | '*' | '/' | '%' | '**', left: Value, right: Value): bigint | number {
  if (!isNumber(left) || !isNumber(right)) throw mismatch(operator, left, right);
  if (operator === '/') return Number(left) / Number(right);
  if (operator === '**') return power(Number(left), Number(right));
  if (typeof left === 'bigint' && typeof right === 'bigint') return integers(operator, left, right);
  if (operator === '%') throw mismatch(operator, left, right);
  const [a, b] = [Number(left), Number(right)];
  if (operator === '+') return a + b;
  return operator === '-' ? a - b : a * b;
}

/** 64-bit arithmetic that wraps around, as Go's does. */
function integers(operator: '+' | '-' | '*' | '%', left: bigint, right: bigint): bigint {
  switch (operator) {
    case '+':
      return BigInt.asIntN(64, left + right);
    case '-':
      return BigInt.asIntN(64, left - right);
    case '*':
      return BigInt.asIntN(64, left * right);
    case '%':
      if (right === 0n) throw new ExprError('division by zero with %');
      return left % right;
  }
}

/** Go's math.Pow gives 1 for a base of 1 and for a base of -1 with an infinite exponent, where JavaScript gives NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

function range(left: Value, right: Value, meter: Meter): readonly Value[] {
  if (typeof left !== 'bigint' || typeof right !== 'bigint') throw mismatch('..', left, right);
  const size = right - left + 1n;
  if (size > BigInt(maxRange)) throw new ExprError(`a range may have ${maxRange} numbers at most`);
  meter.step(Number(size < 0n ? 0n : size));
  return size <= 0n ? [] : Array.from({ length: Number(size) }, (_, index) => left + BigInt(index));
}

function isIn(item: Value, container: Value, meter: Meter): boolean {
  if (container === null) {
    meter.readNil();
    return false;
  }
  if (isList(container)) {
    meter.iterated(container);
    const stranger = container.find((one) => (isTimeKind(item) || isTimeKind(one)) && !isComparable(item, one));
    if (stranger !== undefined) throw mismatch('in', item, stranger);
    return container.some((one) => {
      meter.compared(item, one);
      return isEqual(item, one);
    });
  }
  if (isMap(container)) {
    if (item === null) return false;
    if (typeof item !== 'string') throw mismatch('in', item, container);
    return container.has(item);
  }
  throw mismatch('in', item, container);
}

function textTest(
  operator: 'matches' | 'contains' | 'startsWith' | 'endsWith',
  left: Value,
  right: Value,
  meter: Meter,
): boolean {
  if (left === null || right === null) {
    meter.readNil();
    return false;
  }
  if (typeof left !== 'string' || typeof right !== 'string') throw mismatch(operator, left, right);
  meter.charge(left);
  switch (operator) {
    case 'matches':
      return regexMatches(right, left, (steps) => meter.step(steps));
    case 'contains':
      return left.includes(right);
    case 'startsWith':
      return left.startsWith(right);
    case 'endsWith':
      return left.endsWith(right);
  }
}

export function applyUnary(operator: '-' | '+' | 'not', operand: Value): Value {
  if (operator === 'not') {
    if (typeof operand !== 'boolean') throw new ExprError(`not can't be used on ${typeName(operand)}`);
    return !operand;
  }
  if (!isNumber(operand)) throw new ExprError(`${operator} can't be used on ${typeName(operand)}`);
  if (operator === '+') return operand;
  return typeof operand === 'bigint' ? BigInt.asIntN(64, -operand) : -operand;
}
