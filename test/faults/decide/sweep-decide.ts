/** `npm run -s sweep -- decide`: many random sequences against `decide` in two processes, with a report as JSON. */

import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BatchResult } from './run-sequences.ts';
import { knownMoves, addTally, newTally, type Tally } from './tally.ts';

export interface Batch {
  readonly seed: number;
  readonly runs: number;
}

export interface DecideSweepOptions {
  readonly runs: number;
  /** Seed of the first batch; the next has the next number. */
  readonly from: number;
  /** Folder of the report. */
  readonly output: string;
  readonly say: (line: string) => void;
}

/** Sequences per seed. A smaller batch loses less when one fails, since a batch ends at its first failure. */
const batchSize = 250;
const processes = 2;
const everyMs = 15_000;

/** Shares of sequences with an abort, a superseding revision and a promotion that make a run count. */
export const leastShare = 0.05;

/** The exit code: 1 when a rule was broken, or when too few sequences were about what they shall be about. */
export async function sweepDecide({ runs, from, output, say }: DecideSweepOptions): Promise<number> {
  const beganMs = performance.now();
  const batches = batchesOf(runs, from);
  const tally = newTally();
  const failures: BatchResult[] = [];
  let saidMs = beganMs;
  const take = (result: BatchResult): void => {
    addTally(tally, result.tally);
    if (result.failure !== undefined) {
      failures.push(result);
      say(`seed ${result.seed} failed after ${result.tally.runs} sequences: ${result.failure.found[0] ?? ''}`);
    }
    if (performance.now() - saidMs < everyMs) return;
    saidMs = performance.now();
    say(`${tally.runs} of ${runs} sequences, ${failures.length} seeds failed`);
  };
  const queue = [...batches];
  await Promise.all(Array.from({ length: Math.min(processes, queue.length) }, () => work(queue, take)));
  const wallMs = Math.round(performance.now() - beganMs);
  const shortages = shortagesOf(tally);
  for (const line of [...tallyLines(tally), ...shortages]) say(line);
  say(`${failures.length} of ${batches.length} seeds failed, ${Math.round(wallMs / 1000)} s`);
  mkdirSync(output, { recursive: true });
  const path = join(output, 'sweep-decide.json');
  writeFileSync(path, `${JSON.stringify({ from, asked: runs, tally, shortages, failures, wallMs }, undefined, 2)}\n`);
  say(`report: ${path}`);
  return failures.length + shortages.length === 0 ? 0 : 1;
}

function batchesOf(runs: number, from: number): readonly Batch[] {
  const count = Math.ceil(runs / batchSize);
  return Array.from({ length: count }, (_one, index) => ({
    seed: from + index,
    runs: Math.min(batchSize, runs - index * batchSize),
  }));
}

/** One process: it asks for a batch, plays it and tells. One that dies has failed its batch. */
function work(queue: Batch[], take: (result: BatchResult) => void): Promise<void> {
  const child = fork(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let current: Batch | undefined;
  return new Promise((resolve, reject) => {
    child.on('message', (message: { ready: true } | { result: BatchResult }) => {
      if ('result' in message) take(message.result);
      current = queue.shift();
      if (current === undefined) child.disconnect();
      else child.send(current);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (current === undefined) resolve();
      else
        reject(new Error(`The process that played seed ${current.seed} ended with ${signal ?? `code ${code ?? ''}`}.`));
    });
  });
}

function share(count: number, { runs }: Tally): string {
  return `${((100 * count) / Math.max(1, runs)).toFixed(1)} %`;
}

/** What the sequences were about, in lines for people. */
export function tallyLines(tally: Tally): readonly string[] {
  const { runs, events, faults, writes, aborts, supersedes, promotions, strategies, moves } = tally;
  const kinds = Object.entries(strategies).map(([kind, count]) => `${kind} ${count}`);
  const missing = knownMoves().filter((move) => moves[move] === undefined);
  return [
    `${runs} sequences (${kinds.join(', ')}), ${events} events, ${faults} faults that struck, ${writes} writes`,
    `with an abort ${aborts} (${share(aborts, tally)}), superseding revisions ${supersedes} (${share(supersedes, tally)}), promotions ${promotions} (${share(promotions, tally)})`,
    `moves of the lifecycle: ${knownMoves().length - missing.length} of ${knownMoves().length} seen${missing.length === 0 ? '' : `; not seen: ${missing.join(', ')}`}`,
  ];
}

/** Which of aborts, superseding revisions and promotions are in fewer sequences than they shall be. */
export function shortagesOf(tally: Tally): readonly string[] {
  return (['aborts', 'supersedes', 'promotions'] as const)
    .filter((name) => tally[name] < leastShare * tally.runs)
    .map((name) => `too few sequences with ${name}: ${share(tally[name], tally)}, wanted are at least 5 %`);
}
