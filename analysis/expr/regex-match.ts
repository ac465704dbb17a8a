/** Runs a compiled pattern over a text in linear time: all possibilities advance together, so no pattern can blow up. */
import { compileRegex, type Assertion, type Instruction, isWord } from './regex.ts';
import { ExprError } from './value.ts';

export const maxSubjectLength = 65_536;
const maxSteps = 3_000_000;

/**
 * True when the pattern matches anywhere in the text, as Go's `MatchString`. `charge` is told the cost in the evaluator's steps
 * as it arises, and may throw.
 */
export function regexMatches(
  pattern: string,
  text: string,
  charge: (steps: number) => void = () => undefined,
): boolean {
  const program = compileRegex(pattern);
  charge(program.length);
  if (text.length > maxSubjectLength) {
    throw new ExprError(`a text of more than ${maxSubjectLength} characters is not matched against a pattern`);
  }
  const codes = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  let steps = 0;
  let active = new ThreadSet(program);
  for (let at = 0; at <= codes.length; at += 1) {
    active.add(0, codes, at);
    if (active.matched) return true;
    steps += active.size + 1;
    charge((active.size + 1) / 4);
    if (steps > maxSteps) throw new ExprError('the pattern takes too long on this text');
    const next = new ThreadSet(program);
    const code = codes[at];
    if (code !== undefined)
      for (const index of active.chars()) if (accepts(program[index], code)) next.add(index + 1, codes, at + 1);
    if (next.matched) return true;
    active = next;
  }
  return false;
}

function accepts(instruction: Instruction | undefined, code: number): boolean {
  return instruction?.op === 'char' && instruction.accepts(code);
}

/** The places in the program that are reachable at one position of the text; each is visited once. */
class ThreadSet {
  matched = false;
  private readonly program: readonly Instruction[];
  private readonly seen = new Set<number>();
  private readonly waiting: number[] = [];

  constructor(program: readonly Instruction[]) {
    this.program = program;
  }

  get size(): number {
    return this.seen.size;
  }

  chars(): readonly number[] {
    return this.waiting;
  }

  add(start: number, codes: readonly number[], at: number): void {
    const open = [start];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (this.seen.has(index)) continue;
      this.seen.add(index);
      const instruction = this.program[index];
      if (instruction === undefined || instruction.op === 'match') this.matched = true;
      else if (instruction.op === 'char') this.waiting.push(index);
      else if (instruction.op === 'jump') open.push(instruction.to);
      else if (instruction.op === 'split') open.push(instruction.second, instruction.first);
      else if (holds(instruction.what, codes, at)) open.push(index + 1);
    }
  }
}

function holds(what: Assertion, codes: readonly number[], at: number): boolean {
  const before = codes[at - 1];
  const after = codes[at];
  switch (what) {
    case 'text-start':
      return at === 0;
    case 'text-end':
      return at === codes.length;
    case 'line-start':
      return at === 0 || before === 10;
    case 'line-end':
      return at === codes.length || after === 10;
    case 'word':
      return isWordAt(before) !== isWordAt(after);
    case 'not-word':
      return isWordAt(before) === isWordAt(after);
  }
}

function isWordAt(code: number | undefined): boolean {
  return code !== undefined && isWord(code);
}
