/** Checks and conversions of literals at the time of parsing. */
import type { Token } from './lexer.ts';
import { compileRegex } from './regex.ts';
import type { Node } from './syntax.ts';
import { ExprError } from './value.ts';

/** A pattern that is written out is checked before anything is measured. */
export function checkPattern(node: Node): void {
  if (node.kind !== 'literal' || typeof node.value !== 'string') return;
  try {
    compileRegex(node.value);
  } catch (error) {
    if (error instanceof ExprError) throw new ExprError(error.message, node.at);
    throw error;
  }
}

/** Functions that take a float. */
export const takesFloat: ReadonlySet<string> = new Set(['isNaN', 'isInf']);

/** Where a float is wanted the language turns integer constants into floats, and only those. */
export function asFloatLiteral(node: Node): Node {
  if (node.kind === 'literal' && typeof node.value === 'bigint') return { ...node, value: Number(node.value) };
  if (node.kind === 'unary' && node.operator !== 'not') return { ...node, operand: asFloatLiteral(node.operand) };
  return node;
}

export function intLiteral(token: Token): bigint {
  const value = BigInt(token.text);
  if (value > 0x7fff_ffff_ffff_ffffn) throw new ExprError('the integer is larger than 64 bits hold', token.at);
  return value;
}
