/** A success or failure condition: checked once without a value, evaluated against a measured value, with Argo's own functions. */
import type { Json } from '../../crds/schema/json.ts';
import { argument, toFloat, toInt } from './builtins.ts';
import { timeFunctions } from './builtins-time.ts';
import { evaluate } from './evaluate.ts';
import type { PlainFunction } from './function-types.ts';
import { type EvidenceRule, Meter } from './meter.ts';
import { parse } from './parser.ts';
import { ExprError, fromJson, isList, isTimeKind, NoEvidence, type Value, typeName } from './value.ts';

/**
 * `holds`: true or false. `no-evidence` (strict rule only): the answer would rest on NaN or on nothing. `error`: the condition
 * is wrong or does not fit the value; `onNothing` says that the value was nil or an empty list.
 */
export type ConditionOutcome =
  | { readonly kind: 'holds'; readonly value: boolean }
  | { readonly kind: 'no-evidence'; readonly why: string }
  | { readonly kind: 'error'; readonly message: string; readonly onNothing: boolean };

const names: ReadonlySet<string> = new Set(['result']);

/** The sentence about the first mistake in a condition, with line and column; undefined when it can be evaluated. */
export function lintCondition(source: string): string | undefined {
  try {
    parse(source, names);
    return undefined;
  } catch (error) {
    return located(error, source);
  }
}

/**
 * Evaluates a condition with `result` bound to the measured value. Pure, bounded, never throws for what users write. `nowMs` is
 * the moment that `now()` gives, in milliseconds since 1970; without it a condition that asks is an error.
 */
export function evaluateCondition(
  source: string,
  measured: Json,
  rule: EvidenceRule,
  nowMs?: number,
): ConditionOutcome {
  let onNothing = false;
  try {
    const result = fromJson(measured);
    onNothing = isNothing(result);
    const meter = new Meter(rule, result);
    const tree = parse(source, names);
    const value = evaluate(tree, {
      names: new Map([['result', result]]),
      functions: { ...argoFunctions(result), ...timeFunctions(nowMs) },
      meter,
    });
    if (typeof value === 'boolean') return { kind: 'holds', value };
    return {
      kind: 'error',
      message: `the condition must give true or false, not ${typeName(value)}`,
      onNothing: false,
    };
  } catch (error) {
    if (error instanceof NoEvidence) return { kind: 'no-evidence', why: error.message };
    return { kind: 'error', message: located(error, source), onNothing };
  }
}

/**
 * Argo Rollouts' additions with its quirks: `default` and `isNil` look at the whole measured result, not at their argument.
 */
function argoFunctions(result: Value): Readonly<Record<string, PlainFunction>> {
  return {
    asInt: (args, meter) => toInt('asInt', argument(args, 0), meter),
    asFloat: (args) => toFloat('asFloat', argument(args, 0)),
    isNaN: (args) => Number.isNaN(floatArgument('isNaN', argument(args, 0))),
    isInf: (args) => Math.abs(floatArgument('isInf', argument(args, 0))) === Number.POSITIVE_INFINITY,
    isNil: () => result === null,
    default: (args) => (result === null ? argument(args, 1) : result),
  };
}

function floatArgument(name: string, value: Value): number {
  if (typeof value !== 'number') throw new ExprError(`${name}() takes a float, not ${typeName(value)}`);
  return value;
}

function isNothing(result: Value): boolean {
  return result === null || (isList(result) && result.length === 0);
}

function located(error: unknown, source: string): string {
  if (!(error instanceof ExprError)) {
    // A deep tree can exhaust the stack before a limit of ours is met.
    if (error instanceof RangeError) return 'the expression is too large';
    throw error;
  }
  if (error.at === undefined) return error.message;
  const before = source.slice(0, error.at).split('\n');
  return `${error.message} (line ${before.length}, column ${(before.at(-1) ?? '').length + 1})`;
}

/** The moment that an expression such as `now() - duration("1h")` gives, in milliseconds since 1970; undefined for anything else. */
export function evaluateTime(source: string, nowMs: number): number | undefined {
  try {
    const tree = parse(source, new Set());
    const meter = new Meter('as-argo', null);
    const value = evaluate(tree, { names: new Map(), functions: timeFunctions(nowMs), meter });
    return isTimeKind(value) && value.kind === 'time' ? Number(value.ns / 1_000_000n) : undefined;
  } catch (error) {
    if (error instanceof ExprError || error instanceof RangeError) return undefined;
    throw error;
  }
}
