/**
 * `npm run -s sweep -- decide`: many random sequences against `decide` in several processes, with a report as JSON. It goes on
 * where the last one stopped, and parts of it may run elsewhere.
 */

import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeDigest, KeptBatches } from './kept-batches.ts';
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
  /** Only the batches of this part. */
  readonly shard: { readonly index: number; readonly of: number };
  /** Processes that play. */
  readonly workers: number;
  /** Plays again what was played. */
  readonly fresh: boolean;
  /** Folder of the report. */
  readonly output: string;
  readonly say: (line: string) => void;
}

/** Sequences per seed. A smaller batch loses less when one fails, since a batch ends at its first failure. */
export const batchSize = 250;
const everyMs = 15_000;

/** Shares of sequences with an abort, a superseding revision and a promotion that make a run count. */
export const leastShare = 0.05;

/** The exit code: 1 when a rule was broken, or when too few sequences were about what they shall be about. */
export async function sweepDecide(options: DecideSweepOptions): Promise<number> {
  const { runs, from, fresh, output, say } = options;
  const beganMs = performance.now();
  const code = codeDigest();
  const kept = new KeptBatches(output, code, batchSize);
  const batches = batchesOf(options);
  if (fresh) for (const { seed } of batches) kept.forget(seed);
  const total = new Total(batches, say);
  const open = batches.filter(({ seed, runs: size }) => !isWhole(kept.get(seed), size));
  say(`code ${code}: ${batches.length} seeds from ${from} on, ${batches.length - open.length} of them played before`);
  for (const { seed } of batches.filter((batch) => !open.includes(batch))) total.add(kept.get(seed));
  const take = (result: BatchResult): void => {
    kept.put(result);
    total.add(result);
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, open.length) }, () => work(open, take)));
  const wallMs = Math.round(performance.now() - beganMs);
  const { tally, failures } = total;
  const shortages = shortagesOf(tally);
  for (const line of [...tallyLines(tally), ...shortages]) say(line);
  say(`findings: ${failures.length} in ${batches.length} seeds, ${Math.round(wallMs / 1000)} s`);
  mkdirSync(output, { recursive: true });
  const path = join(output, 'sweep-decide.json');
  const report = { code, from, asked: runs, shard: options.shard, tally, shortages, failures, wallMs };
  writeFileSync(path, `${JSON.stringify(report, undefined, 2)}\n`);
  say(`report: ${path}`);
  return failures.length + shortages.length === 0 ? 0 : 1;
}

/** What is known so far, told from time to time. */
class Total {
  readonly tally = newTally();
  readonly failures: BatchResult[] = [];
  private readonly asked: number;
  private readonly say: (line: string) => void;
  private saidMs = performance.now();

  constructor(batches: readonly Batch[], say: (line: string) => void) {
    this.asked = batches.reduce((sum, batch) => sum + batch.runs, 0);
    this.say = say;
  }

  add(result: BatchResult | undefined): void {
    if (result === undefined) return;
    addTally(this.tally, result.tally);
    if (result.failure !== undefined) {
      this.failures.push(result);
      const { found } = result.failure;
      this.say(`seed ${result.seed} failed after ${result.tally.runs} sequences: ${found[0] ?? ''}`);
    }
    if (performance.now() - this.saidMs < everyMs) return;
    this.saidMs = performance.now();
    this.say(`${this.tally.runs} of ${this.asked} sequences, ${this.failures.length} findings`);
  }
}

/** A batch that was asked for with fewer sequences before is played again, and so is one that failed. */
function isWhole(result: BatchResult | undefined, runs: number): boolean {
  return result !== undefined && result.failure === undefined && result.tally.runs === runs;
}

function batchesOf({ runs, from, shard }: DecideSweepOptions): Batch[] {
  const count = Math.ceil(runs / batchSize);
  const all = Array.from({ length: count }, (_one, index) => ({
    seed: from + index,
    runs: Math.min(batchSize, runs - index * batchSize),
  }));
  return all.filter((_batch, at) => at % shard.of === shard.index - 1);
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
