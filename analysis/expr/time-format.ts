/** Writes a moment by a layout of Go's time package. */
import { civilOf, offsetOf, secondsOf, weekdayOf, yearDayOf } from './civil-time.ts';
import { type LayoutField, type LayoutPart, layoutParts } from './go-layout.ts';
import { months, type TimeValue, weekdays } from './time-values.ts';
import { abbreviationAt } from './time-zone.ts';

export function formatted(time: TimeValue, layout: string): string {
  return layoutParts(layout)
    .map((part) => written(time, part))
    .join('');
}

/** As Go prints a moment. */
export function timeText(time: TimeValue): string {
  return formatted(time, '2006-01-02 15:04:05.999999999 -0700 MST');
}

/** As Go writes a moment into JSON. */
export function timeJson(time: TimeValue): string {
  return formatted(time, '2006-01-02T15:04:05.999999999Z07:00');
}

function written(time: TimeValue, part: LayoutPart): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'field':
      return fieldText(time, part.field);
    case 'fraction': {
      const digits = String(civilOf(time).nanosecond).padStart(9, '0').padEnd(part.digits, '0').slice(0, part.digits);
      const kept = part.exact ? digits : digits.replace(/0+$/, '');
      return kept === '' ? '' : part.point + kept;
    }
  }
}

function padded(value: number, width: number, filler = '0'): string {
  return value < 0 ? `-${String(-value).padStart(width, filler)}` : String(value).padStart(width, filler);
}

function fieldText(time: TimeValue, field: LayoutField): string {
  const { year, month, day, hour, minute, second } = civilOf(time);
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (field) {
    case '2006':
      return padded(year, 4);
    case '06':
      return padded(((year % 100) + 100) % 100, 2);
    case 'January':
      return months[month - 1] ?? '';
    case 'Jan':
      return (months[month - 1] ?? '').slice(0, 3);
    case '1':
      return String(month);
    case '01':
      return padded(month, 2);
    case 'Monday':
      return weekdays[weekdayOf(time)] ?? '';
    case 'Mon':
      return (weekdays[weekdayOf(time)] ?? '').slice(0, 3);
    case '2':
      return String(day);
    case '_2':
      return padded(day, 2, ' ');
    case '02':
      return padded(day, 2);
    case '__2':
      return padded(yearDayOf(time), 3, ' ');
    case '002':
      return padded(yearDayOf(time), 3);
    case '15':
      return padded(hour, 2);
    case '3':
      return String(hour12);
    case '03':
      return padded(hour12, 2);
    case '4':
      return String(minute);
    case '04':
      return padded(minute, 2);
    case '5':
      return String(second);
    case '05':
      return padded(second, 2);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    case 'MST':
      return abbreviationAt(time.zone, secondsOf(time).seconds) || offsetText(offsetOf(time), '-0700');
    default:
      return offsetText(offsetOf(time), field);
  }
}

/** `field` shows the form: with or without colons and seconds; one that begins with Z writes UTC as Z. */
function offsetText(offsetSeconds: number, field: string): string {
  if (field.startsWith('Z') && offsetSeconds === 0) return 'Z';
  const size = Math.abs(offsetSeconds);
  const colon = field.includes(':') ? ':' : '';
  const digits = field.replace(/\D/g, '').length;
  const all = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60].map((value) => padded(value, 2));
  return (offsetSeconds < 0 ? '-' : '+') + all.slice(0, digits / 2).join(colon);
}
