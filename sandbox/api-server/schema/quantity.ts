/** Quantities such as 500m or 1Gi in their canonical form, as a server writes them back. */

const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei)|(n|u|m|k|M|G|T|P|E)|[eE]([+-]?\d+))?$/;
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const decimal: readonly (readonly [suffix: string, exponent: number])[] = [
  ['E', 18],
  ['P', 15],
  ['T', 12],
  ['G', 9],
  ['M', 6],
  ['k', 3],
  ['', 0],
  ['m', -3],
  ['u', -6],
  ['n', -9],
];

/** In billionths. */
interface Amount {
  readonly nanos: bigint;
  readonly style: 'binary' | 'decimal' | 'exponent';
}

const known = new Map<string, string>();

/** undefined when it is no quantity. */
export function canonicalQuantity(text: string): string | undefined {
  const made = known.get(text);
  if (made !== undefined) return made;
  const amount = amountOf(text);
  if (amount === undefined) return undefined;
  const canonical = written(amount);
  if (known.size < 10_000) known.set(text, canonical);
  return canonical;
}

/** For comparing quantities; undefined when it is none. */
export function quantityNanos(text: string): bigint | undefined {
  return amountOf(text)?.nanos;
}

function amountOf(text: string): Amount | undefined {
  const [, sign, whole = '', fraction = '', bin, dec, exponent] = form.exec(text) ?? [];
  if (sign === undefined || (whole === '' && fraction === '')) return undefined;
  const power = exponent === undefined ? (decimal.find(([suffix]) => suffix === dec)?.[1] ?? 0) : Number(exponent);
  const factor = bin === undefined ? 1n : 1024n ** BigInt(binary.indexOf(bin));
  const scale = power + 9 - fraction.length;
  const digits = BigInt(`${whole}${fraction}` || '0') * factor;
  const nanos = scale >= 0 ? digits * 10n ** BigInt(scale) : roundedUp(digits, 10n ** BigInt(-scale));
  const style = bin !== undefined ? 'binary' : exponent !== undefined ? 'exponent' : 'decimal';
  return { nanos: sign === '-' ? -nanos : nanos, style };
}

function roundedUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by;
}

function written({ nanos, style }: Amount): string {
  if (nanos === 0n) return '0';
  const isBinary = style === 'binary' && nanos % 1_000_000_000n === 0n && abs(nanos) >= 1024n * 1_000_000_000n;
  if (isBinary) return binaryText(nanos / 1_000_000_000n);
  const [suffix, exponent] = decimal.find(([, power]) => nanos % 10n ** BigInt(power + 9) === 0n) ?? ['n', -9];
  const mantissa = nanos / 10n ** BigInt(exponent + 9);
  if (style === 'exponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  return `${mantissa}${suffix}`;
}

function binaryText(units: bigint): string {
  let [left, index] = [units, 0];
  while (left % 1024n === 0n && index < binary.length - 1) [left, index] = [left / 1024n, index + 1];
  return `${left}${binary[index] ?? ''}`;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
