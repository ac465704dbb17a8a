/** Numbers, durations and texts as they are written in a query. */

import { badQuery, notServed } from './problem.ts';

const unitMs: readonly (readonly [unit: string, ms: number])[] = [
  ['y', 365 * 86_400_000],
  ['w', 7 * 86_400_000],
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];

const durationForm = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/;

/** Milliseconds of 1h30m; undefined when it is no duration. */
export function durationMs(text: string): number | undefined {
  const parts = durationForm.exec(text);
  if (parts === null || text === '') return undefined;
  return unitMs.reduce((sum, [, ms], at) => sum + Number.parseInt(parts[at + 1] ?? '0', 10) * ms, 0);
}

/** For ranges, steps and offsets. */
export function durationLiteral(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw badQuery(`bad duration syntax: "${text}"`);
  if (ms === 0) throw badQuery('duration must be greater than 0');
  return ms;
}

/** Without a sign. */
export function numberLiteral(text: string): number {
  const plain = text.toLowerCase();
  if (plain === 'inf') return Number.POSITIVE_INFINITY;
  if (plain === 'nan') return Number.NaN;
  const value = Number(plain);
  if (!Number.isNaN(value)) return value;
  throw durationMs(plain) === undefined
    ? badQuery(`bad number or duration syntax: "${text}"`)
    : notServed(`a duration as a number ("${text}")`);
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/** A text with its quotes; between backticks nothing is escaped. */
export function stringLiteral(text: string): string {
  const inside = text.slice(1, -1);
  if (text.startsWith('`')) return inside;
  const form = /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|[\s\S]|$)/g;
  return inside.replace(form, (_, code: string) => {
    const plain = escapes[code];
    if (plain !== undefined) return plain;
    const number = /^[xuU]/.test(code) ? Number.parseInt(code.slice(1), 16) : Number.parseInt(code, 8);
    if (Number.isNaN(number) || code.length < 3) throw badQuery(`unknown escape sequence in ${text}`);
    return String.fromCodePoint(number);
  });
}
