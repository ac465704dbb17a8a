/**
 * Kills the controller of every regression scenario at each side of each of its writes, in virtual time: before the commit, with
 * the reply lost, and after the reply. What was played is kept in a file per scenario after every run, and the next sweep goes on
 * there.
 */

import { fork } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { regressions } from './all-regressions.ts';

/** What the sweep of one scenario came to. */
export const Swept = z.object({
  id: z.string(),
  writes: z.number(),
  /** Crash points played so far, one run each, of three at each write. */
  crashes: z.number(),
  /** Runs whose crash point was never reached: the writes went another way. */
  missed: z.number(),
  /** Processor time of the runs; 0 for those of earlier versions. */
  cpuMs: z.number().default(0),
  /** One sentence per finding, with the crash point. */
  found: z.array(z.string()),
});
export type Swept = z.infer<typeof Swept>;

export interface SweepOptions {
  readonly shard: { readonly index: number; readonly of: number };
  readonly workers: number;
  /** Plays finished ones again. */
  readonly fresh: boolean;
  readonly folder: string;
  readonly say: (line: string) => void;
  /** Only these rows. */
  readonly only?: readonly string[];
}

export async function sweepRegressions(options: SweepOptions): Promise<readonly Swept[]> {
  const { index, of } = options.shard;
  mkdirSync(options.folder, { recursive: true });
  const ids = regressions.map(({ id }) => id).filter((_id, at) => at % of === index - 1);
  const wanted = ids.filter((id) => options.only === undefined || options.only.includes(id));
  if (options.fresh) for (const id of wanted) rmSync(fileOf(options.folder, id), { force: true });
  const open = wanted.filter((id) => !isFinished(keptOf(options.folder, id)));
  options.say(`${wanted.length} scenarios, ${wanted.length - open.length} of them finished before`);
  const work = async (): Promise<void> => {
    for (let id = open.shift(); id !== undefined; id = open.shift()) await sweepOne(id, options);
  };
  await Promise.all(Array.from({ length: options.workers }, work));
  return wanted.flatMap((id) => keptOf(options.folder, id) ?? []);
}

/** Every write has been killed at its three sides. */
export function isFinished(swept: Swept | undefined): boolean {
  return swept !== undefined && swept.crashes >= swept.writes * 3;
}

function fileOf(folder: string, id: string): string {
  return join(folder, `${id}.json`);
}

/** What sweeps before this one found; undefined when there was none. */
export function keptOf(folder: string, id: string): Swept | undefined {
  const file = fileOf(folder, id);
  return existsSync(file) ? Swept.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** In a process of its own, so that one which hangs or dies is a finding and not the end of the sweep. */
async function sweepOne(id: string, { folder, say }: SweepOptions): Promise<void> {
  const worker = join(import.meta.dirname, 'sweep-worker.ts');
  const child = fork(worker, [id, fileOf(folder, id)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status, signal) => resolve(signal ?? status));
  });
  const swept = keptOf(folder, id);
  if (code !== 0 || swept === undefined) throw new Error(`the sweep of ${id} ended with ${String(code)}`);
  say(`${id}: ${swept.writes} writes, ${swept.crashes} crashes, ${swept.found.length} findings`);
  for (const sentence of swept.found.slice(0, 3)) say(`  ${sentence}`);
}
