/** Reads a regular expression in Go's RE2 syntax into a small program; what RE2 refuses (look-around, back-references) is refused too. */
import { ExprError } from './value.ts';

export type Instruction =
  | { readonly op: 'char'; readonly accepts: (codePoint: number) => boolean }
  | { readonly op: 'split'; readonly first: number; readonly second: number }
  | { readonly op: 'jump'; readonly to: number }
  | { readonly op: 'assert'; readonly what: Assertion }
  | { readonly op: 'match' };

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word';

type Piece =
  | { readonly kind: 'char'; readonly accepts: (codePoint: number) => boolean }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly Piece[] }
  | { readonly kind: 'either'; readonly options: readonly Piece[] }
  | { readonly kind: 'repeat'; readonly item: Piece; readonly min: number; readonly max: number };

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

const maxPatternLength = 1000;
const maxRepeat = 1000;
const maxProgram = 5000;

/** `visits` bounds repetitions of nothing, such as `((){999}){999}`, which add no instructions. */
type Program = Instruction[] & { visits?: number };

/** Compiles a pattern; throws ExprError naming what is not supported. */
export function compileRegex(pattern: string): readonly Instruction[] {
  if (pattern.length > maxPatternLength)
    throw new ExprError(`a pattern may have ${maxPatternLength} characters at most`);
  const piece = new RegexParser(pattern).parseAll();
  const program: Program = [];
  emit(piece, program);
  program.push({ op: 'match' });
  return program;
}

function emit(piece: Piece, program: Program): void {
  program.visits = (program.visits ?? 0) + 1;
  if (program.length > maxProgram || program.visits > 4 * maxProgram)
    throw new ExprError('the pattern is too large: use fewer or smaller repetitions');
  switch (piece.kind) {
    case 'char':
      program.push({ op: 'char', accepts: piece.accepts });
      return;
    case 'assert':
      program.push({ op: 'assert', what: piece.what });
      return;
    case 'sequence':
      for (const item of piece.items) emit(item, program);
      return;
    case 'either':
      emitEither(piece.options, program);
      return;
    case 'repeat':
      emitRepeat(piece, program);
      return;
  }
}

function emitEither(options: readonly Piece[], program: Program): void {
  const exits: number[] = [];
  for (const [index, option] of options.entries()) {
    if (index === options.length - 1) emit(option, program);
    else {
      const fork = program.length;
      program.push({ op: 'match' });
      emit(option, program);
      exits.push(program.length);
      program.push({ op: 'match' });
      program[fork] = { op: 'split', first: fork + 1, second: program.length };
    }
  }
  for (const exit of exits) program[exit] = { op: 'jump', to: program.length };
}

function emitRepeat(piece: Extract<Piece, { kind: 'repeat' }>, program: Program): void {
  for (let count = 0; count < piece.min; count += 1) emit(piece.item, program);
  if (piece.max === Number.POSITIVE_INFINITY) {
    const fork = program.length;
    program.push({ op: 'match' });
    emit(piece.item, program);
    program.push({ op: 'jump', to: fork });
    program[fork] = { op: 'split', first: fork + 1, second: program.length };
    return;
  }
  const forks: number[] = [];
  for (let count = piece.min; count < piece.max; count += 1) {
    forks.push(program.length);
    program.push({ op: 'match' });
    emit(piece.item, program);
  }
  for (const fork of forks) program[fork] = { op: 'split', first: fork + 1, second: program.length };
}

function isIn(ranges: readonly (readonly [number, number])[]): (codePoint: number) => boolean {
  return (codePoint) => ranges.some(([low, high]) => codePoint >= low && codePoint <= high);
}

function not(accepts: (codePoint: number) => boolean): (codePoint: number) => boolean {
  return (codePoint) => !accepts(codePoint);
}

const digit = isIn([[48, 57]]);
export const isWord = isIn([
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]);
const white = isIn([
  [9, 10],
  [12, 13],
  [32, 32],
]);

const perlClasses: Readonly<Record<string, (codePoint: number) => boolean>> = {
  d: digit,
  D: not(digit),
  w: isWord,
  W: not(isWord),
  s: white,
  S: not(white),
};

const posixClasses: Readonly<Record<string, (codePoint: number) => boolean>> = {
  alnum: isIn([
    [48, 57],
    [65, 90],
    [97, 122],
  ]),
  alpha: isIn([
    [65, 90],
    [97, 122],
  ]),
  ascii: isIn([[0, 127]]),
  blank: isIn([
    [9, 9],
    [32, 32],
  ]),
  cntrl: isIn([
    [0, 31],
    [127, 127],
  ]),
  digit,
  graph: isIn([[33, 126]]),
  lower: isIn([[97, 122]]),
  print: isIn([[32, 126]]),
  punct: isIn([
    [33, 47],
    [58, 64],
    [91, 96],
    [123, 126],
  ]),
  space: isIn([
    [9, 13],
    [32, 32],
  ]),
  upper: isIn([[65, 90]]),
  word: isWord,
  xdigit: isIn([
    [48, 57],
    [65, 70],
    [97, 102],
  ]),
};

