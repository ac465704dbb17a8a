/** Cuts the source of a condition into tokens, each with its offset. */
import { ExprError } from './value.ts';

export interface Token {
  readonly kind: 'int' | 'float' | 'string' | 'name' | 'operator' | 'bracket' | 'end';
  readonly text: string;
  readonly at: number;
}

/** Longer sources are refused: no hand-written condition comes near it. */
export const maxSourceLength = 16_384;

const wordOperators: ReadonlySet<string> = new Set([
  'in',
  'or',
  'and',
  'not',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'let',
  'if',
  'else',
]);

const space = /\s+/y;
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const name = /[\p{L}_$][\p{L}\p{Nd}_$]*/uy;
const number = /0[xX][0-9a-fA-F_]+|0[bB][01_]+|0[oO][0-7_]+|(?:\d[\d_]*)?(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?/y;
const operator = /\*\*|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\.\.|::|[-+*/%^<>!?:;,.#|&=]/y;

function matchAt(pattern: RegExp, source: string, at: number): string | undefined {
  pattern.lastIndex = at;
  const text = pattern.exec(source)?.[0];
  return text === '' ? undefined : text;
}

/** Tokens of a condition, the last one of kind `end`. Throws ExprError at the first character that is no part of the language. */
export function tokens(source: string): readonly Token[] {
  if (source.length > maxSourceLength) {
    throw new ExprError(`the expression is longer than ${maxSourceLength} characters`, 0);
  }
  const found: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const blank = matchAt(space, source, at) ?? matchAt(comment, source, at);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    const read = readToken(source, at);
    found.push(read.token);
    at = read.end;
  }
  return [...found, { kind: 'end', text: 'end of expression', at: source.length }];
}

function readToken(source: string, at: number): { readonly token: Token; readonly end: number } {
  const first = source[at] ?? '';
  if (first === '"' || first === "'") return readQuoted(source, at, first);
  if (first === '`') return readRaw(source, at);
  if (/[()[\]{}]/.test(first)) return { token: { kind: 'bracket', text: first, at }, end: at + 1 };
  if (/\d/.test(first) || (first === '.' && /\d/.test(source[at + 1] ?? ''))) return readNumber(source, at);
  const word = matchAt(name, source, at);
  if (word !== undefined) return readWord(source, at, word);
  const sign = matchAt(operator, source, at);
  if (sign === '&') throw new ExprError('"&" is no operator; use "&&"', at);
  if (sign === undefined) throw new ExprError(`unexpected character ${JSON.stringify(first)}`, at);
  return { token: { kind: 'operator', text: sign, at }, end: at + sign.length };
}

function readWord(source: string, at: number, word: string): { readonly token: Token; readonly end: number } {
  const end = at + word.length;
  if (word === 'b' && /['"]/.test(source[end] ?? ''))
    throw new ExprError('byte literals (b"...") are not supported', at);
  return { token: { kind: wordOperators.has(word) ? 'operator' : 'name', text: word, at }, end };
}

function readNumber(source: string, at: number): { readonly token: Token; readonly end: number } {
  const text = matchAt(number, source, at) ?? '';
  const end = at + text.length;
  if (text === '' || /[\p{L}\p{Nd}_]/u.test(source[end] ?? '')) throw new ExprError('a number is written wrong', at);
  const plain = text.replaceAll('_', '');
  const isFloat = !/^0[xXbBoO]/.test(plain) && /[.eE]/.test(plain);
  return { token: { kind: isFloat ? 'float' : 'int', text: plain, at }, end };
}

function readRaw(source: string, at: number): { readonly token: Token; readonly end: number } {
  const end = source.indexOf('`', at + 1);
  if (end < 0) throw new ExprError('a text that begins with ` has no end', at);
  return { token: { kind: 'string', text: source.slice(at + 1, end), at }, end: end + 1 };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '`': '`',
  '?': '?',
};

const numericEscape = /x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})/y;

function readQuoted(source: string, start: number, quote: string): { readonly token: Token; readonly end: number } {
  let text = '';
  let at = start + 1;
  while (source[at] !== quote) {
    const char = source[at];
    if (char === undefined || char === '\n') throw new ExprError(`a text that begins with ${quote} has no end`, start);
    if (char === '\\') {
      const escape = readEscape(source, at + 1);
      text += escape.text;
      at = escape.end;
    } else {
      text += char;
      at += 1;
    }
  }
  return { token: { kind: 'string', text, at: start }, end: at + 1 };
}

function readEscape(source: string, at: number): { readonly text: string; readonly end: number } {
  const simple = simpleEscapes[source[at] ?? ''];
  if (simple !== undefined) return { text: simple, end: at + 1 };
  numericEscape.lastIndex = at;
  const match = numericEscape.exec(source);
  const hex = match?.[1] ?? match?.[2] ?? match?.[3];
  const code = hex === undefined ? Number.parseInt(match?.[4] ?? '', 8) : Number.parseInt(hex, 16);
  if (match === null || code > 0x10ffff) throw new ExprError('a text has an unknown escape after \\', at - 1);
  return { text: String.fromCodePoint(code), end: at + match[0].length };
}
