/** Functions over text and JSON. */
import type { PlainFunction } from './function-types.ts';
import { jsonText, parsedJson } from './json-text.ts';
import { ExprError, isList, type Value, typeName } from './value.ts';
import { valueText } from './value-text.ts';

function text(name: string, value: Value | undefined): string {
  if (typeof value !== 'string') throw new ExprError(`${name}() takes a text, not ${typeName(value ?? null)}`);
  return value;
}

function count(name: string, value: Value | undefined): number {
  if (typeof value !== 'bigint') throw new ExprError(`${name}() takes an integer here, not ${typeName(value ?? null)}`);
  return Number(value);
}

/** Go's strings.Trim: cuts all leading and trailing characters that occur in the set. */
function trimmed(value: string, set: string): string {
  const chars = Array.from(value);
  let [start, end] = [0, chars.length];
  while (start < end && set.includes(chars[start] ?? '')) start += 1;
  while (end > start && set.includes(chars[end - 1] ?? '')) end -= 1;
  return chars.slice(start, end).join('');
}

/** Go's SplitN: at most n parts, the last one whole; n < 0 means all, 0 none. */
function splitN(value: string, separator: string, n: number): string[] {
  const parts = separator === '' ? Array.from(value) : value.split(separator);
  if (n === 0) return [];
  if (n < 0 || parts.length <= n) return parts;
  return [...parts.slice(0, n - 1), parts.slice(n - 1).join(separator)];
}

/** Go's SplitAfterN: as SplitN, and each part keeps the separator that ends it. */
function splitAfterN(value: string, separator: string, n: number): string[] {
  const parts = splitN(value, separator, n);
  return parts.map((part, index) => (index < parts.length - 1 ? part + separator : part));
}

function toBase64(value: string): string {
  return btoa(Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join(''));
}

function fromBase64(value: string): string {
  // Go's decoder wants the padding; JavaScript's does without.
  if (value.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(value))
    throw new ExprError(`fromBase64() can't read ${valueText(value.slice(0, 40))} as base64`);
  return new TextDecoder().decode(Uint8Array.from(atob(value), (char) => char.charCodeAt(0)));
}

function replaced(value: string, from: string, to: string, n: number): string {
  const parts = from === '' ? ['', ...Array.from(value), ''] : value.split(from);
  const times = n < 0 ? parts.length - 1 : Math.min(n, parts.length - 1);
  return parts.reduce((sum, part, index) => sum + (index <= times ? to : from) + part);
}

function joined(value: Value | undefined, glue: string): string {
  if (!isList(value ?? null)) throw new ExprError(`join() takes a list, not ${typeName(value ?? null)}`);
  return (value as readonly Value[]).map((item) => text('join', item)).join(glue);
}

/** Counts in bytes, as Go's strings.Index does. */
function byteIndex(value: string, index: number): bigint {
  return index < 0 ? -1n : BigInt(new TextEncoder().encode(value.slice(0, index)).length);
}

function repeated(value: string, times: number): string {
  if (times < 0) throw new ExprError("repeat() can't repeat a negative number of times");
  if (value.length * times > 1_000_000) throw new ExprError('repeat() would make more than 1000000 characters');
  return value.repeat(times);
}

export const textFunctions: Readonly<Record<string, PlainFunction>> = {
  string: ([value]) => (typeof value === 'string' ? value : valueText(value ?? null)),
  trim: ([value, set]) =>
    set === undefined ? text('trim', value).trim() : trimmed(text('trim', value), text('trim', set)),
  trimPrefix: ([value, prefix]) => {
    const [whole, start] = [text('trimPrefix', value), prefix === undefined ? ' ' : text('trimPrefix', prefix)];
    return whole.startsWith(start) ? whole.slice(start.length) : whole;
  },
  trimSuffix: ([value, suffix]) => {
    const [whole, end] = [text('trimSuffix', value), suffix === undefined ? ' ' : text('trimSuffix', suffix)];
    return end !== '' && whole.endsWith(end) ? whole.slice(0, -end.length) : whole;
  },
  upper: ([value]) => text('upper', value).toUpperCase(),
  lower: ([value]) => text('lower', value).toLowerCase(),
  split: ([value, separator, n], meter) =>
    meter.list(splitN(text('split', value), text('split', separator), n === undefined ? -1 : count('split', n))),
  splitAfter: ([value, separator, n], meter) =>
    meter.list(
      splitAfterN(
        text('splitAfter', value),
        text('splitAfter', separator),
        n === undefined ? -1 : count('splitAfter', n),
      ),
    ),
  toBase64: ([value], meter) => meter.text(toBase64(text('toBase64', value))),
  fromBase64: ([value], meter) => meter.text(fromBase64(text('fromBase64', value))),
  join: ([list, glue], meter) => meter.text(joined(list, glue === undefined ? '' : text('join', glue))),
  replace: ([value, from, to, n], meter) =>
    meter.text(
      replaced(
        text('replace', value),
        text('replace', from),
        text('replace', to),
        n === undefined ? -1 : count('replace', n),
      ),
    ),
  repeat: ([value, times]) => repeated(text('repeat', value), count('repeat', times)),
  indexOf: ([value, part]) => byteIndex(text('indexOf', value), text('indexOf', value).indexOf(text('indexOf', part))),
  lastIndexOf: ([value, part]) =>
    byteIndex(text('lastIndexOf', value), text('lastIndexOf', value).lastIndexOf(text('lastIndexOf', part))),
  hasPrefix: ([value, prefix]) => text('hasPrefix', value).startsWith(text('hasPrefix', prefix)),
  hasSuffix: ([value, suffix]) => text('hasSuffix', value).endsWith(text('hasSuffix', suffix)),
  toJSON: ([value], meter) => meter.text(jsonText(value ?? null)),
  fromJSON: ([value]) => parsedJson(text('fromJSON', value)),
};
