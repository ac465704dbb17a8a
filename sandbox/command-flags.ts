/** Reads the flags of a program of the sandbox; what is wrong with them is one sentence. Pure. */

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** How sentences speak of the program. */
export interface Program {
  /** "The demo". */
  readonly name: string;
  /** What prints the list of flags. */
  readonly help: string;
}

export type ReadFlags<T extends ParseArgsOptionsConfig> =
  | { readonly kind: 'ok'; readonly flags: ReturnType<typeof parse<T>> }
  | { readonly kind: 'wrong'; readonly message: string };

/** Flags only, no other words; a lone `--` is ignored. */
export function readFlags<const T extends ParseArgsOptionsConfig>(
  given: readonly string[],
  options: T,
  program: Program,
): ReadFlags<T> {
  const args = given.filter((arg) => arg !== '--');
  try {
    return { kind: 'ok', flags: parse(args, options) };
  } catch (error) {
    return { kind: 'wrong', message: sentenceOf(error, args, program) };
  }
}

function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
}

function sentenceOf(error: unknown, args: readonly string[], { name, help }: Program): string {
  const code = error instanceof Error && 'code' in error ? error.code : '';
  const said = error instanceof Error ? error.message : String(error);
  const [, named] = /'(?:-\w, )?(-[^' ]*)/.exec(said) ?? [];
  const toHelp = `run "${help}" for the list`;
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `There is no flag "${named ?? ''}": ${toHelp}.`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `${name} takes flags only, not "${args.find((arg) => said.includes(`'${arg}'`)) ?? ''}": ${toHelp}.`;
    default:
      return `Flag "${named ?? ''}" is not written as it must be: ${toHelp}.`;
  }
}

/** Undefined when the text is no plain number from `least` to `most`. */
export function numberIn(text: string, least: number, most: number): number | undefined {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
