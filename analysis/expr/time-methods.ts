/** Methods that a condition may call on moments, durations, months, weekdays and time zones: those of Go's types. */
import { civilOf, isoYearOf, secondsOf, timeOf, weekdayOf, yearDayOf } from './civil-time.ts';
import { durationText } from './duration-text.ts';
import { formatted, timeText } from './time-format.ts';
import {
  calendarText,
  type CalendarValue,
  type DurationValue,
  durationOf,
  saturated,
  type TimeKind,
  type TimeValue,
  utc,
  zoneName,
  type ZoneValue,
} from './time-values.ts';
import { abbreviationAt, isSummerTime } from './time-zone.ts';
import { ExprError, isTimeKind, type Value, typeName } from './value.ts';

interface Method<Of> {
  /** Number of arguments. */
  readonly takes: number;
  readonly call: (of: Of, args: readonly Value[], name: string) => Value;
}

function argumentOf<Kind extends TimeKind['kind']>(
  kind: Kind,
  args: readonly Value[],
  name: string,
): Extract<TimeKind, { kind: Kind }> {
  const [value = null] = args;
  if (isTimeKind(value) && value.kind === kind) return value as Extract<TimeKind, { kind: Kind }>;
  throw new ExprError(`${name}() takes a ${kind} here, not ${typeName(value)}`);
}

function field(read: (time: TimeValue) => number): Method<TimeValue> {
  return { takes: 0, call: (time) => BigInt(read(time)) };
}

function unix(nsPerUnit: bigint): Method<TimeValue> {
  return {
    takes: 0,
    call: ({ ns }) => BigInt.asIntN(64, (ns - (((ns % nsPerUnit) + nsPerUnit) % nsPerUnit)) / nsPerUnit),
  };
}

function compared(answer: (one: bigint, other: bigint) => Value): Method<TimeValue> {
  return { takes: 1, call: (time, args, name) => answer(time.ns, argumentOf('time', args, name).ns) };
}

/** Nanoseconds from the first of January of year 1 to 1970: multiples of a duration are counted from there. */
const beforeUnixNs = 62_135_596_800_000_000_000n;

function remainder(time: TimeValue, { ns }: DurationValue): bigint {
  return (((time.ns + beforeUnixNs) % ns) + ns) % ns;
}

function addDate(time: TimeValue, args: readonly Value[]): Value {
  const [years = 0, months = 0, days = 0] = args.map((one) => {
    if (typeof one !== 'bigint' || one > 1_000_000n || one < -1_000_000n)
      throw new ExprError(`AddDate() takes whole numbers of years, months and days, not ${typeName(one)}`);
    return Number(one);
  });
  const civil = civilOf(time);
  const { year, month, day } = civil;
  return timeOf({ ...civil, year: year + years, month: month + months, day: day + days }, time.zone);
}

const timeMethods: Readonly<Record<string, Method<TimeValue>>> = {
  Year: field((time) => civilOf(time).year),
  Month: { takes: 0, call: (time) => ({ kind: 'month', number: civilOf(time).month }) },
  Day: field((time) => civilOf(time).day),
  Hour: field((time) => civilOf(time).hour),
  Minute: field((time) => civilOf(time).minute),
  Second: field((time) => civilOf(time).second),
  Nanosecond: field((time) => secondsOf(time).nanos),
  Weekday: { takes: 0, call: (time) => ({ kind: 'weekday', number: weekdayOf(time) }) },
  YearDay: field(yearDayOf),
  ISOWeek: field(isoYearOf),
  Unix: unix(1_000_000_000n),
  UnixMilli: unix(1_000_000n),
  UnixMicro: unix(1_000n),
  UnixNano: unix(1n),
  Format: {
    takes: 1,
    call: (time, [layout = null]) => {
      if (typeof layout !== 'string') throw new ExprError(`Format() takes a text, not ${typeName(layout)}`);
      return formatted(time, layout);
    },
  },
  String: { takes: 0, call: (time) => timeText(time) },
  In: { takes: 1, call: (time, args, name) => ({ ...time, zone: argumentOf('zone', args, name) }) },
  UTC: { takes: 0, call: (time) => ({ ...time, zone: utc }) },
  Local: { takes: 0, call: (time) => ({ ...time, zone: utc }) },
  Location: { takes: 0, call: (time) => time.zone },
  Zone: { takes: 0, call: (time) => abbreviationAt(time.zone, secondsOf(time).seconds) },
  IsDST: {
    takes: 0,
    call: (time) => time.zone.form === 'named' && isSummerTime(time.zone, secondsOf(time).seconds),
  },
  IsZero: { takes: 0, call: ({ ns }) => ns === -beforeUnixNs },
  After: compared((one, other) => one > other),
  Before: compared((one, other) => one < other),
  Equal: compared((one, other) => one === other),
  Compare: compared((one, other) => (one < other ? -1n : one > other ? 1n : 0n)),
  Sub: compared((one, other) => saturated(one - other)),
  Add: {
    takes: 1,
    call: (time, args, name) => ({ ...time, ns: time.ns + argumentOf('duration', args, name).ns }),
  },
  AddDate: { takes: 3, call: addDate },
  Truncate: {
    takes: 1,
    call: (time, args, name) => {
      const step = argumentOf('duration', args, name);
      return step.ns <= 0n ? time : { ...time, ns: time.ns - remainder(time, step) };
    },
  },
  Round: {
    takes: 1,
    call: (time, args, name) => {
      const step = argumentOf('duration', args, name);
      if (step.ns <= 0n) return time;
      const rest = remainder(time, step);
      return { ...time, ns: rest * 2n < step.ns ? time.ns - rest : time.ns + step.ns - rest };
    },
  },
};

