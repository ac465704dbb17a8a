/** Offsets and abbreviations of time zones, out of the tz database of the runtime; the answers depend on nothing else. */
import { utc, type ZoneValue } from './time-values.ts';
import { ExprError } from './value.ts';

const offsets = new Map<string, Intl.DateTimeFormat>();
const abbreviations = new Map<string, Intl.DateTimeFormat>();

/** Places whose English or own language knows an abbreviation that others write as an offset. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'ja-JP', 'ko-KR'] as const;

/** A zone by its name in the tz database; an empty name and `Local` are UTC, since nothing here depends on the machine. */
export function loadZone(name: string): ZoneValue {
  if (name === '' || name === 'UTC' || name === 'Local') return utc;
  const unknown = new ExprError(`the time zone ${JSON.stringify(name)} is unknown: write one such as "Europe/Berlin"`);
  if (!/^[A-Za-z]/.test(name) || name.length > 64) throw unknown;
  try {
    offsetFormat(name);
    return { kind: 'zone', form: 'named', name };
  } catch (error) {
    if (error instanceof RangeError) throw unknown;
    throw error;
  }
}

function offsetFormat(name: string): Intl.DateTimeFormat {
  const known = offsets.get(name);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  offsets.set(name, made);
  return made;
}

function zonePart(format: Intl.DateTimeFormat, unixSeconds: number): string {
  const ms = Math.min(Math.max(unixSeconds * 1000, -8.64e15), 8.64e15);
  return format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

/** Seconds east of UTC at this moment. */
export function offsetAt(zone: ZoneValue, unixSeconds: number): number {
  if (zone.form === 'utc') return 0;
  if (zone.form === 'fixed') return zone.offsetSeconds;
  const match = /([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(zonePart(offsetFormat(zone.name), unixSeconds));
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = '0'] = match;
  const size = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return sign === '-' ? -size : size;
}

/** `CEST`, or where nobody has a word for it the offset, such as `+04` or `+0545`. Empty for an offset without a name. */
export function abbreviationAt(zone: ZoneValue, unixSeconds: number): string {
  if (zone.form === 'utc') return 'UTC';
  if (zone.form === 'fixed') return zone.name;
  const [standard, summer] = further[zone.name] ?? [];
  if (standard !== undefined) return summer !== undefined && isSummerTime(zone, unixSeconds) ? summer : standard;
  for (const locale of locales) {
    const id = `${locale} ${zone.name}`;
    const format =
      abbreviations.get(id) ?? new Intl.DateTimeFormat(locale, { timeZone: zone.name, timeZoneName: 'short' });
    abbreviations.set(id, format);
    const text = zonePart(format, unixSeconds);
    // The tz database has no word for the time of the Gulf.
    if (/^[A-Z]{2,5}$/.test(text) && text !== 'GST') return text;
  }
  return offsetText(offsetAt(zone, unixSeconds));
}

/** Abbreviations of standard and of summer time that no language of the runtime knows. */
const further: Readonly<Record<string, readonly [string, string?]>> = {
  'Asia/Hong_Kong': ['HKT'],
  'Asia/Jakarta': ['WIB'],
  'Asia/Jerusalem': ['IST', 'IDT'],
  'Asia/Karachi': ['PKT'],
  'Asia/Manila': ['PST'],
  'Asia/Seoul': ['KST'],
  'Asia/Shanghai': ['CST'],
  'Asia/Taipei': ['CST'],
  'Europe/Moscow': ['MSK'],
};

function offsetText(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  const two = (value: number) => String(value).padStart(2, '0');
  const rest = minutes % 60 === 0 ? '' : two(minutes % 60);
  return `${seconds < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}${rest}`;
}

const halfYearSeconds = 182 * 86_400;

/** Moments half a year around this one: summer and winter time of a zone that has both. */
export function seasons(unixSeconds: number): readonly number[] {
  return [unixSeconds, unixSeconds - halfYearSeconds, unixSeconds + halfYearSeconds];
}

/** Summer time: the clock is ahead of what it is in the other half of the year. */
export function isSummerTime(zone: ZoneValue, unixSeconds: number): boolean {
  const [now = 0, ...others] = seasons(unixSeconds).map((one) => offsetAt(zone, one));
  return now > Math.min(...others);
}

/** The offset that this abbreviation has in the zone around this moment; undefined where the zone does not know it. */
export function offsetOfAbbreviation(zone: ZoneValue, name: string, unixSeconds: number): number | undefined {
  const at = seasons(unixSeconds).find((one) => abbreviationAt(zone, one) === name);
  return at === undefined ? undefined : offsetAt(zone, at);
}
