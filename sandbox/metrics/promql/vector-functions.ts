/** Functions of instant vectors. */

import { type Labels, metricName, withLabel, withoutName } from '../labels.ts';
import type { Matcher } from '../series-store.ts';
import { badQuery, failed } from './problem.ts';
import { expandTemplate, wholeTextPattern } from './regex.ts';
import { nanFirst } from './arithmetic.ts';
import type { Expression } from './syntax.ts';
import { type Sample, refuseTwins } from './value.ts';

/** Value by value, the numbers being the function's scalar arguments; names are dropped. */
const valueFunctions = {
  abs: (v) => Math.abs(v),
  ceil: (v) => Math.ceil(v),
  floor: (v) => Math.floor(v),
  sgn: (v) => Math.sign(v),
  sqrt: (v) => Math.sqrt(v),
  clamp_min: (v, least = Number.NaN) => larger(v, least),
  clamp_max: (v, most = Number.NaN) => smaller(v, most),
  clamp: (v, least = Number.NaN, most = Number.NaN) => larger(least, smaller(most, v)),
  /** To the nearest multiple; halves go up. */
  round: (v, to = 1) => Math.floor(v * (1 / to) + 0.5) / (1 / to),
} as const satisfies Readonly<Record<string, (v: number, ...more: number[]) => number>>;

/** IEEE's maximum: an infinity wins even over NaN, which JavaScript's does not know. */
function larger(a: number, b: number): number {
  return a === Number.POSITIVE_INFINITY || b === Number.POSITIVE_INFINITY ? Number.POSITIVE_INFINITY : Math.max(a, b);
}

function smaller(a: number, b: number): number {
  return a === Number.NEGATIVE_INFINITY || b === Number.NEGATIVE_INFINITY ? Number.NEGATIVE_INFINITY : Math.min(a, b);
}

export type ValueFunctionName = keyof typeof valueFunctions;

export function isValueFunction(name: string): name is ValueFunctionName {
  return Object.hasOwn(valueFunctions, name);
}

export function mapped(
  name: ValueFunctionName,
  samples: readonly Sample[],
  parameters: readonly number[],
  now: number,
): readonly Sample[] {
  const [least = Number.NaN, most = Number.NaN] = parameters;
  if (name === 'clamp' && most < least) return [];
  const value: (v: number, ...more: number[]) => number = valueFunctions[name];
  return samples.map(({ labels, v }) => ({ labels: withoutName(labels), v: value(v, ...parameters), t: now }));
}

/** NaN last, both ways. */
export function sorted(samples: readonly Sample[], descending: boolean): readonly Sample[] {
  return samples.toSorted((a, b) => {
    if (Number.isNaN(a.v) || Number.isNaN(b.v)) return -nanFirst(a.v, b.v);
    return descending ? b.v - a.v : a.v - b.v;
  });
}

/** The labels that `absent` can know: those that the selector wants to be equal to one value. */
export function absentLabels(argument: Expression): Labels {
  const matchers = matchersOf(argument).filter((one) => one.name !== metricName);
  const certain = matchers.filter(
    (one) => one.op === '=' && matchers.filter((other) => other.name === one.name).length === 1,
  );
  return certain.reduce<Labels>((labels, one) => withLabel(labels, one.name, one.value), {});
}

function matchersOf(expression: Expression): readonly Matcher[] {
  switch (expression.kind) {
    case 'selector':
      return expression.matchers;
    case 'matrix':
      return expression.selector.matchers;
    default:
      return [];
  }
}

const labelNameForm = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** `texts`: target label, replacement, source label, expression. */
export function labelsReplaced(samples: readonly Sample[], texts: readonly string[]): readonly Sample[] {
  const [target = '', replacement = '', source = '', expression = ''] = texts;
  const pattern = wholeTextPattern(expression);
  if (!labelNameForm.test(target)) throw failed(`invalid destination label name in label_replace(): ${target}`);
  const result = samples.map((sample) => {
    const match = pattern.exec(sample.labels[source] ?? '');
    if (match === null) return sample;
    return { ...sample, labels: withLabel(sample.labels, target, expandTemplate(replacement, match)) };
  });
  refuseTwins(result);
  return result;
}

/** `texts`: target label, separator, source labels. */
export function labelsJoined(samples: readonly Sample[], texts: readonly string[]): readonly Sample[] {
  const [target = '', separator = '', ...sources] = texts;
  if (!labelNameForm.test(target)) throw failed(`invalid destination label name in label_join(): ${target}`);
  const result = samples.map((sample) => {
    const value = sources.map((source) => sample.labels[source] ?? '').join(separator);
    return { ...sample, labels: withLabel(sample.labels, target, value) };
  });
  refuseTwins(result);
  return result;
}

export function textArgument(expression: Expression): string {
  if (expression.kind !== 'string') throw badQuery('expected a string literal');
  return expression.value;
}
