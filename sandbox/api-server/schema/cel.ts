/**
 * The CEL rules of definitions. Functions are those of the language itself and `split` of its string extensions: what the
 * definitions of this project use. Any other is refused when the definition is compiled.
 */

import { Environment } from '@marcbachmann/cel-js';
import { isJsonObject, type Json } from '../../../crds/schema/json.ts';
import type { CustomNode } from './custom-node.ts';

const environment = new Environment({ homogeneousAggregateLiterals: false })
  .registerVariable('self', 'dyn')
  .registerVariable('oldSelf', 'dyn');

export type CelOutcome =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string };

/** Runs one expression. */
export type CelProgram = (variables: { readonly self: unknown; readonly oldSelf?: unknown }) => CelOutcome;

const programs = new Map<string, CelProgram>();

/** @throws Error for an expression that can't be compiled or uses a function that is not there. */
export function celProgram(expression: string): CelProgram {
  const known = programs.get(expression);
  if (known !== undefined) return known;
  const run = environment.parse(expression);
  const checked = run.check();
  if (!checked.valid) {
    throw new Error(`the rule ${JSON.stringify(expression)} can't be run: ${firstLine(checked.error?.message ?? '')}`);
  }
  const program: CelProgram = (variables) => {
    try {
      return { kind: 'value', value: run(variables) };
    } catch (error) {
      return { kind: 'error', message: asServer(firstLine(error instanceof Error ? error.message : String(error))) };
    }
  };
  programs.set(expression, program);
  return program;
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? '';
}

/** The words of the Go implementation for what a rule runs into. */
function asServer(message: string): string {
  if (message.startsWith('No such key')) return `n${message.slice(1)}`;
  return message.startsWith('no such overload') ? 'no such overload' : message;
}

/** JSON as CEL sees it: whole numbers of integer fields are integers, those of number fields doubles. */
export function celValue(value: Json, node: CustomNode | undefined): unknown {
  if (typeof value === 'number') return node?.type === 'number' || !Number.isInteger(value) ? value : BigInt(value);
  if (Array.isArray(value)) return value.map((item: Json) => celValue(item, node?.item));
  if (!isJsonObject(value)) return value;
  const members: Record<string, unknown> = {};
  for (const key in value) {
    const member = value[key];
    if (member !== undefined) members[key] = celValue(member, node?.fields[key] ?? node?.rest);
  }
  return members;
}
