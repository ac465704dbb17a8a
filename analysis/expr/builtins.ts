/** Functions over numbers, lists and maps; those over text and JSON stand in builtins-text.ts. */
import { textFunctions } from './builtins-text.ts';
import type { PlainFunction } from './function-types.ts';
import { maxListLength, type Meter } from './meter.ts';
import { arithmetic, order } from './operators.ts';
import { ExprError, isEqual, isList, isMap, isNumber, isTimeKind, type Value, typeName } from './value.ts';
import { valueText } from './value-text.ts';

export function argument(args: readonly Value[], index: number): Value {
  return args[index] ?? null;
}

export function listArgument(name: string, value: Value): readonly Value[] {
  if (!isList(value)) throw new ExprError(`${name}() takes a list, not ${typeName(value)}`);
  return value;
}

function mapArgument(name: string, value: Value): ReadonlyMap<string, Value> {
  if (!isMap(value)) throw new ExprError(`${name}() takes a map, not ${typeName(value)}`);
  return value;
}

export function intArgument(name: string, value: Value): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw new ExprError(`${name}() takes an integer here, not ${typeName(value)}`);
}

function numberArgument(name: string, value: Value): number {
  if (!isNumber(value)) throw new ExprError(`${name}() takes a number, not ${typeName(value)}`);
  return Number(value);
}

/** Go rounds halves away from zero, JavaScript towards plus infinity. */
function roundHalfAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value);
}

/** Go on amd64 gives the smallest integer for what an int64 cannot hold. */
export function truncatedInt(value: number): bigint {
  if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) return -(2n ** 63n);
  return BigInt(Math.trunc(value));
}

