/** Values as Go prints them. */
import { durationText } from './duration-text.ts';
import { timeText } from './time-format.ts';
import { calendarText, type TimeKind, zoneName } from './time-values.ts';
import { isList, isMap, isTimeKind, type Value } from './value.ts';

/** A float as Go's `%v` prints it: with an exponent below 1e-4 and from 1e6 on, which has two digits at least. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  const isPlain = size === 0 || (size >= 1e-4 && size < 1e6);
  // The value itself decides, not what it is rounded to: the shortest text that reads as the same number.
  return isPlain ? String(value) : value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Text of a value as Go's `%v` prints it. */
export function valueText(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'number') return floatText(value);
  if (isList(value)) return `[${value.map(valueText).join(' ')}]`;
  if (isMap(value)) {
    const pairs = [...value.keys()].toSorted().map((key) => `${key}:${valueText(value.get(key) ?? null)}`);
    return `map[${pairs.join(' ')}]`;
  }
  return isTimeKind(value) ? timeValueText(value) : String(value);
}

function timeValueText(value: TimeKind): string {
  switch (value.kind) {
    case 'time':
      return timeText(value);
    case 'duration':
      return durationText(value);
    case 'zone':
      return zoneName(value);
    case 'month':
    case 'weekday':
      return calendarText(value);
  }
}
