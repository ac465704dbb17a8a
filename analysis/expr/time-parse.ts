/** Reads a moment out of a text by a layout of Go's time package, with its tolerances and its refusals. */
import { type CivilTime, daysIn, timeOf, utcSeconds } from './civil-time.ts';
import { type LayoutField, type LayoutPart, layoutParts } from './go-layout.ts';
import { months, nsPerSecond, type TimeValue, utc, weekdays, type ZoneValue } from './time-values.ts';
import { offsetAt, offsetOfAbbreviation } from './time-zone.ts';

interface Found {
  year: number;
  month: number;
  day: number;
  yearDay?: number;
  hour: number;
  minute: number;
  second: number;
  nanosecond: number;
  half?: 'am' | 'pm';
  isUtc?: boolean;
  offsetSeconds?: number;
  abbreviation?: string;
}

/** Thrown inside where the text does not fit the layout. */
class Misfit extends Error {}

/** The moment; fields without a zone are read in `zone`. Undefined where the text does not fit the layout, or names no day. */
export function parsedTime(text: string, layout: string, zone: ZoneValue): TimeValue | undefined {
  try {
    return new TimeReader(text, layoutParts(layout)).read(zone);
  } catch (error) {
    if (error instanceof Misfit) return undefined;
    throw error;
  }
}

class TimeReader {
  private rest: string;
  private readonly parts: readonly LayoutPart[];
  private readonly found: Found = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0, nanosecond: 0 };

  constructor(text: string, parts: readonly LayoutPart[]) {
    this.rest = text;
    this.parts = parts;
  }

  read(zone: ZoneValue): TimeValue {
    for (const [index, part] of this.parts.entries()) {
      if (part.kind === 'text') this.skip(part.text);
      else if (part.kind === 'fraction') this.fraction(part);
      else {
        this.field(part.field);
        const isSecond = part.field === '5' || part.field === '05';
        if (isSecond && this.parts[index + 1]?.kind !== 'fraction') this.unaskedFraction();
      }
    }
    if (this.rest !== '') throw new Misfit();
    return momentOf(this.found, zone);
  }

  /** Spaces of the layout stand for any number of spaces. */
  private skip(text: string): void {
    let left = text;
    while (left !== '') {
      if (left.startsWith(' ')) {
        if (this.rest !== '' && !this.rest.startsWith(' ')) throw new Misfit();
        left = left.replace(/^ +/, '');
        this.rest = this.rest.replace(/^ +/, '');
        continue;
      }
      if (this.rest === '' || this.rest[0] !== left[0]) throw new Misfit();
      left = left.slice(1);
      this.rest = this.rest.slice(1);
    }
  }

  private take(pattern: RegExp): string {
    const text = pattern.exec(this.rest)?.[0];
    if (text === undefined) throw new Misfit();
    this.rest = this.rest.slice(text.length);
    return text;
  }

  private number(pattern: RegExp, least: number, most: number): number {
    const value = Number(this.take(pattern));
    if (value < least || value > most) throw new Misfit();
    return value;
  }

  private one(names: readonly string[], length?: number): number {
    const all = names.map((name) => name.slice(0, length).toLowerCase());
    const lower = this.rest.toLowerCase();
    const index = all.findIndex((name) => lower.startsWith(name));
    if (index < 0) throw new Misfit();
    this.rest = this.rest.slice(all[index]?.length);
    return index;
  }

  private fraction({ digits, exact }: Extract<LayoutPart, { kind: 'fraction' }>): void {
    if (exact) this.nanoseconds(this.take(new RegExp(`^[.,]\\d{${digits}}`)));
    else if (/^[.,]\d/.test(this.rest)) this.nanoseconds(this.take(/^[.,]\d{1,9}/));
  }

  /** A second may have a fraction that the layout does not show. */
  private unaskedFraction(): void {
    if (/^[.,]\d/.test(this.rest)) this.nanoseconds(this.take(/^[.,]\d+/));
  }

  private nanoseconds(text: string): void {
    this.found.nanosecond = Number(text.slice(1, 10).padEnd(9, '0'));
  }

  private field(field: LayoutField): void {
    if (field.startsWith('Z07') || field.startsWith('-07')) return this.offset(field);
    const { found } = this;
    switch (field) {
      case '2006':
        found.year = this.number(/^\d{4}/, 0, 9999);
        return;
      case '06': {
        const short = this.number(/^\d{2}/, 0, 99);
        found.year = short + (short >= 69 ? 1900 : 2000);
        return;
      }
      case 'January':
        found.month = this.one(months) + 1;
        return;
      case 'Jan':
        found.month = this.one(months, 3) + 1;
        return;
      case '01':
        found.month = this.number(/^\d{2}/, 1, 12);
        return;
      case '1':
        found.month = this.number(/^\d{1,2}/, 1, 12);
        return;
      case 'Monday':
        this.one(weekdays);
        return;
      case 'Mon':
        this.one(weekdays, 3);
        return;
      default:
        this.dayOrClock(field);
    }
  }

  private dayOrClock(field: LayoutField): void {
    const { found } = this;
    switch (field) {
      case '2':
        found.day = this.number(/^\d{1,2}/, 0, 99);
        return;
      case '_2':
        found.day = this.number(/^ ?\d{1,2}/, 0, 99);
        return;
      case '02':
        found.day = this.number(/^\d{2}/, 0, 99);
        return;
      case '__2':
        found.yearDay = this.number(/^ {0,2}\d{1,3}/, 0, 999);
        return;
      case '002':
        found.yearDay = this.number(/^\d{3}/, 0, 999);
        return;
      case '15':
        found.hour = this.number(/^\d{1,2}/, 0, 23);
        return;
      case '3':
        found.hour = this.number(/^\d{1,2}/, 0, 12);
        return;
      case '03':
        found.hour = this.number(/^\d{2}/, 0, 12);
        return;
      case '4':
        found.minute = this.number(/^\d{1,2}/, 0, 59);
        return;
      case '04':
        found.minute = this.number(/^\d{2}/, 0, 59);
        return;
      case '5':
        found.second = this.number(/^\d{1,2}/, 0, 59);
        return;
      case '05':
        found.second = this.number(/^\d{2}/, 0, 59);
        return;
      case 'PM':
        found.half = this.take(/^(?:AM|PM)/) === 'PM' ? 'pm' : 'am';
        return;
      case 'pm':
        found.half = this.take(/^(?:am|pm)/) === 'pm' ? 'pm' : 'am';
        return;
      default:
        this.abbreviation();
    }
  }

  private offset(field: LayoutField): void {
    if (field.startsWith('Z') && this.rest.startsWith('Z')) {
      this.take(/^Z/);
      this.found.isUtc = true;
      return;
    }
    const groups = field.replace(/\D/g, '').length / 2;
    const glue = field.includes(':') ? ':' : '';
    const text = this.take(new RegExp(`^[+-]${Array.from({ length: groups }, () => '\\d{2}').join(glue)}`));
    const [hours = 0, minutes = 0, seconds = 0] = (text.match(/\d{2}/g) ?? []).map(Number);
    if (hours > 24 || minutes > 60 || seconds > 60) throw new Misfit();
    const size = hours * 3600 + minutes * 60 + seconds;
    this.found.offsetSeconds = text.startsWith('-') ? -size : size;
  }

  /** Three capitals, four that end in T, five such as ChST, `GMT+3`, or an offset in place of a name. */
  private abbreviation(): void {
    if (this.rest.startsWith('UTC')) {
      this.take(/^UTC/);
      this.found.isUtc = true;
      return;
    }
    const text = this.take(/^(?:GMT(?:[+-]\d+)?|ChST|MeST|WITA|[A-Z]{2,4}T(?![A-Z])|[A-Z]{3}(?![A-Z])|[+-]\d+)/);
    const hours = /^(?:GMT)?([+-]\d+)/.exec(text)?.[1];
    if (hours !== undefined && Math.abs(Number(hours)) > 23) throw new Misfit();
    this.found.abbreviation = text;
  }
}

