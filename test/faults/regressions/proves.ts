/** The two tests of every regression scenario: the controller as it is shows nothing, and the one with the bug is found out. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { regressionOf } from './all-regressions.ts';

const run = promisify(execFile);
const childPath = join(import.meta.dirname, 'child.ts');
/** Seconds, unless the machine is busy. */
const timeoutMs = 170_000;

const Outcome = z.object({
  stuck: z.string().optional(),
  complaints: z.array(z.string()),
  violations: z.array(z.object({ invariant: z.string(), sentence: z.string() })),
});
type Outcome = z.infer<typeof Outcome>;

async function outcomeOf(...args: readonly string[]): Promise<Outcome> {
  const options = { timeout: timeoutMs, killSignal: 'SIGKILL', maxBuffer: 16 * 1024 * 1024 } as const;
  const { stdout } = await run(process.execPath, [childPath, ...args], options);
  return Outcome.parse(JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? ''));
}

/** How the bug showed. */
function evidenceIn({ stuck, complaints, violations }: Outcome): readonly string[] {
  const ids = new Set(violations.map(({ invariant }) => invariant));
  return [...ids, ...(complaints.length > 0 ? ['user'] : []), ...(stuck === undefined ? [] : ['stuck'])];
}

export function proves(id: string): void {
  const { wrong, mutant } = regressionOf(id);

  describe(`${id}: ${wrong}`, () => {
    it.concurrent('does not happen here', async () => {
      expect(await outcomeOf(id)).toEqual({ complaints: [], violations: [] });
    });

    it.concurrent('is found in a controller that has the bug', async () => {
      const evidence = evidenceIn(await outcomeOf(id, 'mutant'));

      expect(evidence.filter((one) => mutant.shows.some((shown) => shown === one))).not.toEqual([]);
    });
  });
}