const controlEscapes: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const assertions: Readonly<Record<string, Assertion>> = { A: 'text-start', z: 'text-end', b: 'word', B: 'not-word' };

class RegexParser {
  private readonly chars: readonly string[];
  private at = 0;
  private depth = 0;

  constructor(pattern: string) {
    this.chars = Array.from(pattern);
  }

  parseAll(): Piece {
    const piece = this.either({ ignoreCase: false, multiLine: false, dotAll: false });
    if (this.at < this.chars.length) throw new ExprError('the pattern has a ")" without "("');
    return piece;
  }

  private peek(text: string): boolean {
    return Array.from(text).every((char, index) => this.chars[this.at + index] === char);
  }

  private accept(text: string): boolean {
    if (!this.peek(text)) return false;
    this.at += text.length;
    return true;
  }

  private next(): string {
    const char = this.chars[this.at];
    if (char === undefined) throw new ExprError('the pattern ends too early');
    this.at += 1;
    return char;
  }

  private either(flags: Flags): Piece {
    this.depth += 1;
    if (this.depth > 50) throw new ExprError('the pattern is nested too deeply');
    const options: Piece[] = [];
    let effective = flags;
    do {
      const branch = this.sequence(effective);
      effective = branch.flags;
      options.push(branch.piece);
    } while (this.accept('|'));
    this.depth -= 1;
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'either', options };
  }

  /** Flags set by `(?i)` hold to the end of the group, across `|`. */
  private sequence(given: Flags): { readonly piece: Piece; readonly flags: Flags } {
    const items: Piece[] = [];
    let flags = given;
    while (this.at < this.chars.length && !this.peek('|') && !this.peek(')')) {
      const changed = this.flagGroup(flags);
      if (changed !== undefined) flags = changed;
      else items.push(this.repeated(flags));
    }
    return { piece: { kind: 'sequence', items }, flags };
  }

  private flagGroup(flags: Flags): Flags | undefined {
    const match = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(this.chars.slice(this.at, this.at + 20).join(''));
    if (match === null) return undefined;
    this.at += match[0].length;
    return withFlags(flags, match[1] ?? '', match[2] ?? '');
  }

  private repeated(flags: Flags): Piece {
    let item = this.atom(flags);
    for (let count = 0; ; count += 1) {
      const range = this.quantifier();
      if (range === undefined) return item;
      if (count > 0) throw new ExprError('the pattern repeats a repetition; use parentheses');
      this.accept('?');
      item = { kind: 'repeat', item, min: range[0], max: range[1] };
    }
  }

  private quantifier(): readonly [number, number] | undefined {
    if (this.accept('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.accept('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.accept('?')) return [0, 1];
    const match = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.chars.slice(this.at, this.at + 14).join(''));
    if (match === null) return undefined;
    this.at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3]);
    const bad = min > maxRepeat || max < min || (max !== Number.POSITIVE_INFINITY && max > maxRepeat);
    if (bad) throw new ExprError(`a repetition must be between 0 and ${maxRepeat}, the smaller number first`);
    return [min, max];
  }

  private atom(flags: Flags): Piece {
    if (this.accept('(')) return this.group(flags);
    if (this.accept('[')) return { kind: 'char', accepts: this.charClass(flags) };
    if (this.accept('.')) return { kind: 'char', accepts: flags.dotAll ? () => true : (code) => code !== 10 };
    if (this.accept('^')) return { kind: 'assert', what: flags.multiLine ? 'line-start' : 'text-start' };
    if (this.accept('$')) return { kind: 'assert', what: flags.multiLine ? 'line-end' : 'text-end' };
    if (this.accept('\\')) return this.escape(flags);
    if (this.peek('*') || this.peek('+') || this.peek('?')) throw new ExprError('the pattern repeats nothing');
    return literal(this.next(), flags);
  }

  private group(flags: Flags): Piece {
    for (const look of ['?=', '?!', '?<=', '?<!']) {
      if (this.peek(look)) throw new ExprError(`look-around (${look}) is not supported in patterns`);
    }
    let inner = flags;
    const head = /^\?(?:P?<[A-Za-z_]\w*>|([a-zA-Z]*)(?:-([a-zA-Z]+))?:)/.exec(
      this.chars.slice(this.at, this.at + 60).join(''),
    );
    if (head !== null) {
      this.at += head[0].length;
      inner = withFlags(flags, head[1] ?? '', head[2] ?? '');
    } else if (this.peek('?')) throw new ExprError('the pattern has an unknown kind of group after "(?"');
    const piece = this.either(inner);
    if (!this.accept(')')) throw new ExprError('the pattern has a "(" without ")"');
    return piece;
  }

  private escape(flags: Flags): Piece {
    const char = this.next();
    const perl = perlClasses[char];
    if (perl !== undefined) return { kind: 'char', accepts: perl };
    const assertion = assertions[char];
    if (assertion !== undefined) return { kind: 'assert', what: assertion };
    if (/[1-9]/.test(char)) throw new ExprError(`back-references (\\${char}) are not supported in patterns`);
    if (char === 'p' || char === 'P') throw new ExprError(`Unicode classes (\\${char}) are not supported in patterns`);
    if (char === 'Q') throw new ExprError('quoted stretches (\\Q...\\E) are not supported in patterns');
    return literal(String.fromCodePoint(this.escapedCode(char)), flags);
  }

  private escapedCode(char: string): number {
    const control = controlEscapes[char];
    if (control !== undefined) return control;
    if (char === 'x') {
      const match = /^(?:([0-9a-fA-F]{2})|\{([0-9a-fA-F]{1,6})\})/.exec(
        this.chars.slice(this.at, this.at + 9).join(''),
      );
      const code = Number.parseInt(match?.[1] ?? match?.[2] ?? '', 16);
      if (match === null || code > 0x10ffff) throw new ExprError('the pattern has a \\x without a code');
      this.at += match[0].length;
      return code;
    }
    if (/[A-Za-z0-9]/.test(char)) throw new ExprError(`the pattern has an unknown escape \\${char}`);
    return char.codePointAt(0) ?? 0;
  }

  private charClass(flags: Flags): (codePoint: number) => boolean {
    const negated = this.accept('^');
    const members: ((codePoint: number) => boolean)[] = [];
    for (let first = true; first || !this.peek(']'); first = false) members.push(this.classMember(flags));
    this.accept(']');
    const accepts = (code: number): boolean => members.some((member) => member(code));
    return negated ? not(accepts) : accepts;
  }

  private classMember(flags: Flags): (codePoint: number) => boolean {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.chars.slice(this.at, this.at + 14).join(''));
    if (posix !== null) {
      const accepts = posixClasses[posix[2] ?? ''];
      if (accepts === undefined) throw new ExprError(`the pattern has an unknown class [:${posix[2]}:]`);
      this.at += posix[0].length;
      return posix[1] === '^' ? not(accepts) : accepts;
    }
    const low = this.classChar();
    if (typeof low === 'function') return low;
    if (!this.peek('-') || this.chars[this.at + 1] === ']') return caseFolded([[low, low]], flags);
    this.at += 1;
    const high = this.classChar();
    if (typeof high === 'function' || high < low) throw new ExprError('the pattern has a bad range in [...]');
    return caseFolded([[low, high]], flags);
  }

  private classChar(): number | ((codePoint: number) => boolean) {
    const char = this.next();
    if (char !== '\\') return char.codePointAt(0) ?? 0;
    const escaped = this.next();
    return perlClasses[escaped] ?? this.escapedCode(escaped);
  }
}

function withFlags(flags: Flags, on: string, off: string): Flags {
  const known = /^[imsU]*$/;
  if (!known.test(on) || !known.test(off))
    throw new ExprError(`the pattern has an unknown flag in (?${on}${off && `-${off}`})`);
  const value = (flag: string, now: boolean): boolean => (on.includes(flag) || now) && !off.includes(flag);
  return {
    ignoreCase: value('i', flags.ignoreCase),
    multiLine: value('m', flags.multiLine),
    dotAll: value('s', flags.dotAll),
  };
}

function literal(char: string, flags: Flags): Piece {
  const code = char.codePointAt(0) ?? 0;
  return { kind: 'char', accepts: caseFolded([[code, code]], flags) };
}

function caseFolded(ranges: readonly (readonly [number, number])[], flags: Flags): (codePoint: number) => boolean {
  const exact = isIn(ranges);
  if (!flags.ignoreCase) return exact;
  return (codePoint) => {
    const char = String.fromCodePoint(codePoint);
    return (
      exact(codePoint) || exact(char.toLowerCase().codePointAt(0) ?? 0) || exact(char.toUpperCase().codePointAt(0) ?? 0)
    );
  };
}