/** A text as Go's ParseFloat reads it. */
export function parsedFloat(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  const special = /^([+-]?)(inf|infinity|nan)$/i.exec(text);
  if (special === null) return undefined;
  if (special[2]?.toLowerCase() === 'nan') return Number.NaN;
  return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function parsedInt(text: string): bigint | undefined {
  if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

export function toInt(name: string, value: Value, meter: Meter): bigint {
  meter.converted(value);
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return truncatedInt(value);
  if (isTimeKind(value) && value.kind === 'duration') return value.ns;
  if (isTimeKind(value) && 'number' in value) return BigInt(value.number);
  const parsed = typeof value === 'string' ? parsedInt(value) : undefined;
  if (parsed === undefined) throw new ExprError(`${name}() can't read ${valueText(value)} as an integer`);
  return parsed;
}

export function toFloat(name: string, value: Value): number {
  if (isNumber(value)) return Number(value);
  const parsed = typeof value === 'string' ? parsedFloat(value) : undefined;
  if (parsed === undefined) throw new ExprError(`${name}() can't read ${valueText(value)} as a number`);
  return parsed;
}

/** All numbers among the arguments, lists opened up. */
function numbers(name: string, args: readonly Value[], meter: Meter): (bigint | number)[] {
  return args.flatMap((arg) => {
    if (isList(arg)) {
      meter.iterated(arg);
      return numbers(name, arg, meter);
    }
    // Averages of durations are plain numbers of nanoseconds.
    const isAverage = name === 'mean' || name === 'median';
    if (isAverage && isTimeKind(arg) && arg.kind === 'duration') return [arg.ns];
    if (!isNumber(arg)) throw new ExprError(`${name}() takes numbers, not ${typeName(arg)}`);
    return [arg];
  });
}

function extreme(name: 'min' | 'max', args: readonly Value[], meter: Meter): Value {
  if (args.every((one) => isTimeKind(one) && one.kind === 'duration'))
    return args.reduce((best, one) => (order(name === 'max' ? '<' : '>', best, one, meter) ? one : best));
  let best: bigint | number | null = null;
  for (const one of numbers(name, args, meter)) {
    meter.converted(one);
    if (best === null || order(name === 'max' ? '<' : '>', best, one, meter)) best = one;
  }
  return best;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = values.toSorted((a, b) => (Number.isNaN(a) ? -1 : Number.isNaN(b) ? 1 : a - b));
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  if (sorted.length % 2 === 1) return upper;
  return ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}

function flattened(list: readonly Value[]): Value[] {
  const found: Value[] = [];
  // The items were counted as arguments, but one list may occur many times in another.
  const add = (items: readonly Value[]): void => {
    for (const item of items) {
      if (isList(item)) add(item);
      else if (found.length >= maxListLength) throw new ExprError(`a list may have ${maxListLength} items at most`);
      else found.push(item);
    }
  };
  add(list);
  return found;
}

function unique(list: readonly Value[], meter: Meter): Value[] {
  const kept: Value[] = [];
  for (const item of list) {
    meter.step(kept.length);
    meter.converted(item);
    if (!kept.some((one) => isEqual(one, item))) kept.push(item);
  }
  return kept;
}

/** Sorts numbers or texts; the order word is `asc` or `desc`. */
export function sorted(items: readonly { key: Value; item: Value }[], orderWord: Value, meter: Meter): Value[] {
  if (orderWord !== null && orderWord !== 'asc' && orderWord !== 'desc') {
    throw new ExprError(`the order ${valueText(orderWord)} is unknown: asc or desc`);
  }
  const sign = orderWord === 'desc' ? -1 : 1;
  meter.step(items.length * 8);
  return items
    .toSorted((a, b) => {
      if (order('<', a.key, b.key, meter)) return -sign;
      return order('>', a.key, b.key, meter) ? sign : 0;
    })
    .map(({ item }) => item);
}

function pairs(value: Value): Value[] {
  return [...mapArgument('toPairs', value)];
}

function fromPairs(value: Value): Value {
  const entries = listArgument('fromPairs', value).map((pair): [string, Value] => {
    const [key, item] = isList(pair) && pair.length === 2 ? pair : [];
    if (typeof key !== 'string') throw new ExprError('fromPairs() takes pairs of a text and a value');
    return [key, item ?? null];
  });
  return new Map(entries);
}

function bits(name: string, operate: (left: bigint, right: bigint) => bigint): PlainFunction {
  return (args) => {
    const [left, right] = [intArgument(name, argument(args, 0)), intArgument(name, argument(args, 1))];
    return BigInt.asIntN(64, operate(left, right));
  };
}

function shift(name: string, operate: (left: bigint, by: bigint) => bigint): PlainFunction {
  return bits(name, (left, by) => {
    if (by < 0n) throw new ExprError(`${name}() can't shift by a negative number`);
    return operate(left, by > 64n ? 64n : by);
  });
}

function lengthOf(value: Value): bigint {
  if (typeof value === 'string') return BigInt(Array.from(value).length);
  if (isList(value)) return BigInt(value.length);
  if (isMap(value)) return BigInt(value.size);
  throw new ExprError(`len() takes a list, a map or a text, not ${typeName(value)}`);
}

/** The item at an index counted from the end when negative; undefined when there is none. */
export function itemAt(list: readonly Value[], index: bigint): Value | undefined {
  return list.at(Number(index < -(2n ** 31n) || index > 2n ** 31n ? 2n ** 31n : index));
}

function get(from: Value, key: Value): Value {
  if (isMap(from)) return typeof key === 'string' ? (from.get(key) ?? null) : null;
  if (isList(from) && typeof key === 'bigint') return itemAt(from, key) ?? null;
  return null;
}

function take(list: readonly Value[], count: bigint): Value[] {
  if (count < 0n) throw new ExprError("take() can't take a negative number of items");
  return list.slice(0, Number(count > 2n ** 31n ? 2n ** 31n : count));
}

const a0 = (args: readonly Value[]): Value => argument(args, 0);

export const plainFunctions: Readonly<Record<string, PlainFunction>> = {
  ...textFunctions,
  len: (args) => lengthOf(a0(args)),
  type: (args) => typeName(a0(args)),
  abs: (args) => {
    const value = a0(args);
    if (typeof value === 'bigint') return value < 0n ? BigInt.asIntN(64, -value) : value;
    return Math.abs(numberArgument('abs', value));
  },
  ceil: (args) => Math.ceil(numberArgument('ceil', a0(args))),
  floor: (args) => Math.floor(numberArgument('floor', a0(args))),
  round: (args) => roundHalfAway(numberArgument('round', a0(args))),
  int: (args, meter) => toInt('int', a0(args), meter),
  float: (args) => toFloat('float', a0(args)),
  max: (args, meter) => extreme('max', args, meter),
  min: (args, meter) => extreme('min', args, meter),
  mean: (args, meter) => {
    const values = numbers('mean', args, meter).map(Number);
    return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  },
  median: (args, meter) => {
    const values = numbers('median', args, meter);
    for (const value of values) meter.converted(value);
    return median(values.map(Number));
  },
  first: (args) => (isList(a0(args)) ? get(a0(args), 0n) : null),
  last: (args) => (isList(a0(args)) ? get(a0(args), -1n) : null),
  get: (args) => get(a0(args), argument(args, 1)),
  take: (args) => take(listArgument('take', a0(args)), intArgument('take', argument(args, 1))),
  reverse: (args) => listArgument('reverse', a0(args)).toReversed(),
  uniq: (args, meter) => unique(listArgument('uniq', a0(args)), meter),
  concat: (args, meter) => meter.list(args.flatMap((arg) => listArgument('concat', arg))),
  flatten: (args, meter) => meter.list(flattened(listArgument('flatten', a0(args)))),
  sort: (args, meter) => {
    const list = listArgument('sort', a0(args)).map((item) => ({ key: item, item }));
    return sorted(list, args[1] ?? null, meter);
  },
  keys: (args) => [...mapArgument('keys', a0(args)).keys()],
  values: (args) => [...mapArgument('values', a0(args)).values()],
  toPairs: (args) => pairs(a0(args)),
  fromPairs: (args) => fromPairs(a0(args)),
  bitand: bits('bitand', (left, right) => left & right),
  bitor: bits('bitor', (left, right) => left | right),
  bitxor: bits('bitxor', (left, right) => left ^ right),
  bitnand: bits('bitnand', (left, right) => left & ~right),
  bitshl: shift('bitshl', (left, by) => left << by),
  bitshr: shift('bitshr', (left, by) => left >> by),
  bitushr: shift('bitushr', (left, by) => BigInt.asUintN(64, left) >> by),
  bitnot: (args) => ~intArgument('bitnot', a0(args)),
};

/** Adds two numbers for `sum`, keeping integers integers. */
export function added(left: Value, right: Value): Value {
  return arithmetic('+', left, right);
}
