/** What `+`, `-`, `*` and the comparisons do to moments and durations, as expr-lang 1.17 has it. */
import { durationOf, saturated, type TimeKind } from './time-values.ts';
import { isTimeKind, type Value } from './value.ts';

/** The outcome; undefined where neither side is of time, or the language has no such operation. */
export function timeArithmetic(operator: string, left: Value, right: Value): Value | undefined {
  if (isTimeKind(left) && isTimeKind(right)) return both(operator, left, right);
  const [duration, factor] = isTimeKind(left) ? [left, right] : [right, left];
  if (operator !== '*' || !isTimeKind(duration) || duration.kind !== 'duration') return undefined;
  // A whole number makes a duration, a float a plain number of nanoseconds.
  if (typeof factor === 'bigint') return durationOf(duration.ns * factor);
  return typeof factor === 'number' ? Number(duration.ns) * factor : undefined;
}

function both(operator: string, left: TimeKind, right: TimeKind): Value | undefined {
  if (left.kind === 'duration' && right.kind === 'duration') {
    if (operator === '+') return durationOf(left.ns + right.ns);
    if (operator === '-') return durationOf(left.ns - right.ns);
    return operator === '*' ? durationOf(left.ns * right.ns) : undefined;
  }
  if (operator === '+' && left.kind === 'duration' && right.kind === 'time')
    return { ...right, ns: right.ns + left.ns };
  if (left.kind !== 'time') return undefined;
  if (operator === '+' && right.kind === 'duration') return { ...left, ns: left.ns + right.ns };
  if (operator !== '-') return undefined;
  if (right.kind === 'duration') return { ...left, ns: left.ns - right.ns };
  return right.kind === 'time' ? saturated(left.ns - right.ns) : undefined;
}

/** Numbers to compare in place of two moments or two durations; undefined for anything else. */
export function comparableTimes(left: Value, right: Value): readonly [bigint, bigint] | undefined {
  if (!isTimeKind(left) || !isTimeKind(right)) return undefined;
  const isSameKind = left.kind === right.kind;
  return isSameKind && 'ns' in left && 'ns' in right ? [left.ns, right.ns] : undefined;
}
