/** Values of time in the condition language: moments, durations, time zones, and the months and weekdays that a moment gives. */

/** A moment: nanoseconds since 1970 in UTC, and the zone in which its fields are read. */
export interface TimeValue {
  readonly kind: 'time';
  readonly ns: bigint;
  readonly zone: ZoneValue;
}

/** Nanoseconds, within 64 bits. */
export interface DurationValue {
  readonly kind: 'duration';
  readonly ns: bigint;
}

/** `fixed`: an offset that a text carried, with the abbreviation it had or none. `named`: a zone of the tz database. */
export type ZoneValue =
  | { readonly kind: 'zone'; readonly form: 'utc' }
  | { readonly kind: 'zone'; readonly form: 'fixed'; readonly name: string; readonly offsetSeconds: number }
  | { readonly kind: 'zone'; readonly form: 'named'; readonly name: string };

/** A month (1 to 12) or weekday (0 is Sunday): a type of its own, which is compared only with its like. */
export interface CalendarValue {
  readonly kind: 'month' | 'weekday';
  readonly number: number;
}

export type TimeKind = TimeValue | DurationValue | ZoneValue | CalendarValue;

export const utc: ZoneValue = { kind: 'zone', form: 'utc' };

export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const;

export const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] as const;

export const nsPerSecond = 1_000_000_000n;

export function durationOf(ns: bigint): DurationValue {
  return { kind: 'duration', ns: BigInt.asIntN(64, ns) };
}

/** The longest duration instead of one that 64 bits do not hold. */
export function saturated(ns: bigint): DurationValue {
  const limit = 2n ** 63n;
  if (ns >= limit) return { kind: 'duration', ns: limit - 1n };
  return { kind: 'duration', ns: ns < -limit ? -limit : ns };
}

/** The name that the language's own `type()` gives. */
export function timeTypeName({ kind }: TimeKind): string {
  switch (kind) {
    case 'time':
      return 'time.Time';
    case 'duration':
      return 'time.Duration';
    case 'zone':
      return 'time.Location';
    case 'month':
      return 'time.Month';
    case 'weekday':
      return 'time.Weekday';
  }
}

export function calendarText({ kind, number }: CalendarValue): string {
  return (kind === 'month' ? months[number - 1] : weekdays[number]) ?? String(number);
}

/** Moments are equal where they are the same instant, whatever zone they are read in. */
export function isSameTime(left: TimeKind, right: TimeKind): boolean {
  if (left.kind === 'time' && right.kind === 'time') return left.ns === right.ns;
  if (left.kind === 'duration' && right.kind === 'duration') return left.ns === right.ns;
  if ('number' in left && 'number' in right) return left.kind === right.kind && left.number === right.number;
  return left.kind === 'zone' && right.kind === 'zone' && zoneName(left) === zoneName(right);
}

/** `UTC`, `Europe/Berlin`, or the abbreviation of a fixed offset. */
export function zoneName(zone: ZoneValue): string {
  return zone.form === 'utc' ? 'UTC' : zone.name;
}
