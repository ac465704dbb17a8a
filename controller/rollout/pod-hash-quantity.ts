/**
 * The canonical form of a Kubernetes quantity as Go writes it back ("0.5" -> "500m", "1024Mi" -> "1Gi"), with the
 * quirks of its parser, because the hash is over exactly that text.
 */

type Format = 'decimal' | 'binary' | 'exponent';

/** The number `digits` x 10^`exponent`. */
interface Amount {
  readonly digits: bigint;
  readonly exponent: number;
}

interface Suffix {
  readonly format: Format;
  /** Power of ten, or of two for the binary format. */
  readonly exponent: number;
}

const decimalSuffixes: ReadonlyMap<string, number> = new Map([
  ['n', -9],
  ['u', -6],
  ['m', -3],
  ['', 0],
  ['k', 3],
  ['M', 6],
  ['G', 9],
  ['T', 12],
  ['P', 15],
  ['E', 18],
]);
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const maxBinary = 2n ** 63n - 1n;
const nanoDigits = 9;
/** Go keeps numbers of up to 18 digits in an int64; only those keep the text they were written in. */
const maxShortDigits = 18;
/** Beyond this the power of ten alone would cost more than any real template is worth. */
const maxExponent = 4096;

/** Canonical text of a quantity; a text that is no quantity comes back as it is. */
export function canonicalQuantity(text: string): string {
  const trimmed = text.trim();
  const match = /^([+-]?)0*(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[+-]?\d*)$/.exec(trimmed);
  if (match === null || trimmed === '') return text;
  const [, sign = '', whole = '', fraction = '', suffixText = ''] = match;
  const suffix = parseSuffix(suffixText);
  if (suffix === undefined) return text;
  const digits = (whole === '' ? '0' : whole) + fraction;
  if (isShort(digits, fraction, suffix)) return shortQuantity(trimmed, sign, digits, fraction.length, suffix);
  return Math.abs(suffix.exponent) > maxExponent ? text : longQuantity(sign, digits, fraction.length, suffix);
}

function parseSuffix(text: string): Suffix | undefined {
  const decimal = decimalSuffixes.get(text);
  if (decimal !== undefined) return { format: 'decimal', exponent: decimal };
  const binary = binarySuffixes.indexOf(text);
  if (binary > 0) return { format: 'binary', exponent: binary * 10 };
  return /^[eE][+-]?\d+$/.test(text) ? { format: 'exponent', exponent: Number(text.slice(1)) } : undefined;
}

function isShort(digits: string, fraction: string, { format, exponent }: Suffix): boolean {
  if (format !== 'binary') return digits.length <= maxShortDigits && exponent - fraction.length >= -nanoDigits;
  return fraction === '' && 14 - digits.length - Math.trunc((exponent * 3) / 10) >= 0;
}

/** Go returns the text as written when it takes it for canonical already; by its own test "12.345" is. */
function shortQuantity(text: string, sign: string, digits: string, fractionDigits: number, suffix: Suffix): string {
  const value = BigInt(digits);
  const signed = sign === '-' ? -value : value;
  if (suffix.format === 'binary') {
    if ((value & 7n) !== 0n) return text;
    return canonical({ digits: signed << BigInt(suffix.exponent), exponent: 0 }, 'binary');
  }
  const exponent = suffix.exponent - fractionDigits;
  if (exponent % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')) return text;
  return canonical({ digits: signed, exponent }, suffix.format);
}

/** Long or fine numbers: rounded away from zero to nano, and capped at int64 in the binary format. */
function longQuantity(sign: string, digits: string, fractionDigits: number, suffix: Suffix): string {
  const binary = suffix.format === 'binary';
  const unscaled = binary ? BigInt(digits) << BigInt(suffix.exponent) : BigInt(digits);
  let amount = roundUp({ digits: unscaled, exponent: (binary ? 0 : suffix.exponent) - fractionDigits }, -nanoDigits);
  let format = suffix.format;
  if (binary && compare(amount, maxBinary) > 0) amount = { digits: maxBinary, exponent: 0 };
  if (binary && compare(amount, 1n) < 0) format = 'decimal';
  return canonical(sign === '-' ? { ...amount, digits: -amount.digits } : amount, format);
}

function canonical(amount: Amount, format: Format): string {
  if (amount.digits === 0n) return '0';
  if (format === 'binary' && isWholeKibi(amount)) return binaryText(roundUp(amount, 0));
  return decimalText(amount, format === 'exponent' ? 'exponent' : 'decimal');
}

/** Only whole numbers of at least 1024 are written with binary suffixes. */
function isWholeKibi(amount: Amount): boolean {
  const size = amount.digits < 0n ? { ...amount, digits: -amount.digits } : amount;
  return compare(size, 1024n) >= 0 && (amount.exponent >= 0 || amount.digits % 10n ** BigInt(-amount.exponent) === 0n);
}

function binaryText(amount: Amount): string {
  let number = amount.digits * 10n ** BigInt(amount.exponent);
  let power = 0;
  while (number % 1024n === 0n) {
    number /= 1024n;
    power += 1;
  }
  return [number, binarySuffixes[power]].join('');
}

/** A decimal suffix that does not exist (10^21) is left out, as Go does. */
function decimalText(amount: Amount, format: 'decimal' | 'exponent'): string {
  let { digits, exponent } = amount;
  while (digits % 10n === 0n) {
    digits /= 10n;
    exponent += 1;
  }
  while (exponent % 3 !== 0) {
    digits *= 10n;
    exponent -= 1;
  }
  if (format === 'exponent') return exponent === 0 ? String(digits) : `${digits}e${exponent}`;
  const suffix = [...decimalSuffixes].find(([, power]) => power === exponent);
  return `${digits}${suffix?.[0] ?? ''}`;
}

/** Of an amount that is whole at that exponent, or not negative. */
function roundUp(amount: Amount, exponent: number): Amount {
  if (amount.exponent >= exponent) return amount;
  const divisor = 10n ** BigInt(exponent - amount.exponent);
  const whole = amount.digits / divisor;
  return { digits: amount.digits % divisor === 0n ? whole : whole + 1n, exponent };
}

function compare(amount: Amount, other: bigint): number {
  const left = amount.exponent >= 0 ? amount.digits * 10n ** BigInt(amount.exponent) : amount.digits;
  const right = amount.exponent >= 0 ? other : other * 10n ** BigInt(-amount.exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}
