/** What Kubernetes' YAML reader (Go, YAML 1.1 with its own rules) takes a plain scalar for: null, bool, number or text. Pure. */

export type ScalarValue = null | boolean | number | string;

const WORDS: ReadonlyMap<string, null | boolean> = new Map<string, null | boolean>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
]);
const NOT_JSON = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGERS: readonly { pattern: RegExp; radix: number }[] = [
  { pattern: /^([-+]?)0[xX]([0-9a-fA-F]+)$/, radix: 16 },
  { pattern: /^([-+]?)0[bB]([01]+)$/, radix: 2 },
  { pattern: /^([-+]?)0[oO]?([0-7]+)$/, radix: 8 },
  { pattern: /^([-+]?)(0|[1-9][0-9]*)$/, radix: 10 },
];

/** `22:22` and dates are text, `012` is octal, `08` the number 8, `1_000` is 1000, `1e3` is 1000. */
export function plainScalar(text: string): ScalarValue {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/.test(text)) return text;
  // Go drops underscores before it looks for a number, but not when the text starts with a dot.
  const digits = text.startsWith('.') ? text : text.replaceAll('_', '');
  const integer = integerOf(digits);
  if (integer !== undefined) return integer;
  if (!FLOAT.test(digits)) return text;
  const number = Number(digits);
  // Out of range is an error for Go's parser, and then the scalar stays text.
  return Number.isFinite(number) ? number + 0 : text;
}

/** Why a plain scalar can't be carried as JSON without changing it; undefined when it can. */
export function scalarProblem(text: string): string | undefined {
  if (NOT_JSON.test(text)) return `${text} is not a number that JSON can carry; quote it if it is text`;
  if (text.length < 10 || !/^[-+0-9]/.test(text)) return undefined;
  const integer = integerOf(text.replaceAll('_', ''));
  if (integer === undefined || Number.isSafeInteger(integer)) return undefined;
  return `the number ${text.slice(0, 40)} is larger than 9007199254740991 and would be rounded; quote it if it is text`;
}

function integerOf(text: string): number | undefined {
  for (const { pattern, radix } of INTEGERS) {
    const match = pattern.exec(text);
    if (match === null) continue;
    const value = radix === 10 ? Number(match[2]) : Number.parseInt(match[2] ?? '', radix);
    // `+ 0` makes -0 a plain 0, as JSON has it.
    return match[1] === '-' ? 0 - value : value;
  }
  return undefined;
}