function inUnits(nsPerUnit: number): Method<DurationValue> {
  return { takes: 0, call: ({ ns }) => Number(ns) / nsPerUnit };
}

function inWholeUnits(nsPerUnit: bigint): Method<DurationValue> {
  return { takes: 0, call: ({ ns }) => ns / nsPerUnit };
}

/** Halves are rounded away from zero. */
function rounded({ ns }: DurationValue, step: DurationValue): DurationValue {
  if (step.ns <= 0n) return durationOf(ns);
  const size = ns < 0n ? -ns : ns;
  const rest = size % step.ns;
  const up = rest * 2n < step.ns ? size - rest : size - rest + step.ns;
  return saturated(ns < 0n ? -up : up);
}

const durationMethods: Readonly<Record<string, Method<DurationValue>>> = {
  Hours: inUnits(3_600_000_000_000),
  Minutes: inUnits(60_000_000_000),
  Seconds: inUnits(1_000_000_000),
  Milliseconds: inWholeUnits(1_000_000n),
  Microseconds: inWholeUnits(1_000n),
  Nanoseconds: inWholeUnits(1n),
  Abs: { takes: 0, call: ({ ns }) => saturated(ns < 0n ? -ns : ns) },
  Round: { takes: 1, call: (duration, args, name) => rounded(duration, argumentOf('duration', args, name)) },
  Truncate: {
    takes: 1,
    call: ({ ns }, args, name) => {
      const step = argumentOf('duration', args, name).ns;
      return durationOf(step <= 0n ? ns : ns - (ns % step));
    },
  },
  String: { takes: 0, call: (duration) => durationText(duration) },
};

const calendarMethods: Readonly<Record<string, Method<CalendarValue>>> = {
  String: { takes: 0, call: (value) => calendarText(value) },
};

const zoneMethods: Readonly<Record<string, Method<ZoneValue>>> = {
  String: { takes: 0, call: (zone) => zoneName(zone) },
};

/** Every name that some value has a method of. */
export const methodNames: ReadonlySet<string> = new Set(
  [timeMethods, durationMethods, calendarMethods, zoneMethods].flatMap((table) => Object.keys(table)),
);

/** Calls a method; what is not of time has none. */
export function callMethod(of: Value, name: string, args: readonly Value[]): Value {
  if (!isTimeKind(of)) throw new ExprError(`${typeName(of)} has no method ${name}()`);
  switch (of.kind) {
    case 'time':
      return called(timeMethods, of, name, args);
    case 'duration':
      return called(durationMethods, of, name, args);
    case 'month':
    case 'weekday':
      return called(calendarMethods, of, name, args);
    case 'zone':
      return called(zoneMethods, of, name, args);
  }
}

function called<Of extends TimeKind>(
  table: Readonly<Record<string, Method<Of>>>,
  of: Of,
  name: string,
  args: readonly Value[],
): Value {
  const method = Object.hasOwn(table, name) ? table[name] : undefined;
  if (method === undefined) throw new ExprError(`${typeName(of)} has no method ${name}()`);
  if (args.length !== method.takes)
    throw new ExprError(`${name}() takes ${method.takes} arguments here, not ${args.length}`);
  return method.call(of, args, name);
}
