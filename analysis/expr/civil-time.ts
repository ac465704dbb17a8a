/** Moments as years, months, days and hours in a zone, and back; overflowing fields carry over, as in Go. */
import { offsetAt } from './time-zone.ts';
import { nsPerSecond, type TimeValue, type ZoneValue } from './time-values.ts';
import { ExprError } from './value.ts';

export interface CivilTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

const dayMs = 86_400_000;

/** Whole seconds since 1970, rounded down, and the nanoseconds beyond. */
export function secondsOf({ ns }: Pick<TimeValue, 'ns'>): { readonly seconds: number; readonly nanos: number } {
  const rest = ((ns % nsPerSecond) + nsPerSecond) % nsPerSecond;
  return { seconds: Number((ns - rest) / nsPerSecond), nanos: Number(rest) };
}

export function offsetOf(time: TimeValue): number {
  return offsetAt(time.zone, secondsOf(time).seconds);
}

function localDate(time: TimeValue): Date {
  const { seconds } = secondsOf(time);
  const date = new Date((seconds + offsetAt(time.zone, seconds)) * 1000);
  if (Number.isNaN(date.getTime())) throw new ExprError('the time is out of range');
  return date;
}

export function civilOf(time: TimeValue): CivilTime {
  const date = localDate(time);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: secondsOf(time).nanos,
  };
}

/** 0 is Sunday. */
export function weekdayOf(time: TimeValue): number {
  return localDate(time).getUTCDay();
}

/** 1 is the first of January. */
export function yearDayOf(time: TimeValue): number {
  const { year, month, day } = civilOf(time);
  return Math.round((utcMs(year, month, day) - utcMs(year, 1, 1)) / dayMs) + 1;
}

/** The year that the week of ISO 8601 belongs to: that of its Thursday. */
export function isoYearOf(time: TimeValue): number {
  const { year, month, day } = civilOf(time);
  const thursday = day - ((weekdayOf(time) + 6) % 7) + 3;
  return new Date(utcMs(year, month, thursday)).getUTCFullYear();
}

export function daysIn(year: number, month: number): number {
  return new Date(utcMs(year, month + 1, 0)).getUTCDate();
}

/** `Date.UTC` takes years below 100 for those of the last century. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

/** Seconds since 1970 of these fields read as UTC. */
export function utcSeconds(civil: Omit<CivilTime, 'nanosecond'>): number {
  const date = new Date(utcMs(civil.year, civil.month, civil.day));
  const ms = date.setUTCHours(civil.hour, civil.minute, civil.second);
  if (Number.isNaN(ms)) throw new ExprError('the time is out of range');
  return ms / 1000;
}

/** The moment at which clocks of the zone show these fields; where they skip or repeat it, one of the two readings. */
export function timeOf(civil: CivilTime, zone: ZoneValue): TimeValue {
  const local = utcSeconds(civil);
  const guess = offsetAt(zone, local);
  const offset = guess === 0 ? 0 : offsetAt(zone, local - guess);
  return { kind: 'time', ns: BigInt(local - offset) * nsPerSecond + BigInt(civil.nanosecond), zone };
}
