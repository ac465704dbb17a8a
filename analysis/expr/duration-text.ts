/** Durations as Go writes and reads them: `1h30m`, `1.5s`, `-2m3.5s`. */
import { type DurationValue, durationOf } from './time-values.ts';
import { ExprError } from './value.ts';

const units: ReadonlyMap<string, bigint> = new Map([
  ['ns', 1n],
  ['us', 1_000n],
  ['µs', 1_000n],
  ['μs', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const part = /(\d*)(?:\.(\d*))?([^\d.]+)/y;

/** Throws where the text is no duration; days are none, as in Go. */
export function parsedDuration(text: string): DurationValue {
  const sign = /^[+-]/.exec(text)?.[0] ?? '';
  const body = text.slice(sign.length);
  if (body === '0') return durationOf(0n);
  const size = sizeOf(body);
  const limit = 2n ** 63n;
  if (size === undefined || size > (sign === '-' ? limit : limit - 1n))
    throw new ExprError(
      `duration() can't read ${JSON.stringify(text.slice(0, 60))}: write one such as "1h30m", with the units ns, us, ms, s, m and h`,
    );
  return durationOf(sign === '-' ? -size : size);
}

function sizeOf(body: string): bigint | undefined {
  let total = 0n;
  let at = 0;
  do {
    part.lastIndex = at;
    const match = part.exec(body);
    const [whole = '', digits = '', fraction = '', unit = ''] = match ?? [];
    const factor = units.get(unit);
    if (factor === undefined || digits + fraction === '') return undefined;
    const scale = 10n ** BigInt(fraction.length);
    total += BigInt(digits || '0') * factor + (BigInt(fraction || '0') * factor) / scale;
    at += whole.length;
  } while (at < body.length);
  return total;
}

/** The shortest text that says it: below a second in its own unit, above in hours, minutes and seconds. */
export function durationText({ ns }: DurationValue): string {
  if (ns === 0n) return '0s';
  const sign = ns < 0n ? '-' : '';
  const size = ns < 0n ? -ns : ns;
  return sign + (size < 1_000_000_000n ? smallText(size) : clockText(size));
}

function smallText(size: bigint): string {
  if (size < 1_000n) return `${size}ns`;
  return size < 1_000_000n ? `${decimal(size, 3)}µs` : `${decimal(size, 6)}ms`;
}

function clockText(size: bigint): string {
  const minute = 60_000_000_000n;
  const [hours, minutes] = [size / (60n * minute), (size / minute) % 60n];
  const seconds = `${decimal(size % minute, 9)}s`;
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${minutes}m${seconds}` : seconds;
}

/** `size` with the point before its last `places` digits, and without zeros at the end. */
function decimal(size: bigint, places: number): string {
  const digits = String(size).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/, '');
  return digits.slice(0, -places) + (fraction === '' ? '' : `.${fraction}`);
}
