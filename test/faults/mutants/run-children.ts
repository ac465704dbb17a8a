/** Runs mutants and undisturbed situations, each in a process of its own and two at a time. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { InvariantId } from '../observer/invariant.ts';
import { invariantIds } from '../observer/invariant.ts';
import { mutants } from './all-mutants.ts';
import type { Mutant } from './mutant.ts';
import type { SituationName } from './situation-names.ts';

const run = promisify(execFile);
const childPath = join(import.meta.dirname, 'child.ts');
const timeoutMs = 120_000;
const atOnce = 2;

const Outcome = z.object({
  isComplete: z.boolean(),
  violations: z.array(z.object({ invariant: z.enum(invariantIds), rv: z.number(), sentence: z.string() })),
});
export type ChildOutcome = z.infer<typeof Outcome>;

/** Runs what it is given, no more than two at the same time, in their order. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function turns(): Turns {
  const free: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running >= atOnce) await new Promise<void>((resolve) => void free.push(resolve));
    else running += 1;
    try {
      return await work();
    } finally {
      const next = free.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

async function child(...args: readonly string[]): Promise<ChildOutcome> {
  const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const;
  const { stdout } = await run(process.execPath, [childPath, ...args], options);
  return Outcome.parse(JSON.parse(stdout));
}

export function runMutant(mutant: Mutant): Promise<ChildOutcome> {
  return child(mutant.id);
}

/** The controller as it is. */
export function runUndisturbed(situation: SituationName): Promise<ChildOutcome> {
  return child('-', situation);
}

/** Invariants that were broken, without doubles. */
export function idsIn({ violations }: ChildOutcome): readonly InvariantId[] {
  return [...new Set(violations.map(({ invariant }) => invariant))];
}

/** Situations that mutants are put into. */
export function usedSituations(): readonly SituationName[] {
  return [...new Set(mutants.map(({ situation }) => situation))];
}

export interface TableRow {
  readonly id: string;
  readonly caughtBy: readonly InvariantId[];
}

/** One line per mutant: its id and the invariants that caught it. */
export function tableOf(rows: readonly TableRow[]): string {
  const width = Math.max(...rows.map(({ id }) => id.length));
  return rows.map(({ id, caughtBy }) => `${id.padEnd(width)}  ${caughtBy.join(', ') || 'NOT CAUGHT'}`).join('\n');
}