function momentOf(found: Found, zone: ZoneValue): TimeValue {
  const civil: CivilTime = { ...found, ...dateOf(found), hour: hourOf(found) };
  if (found.isUtc === true) return timeOf(civil, utc);
  const seconds = utcSeconds(civil);
  const at = (unixSeconds: number, of: ZoneValue): TimeValue => ({
    kind: 'time',
    ns: BigInt(unixSeconds) * nsPerSecond + BigInt(civil.nanosecond),
    zone: of,
  });
  const { offsetSeconds, abbreviation: name } = found;
  if (offsetSeconds !== undefined) {
    const unix = seconds - offsetSeconds;
    const isOwn = offsetAt(zone, unix) === offsetSeconds && name === undefined;
    return at(unix, isOwn ? zone : { kind: 'zone', form: 'fixed', name: name ?? '', offsetSeconds });
  }
  if (name === undefined) return timeOf(civil, zone);
  const known = offsetOfAbbreviation(zone, name, seconds);
  if (known !== undefined) return at(seconds - known, zone);
  // An abbreviation that the zone does not know stands for no offset; only `GMT+3` says one, and the clock is UTC's.
  const hours = /^GMT([+-]\d{1,2})$/.exec(name)?.[1] ?? '0';
  return at(seconds, { kind: 'zone', form: 'fixed', name, offsetSeconds: Number(hours) * 3600 });
}

/** A day that the month does not have is refused, not carried over. Fields that the layout lacks are the first ones. */
function dateOf({ year, month, day, yearDay }: Found): Pick<CivilTime, 'year' | 'month' | 'day'> {
  if (yearDay !== undefined) {
    const isLeap = daysIn(year, 2) === 29;
    if (yearDay < 1 || yearDay > (isLeap ? 366 : 365)) throw new Misfit();
    return dayOfYear(year, yearDay);
  }
  const known = { year, month: month || 1, day: day || 1 };
  if (known.day > daysIn(year, known.month)) throw new Misfit();
  return known;
}

function dayOfYear(year: number, yearDay: number): Pick<CivilTime, 'year' | 'month' | 'day'> {
  let [month, day] = [1, yearDay];
  while (day > daysIn(year, month)) {
    day -= daysIn(year, month);
    month += 1;
  }
  return { year, month, day };
}

function hourOf({ hour, half }: Found): number {
  if (half === 'pm' && hour < 12) return hour + 12;
  return half === 'am' && hour === 12 ? 0 : hour;
}
