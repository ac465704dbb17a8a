/** Built-in functions over time: now, duration, date and timezone. The clock is given from outside. */
import { parsedDuration } from './duration-text.ts';
import type { PlainFunction } from './function-types.ts';
import { parsedTime } from './time-parse.ts';
import { utc, type TimeValue, type ZoneValue } from './time-values.ts';
import { loadZone } from './time-zone.ts';
import { ExprError, isTimeKind, type Value, typeName } from './value.ts';

/** Tried in this order where no layout is given. */
const layouts = [
  '2006-01-02',
  '15:04:05',
  '2006-01-02 15:04:05',
  '2006-01-02T15:04:05Z07:00',
  '02 Jan 06 15:04 MST',
  'Monday, 02-Jan-06 15:04:05 MST',
  'Mon, 02 Jan 2006 15:04:05 MST',
] as const;

function text(name: string, value: Value | undefined): string {
  if (typeof value !== 'string') throw new ExprError(`${name}() takes a text, not ${typeName(value ?? null)}`);
  return value;
}

function zoneAhead(args: readonly Value[]): ZoneValue | undefined {
  const [first = null] = args;
  return isTimeKind(first) && first.kind === 'zone' ? first : undefined;
}

/** A zone may stand in front; then text, layout and the name of a zone. */
function date(all: readonly Value[]): TimeValue {
  const ahead = zoneAhead(all);
  const [value, layout, name] = ahead === undefined ? all : all.slice(1);
  const zone = name === undefined ? (ahead ?? utc) : loadZone(text('date', name));
  const source = text('date', value);
  const tried = layout === undefined ? layouts : [text('date', layout)];
  for (const one of tried) {
    const found = parsedTime(source, one, zone);
    if (found !== undefined) return found;
  }
  const how = layout === undefined ? 'as a date' : `by the layout ${JSON.stringify(layout)}`;
  throw new ExprError(`date() can't read ${JSON.stringify(source.slice(0, 60))} ${how}`);
}

/** `nowMs`: milliseconds since 1970, the one moment that the whole condition knows. */
export function timeFunctions(nowMs: number | undefined): Readonly<Record<string, PlainFunction>> {
  return {
    now: (args) => {
      if (nowMs === undefined) throw new ExprError('now() has no clock here');
      const zone = zoneAhead(args);
      if (args.length > 0 && zone === undefined)
        throw new ExprError(`now() takes nothing or a timezone(), not ${typeName(args[0] ?? null)}`);
      return { kind: 'time', ns: BigInt(Math.trunc(nowMs)) * 1_000_000n, zone: zone ?? utc };
    },
    duration: ([value]) => parsedDuration(text('duration', value)),
    date: (args) => date(args),
    timezone: ([value]) => loadZone(text('timezone', value)),
  };
}
