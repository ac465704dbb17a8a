/** Plays plans by chance in several processes, keeps those that fail as files, and says how many did. */

import { fork as forkProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../plan/plan.ts';
import { scenarioOf } from './random-plan.ts';

/** What a worker is sent: a seed, of which it makes a plan, or a plan. */
export type Job = number | Plan;

export interface ManyOptions {
  readonly jobs: readonly Job[];
  /** Processes; all cores without it. */
  readonly workers?: number;
  /** Where failing plans are written, one file each. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly onReport?: (report: RunReport) => void;
}

/** What a worker says: it wants a job, what it is about to play, what came of it. */
export type WorkerMessage = { readonly ready: true } | { readonly plan: Plan } | { readonly report: RunReport };

/** What a worker tells of one run. */
export interface RunReport {
  readonly plan: Plan;
  readonly found: readonly string[];
  readonly writes: number;
  /** The writes as they are listed, each once. */
  readonly identities: readonly string[];
  readonly struck: number;
  readonly starts: number;
  readonly reverts: number;
  readonly virtualMs: number;
  readonly wallMs: number;
}

export interface ManyResult {
  readonly runs: number;
  readonly failed: number;
  readonly violations: number;
  readonly writes: number;
  /** Faults that found their place, of all that were planned. */
  readonly struck: number;
  readonly planned: number;
  readonly restarts: number;
  readonly mostReverts: number;
  readonly wallMs: number;
}

const everyMs = 15_000;
/** On a busy machine a run takes some seconds; one that takes this long hangs. */
const longestRunMs = 120_000;
/** A worker is replaced after so many runs, so that what a run leaves in memory does not add up. */
const runsPerWorker = 250;

/** The seeds from `from` on, each a plan by chance. */
export function seedsFrom(from: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_one, index) => from + index);
}

export async function runMany(options: ManyOptions): Promise<ManyResult> {
  const beganMs = performance.now();
  const jobs = [...options.jobs];
  const total = { runs: 0, failed: 0, violations: 0, writes: 0, struck: 0, planned: 0, restarts: 0, mostReverts: 0 };
  let saidMs = beganMs;
  const take = (report: RunReport): void => {
    total.runs += 1;
    options.onReport?.(report);
    total.writes += report.writes;
    total.struck += report.struck;
    total.planned += report.plan.faults.length;
    total.restarts += report.starts - 1;
    total.mostReverts = Math.max(total.mostReverts, report.reverts);
    if (report.found.length > 0) {
      total.failed += 1;
      total.violations += report.found.length;
      keep(options, report);
    }
    if (performance.now() - saidMs < everyMs) return;
    saidMs = performance.now();
    options.say(`${total.runs} of ${options.jobs.length} runs, ${total.failed} failed, ${total.writes} writes`);
  };
  const workers = Math.min(options.workers ?? availableParallelism(), jobs.length);
  await Promise.all(Array.from({ length: workers }, () => keepWorking(jobs, take)));
  return { ...total, wallMs: performance.now() - beganMs };
}

function keep(options: ManyOptions, { plan, found }: RunReport): void {
  mkdirSync(options.folder, { recursive: true });
  const place = plan.faults.map(({ at, kind }) => `${kind} ${Object.values(at).join(' ')}`).join(', ');
  const digest = createHash('sha256').update(place).digest('hex').slice(0, 6);
  const path = join(options.folder, `${plan.scenario}-${plan.seed}-${digest}.json`);
  writeFileSync(path, `${JSON.stringify({ ...plan, note: found.join('\n').slice(0, 4_000) }, null, 2)}\n`);
  options.say(`failed: ${path}: ${found[0] ?? ''}`);
}

async function keepWorking(jobs: Job[], take: (report: RunReport) => void): Promise<void> {
  while (jobs.length > 0) await work(jobs, take);
}

/** One worker process: it asks for a job, plays it and tells. One that dies or hangs has failed its job. */
function work(jobs: Job[], take: (report: RunReport) => void): Promise<void> {
  const child = forkProcess(join(import.meta.dirname, 'worker.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  let left = runsPerWorker;
  let current: Job | undefined;
  let limit: NodeJS.Timeout | undefined;
  const next = (): void => {
    clearTimeout(limit);
    current = left > 0 ? jobs.shift() : undefined;
    left -= 1;
    if (current === undefined) {
      child.disconnect();
      return;
    }
    child.send(current);
    limit = setTimeout(() => child.kill('SIGKILL'), longestRunMs);
  };
  return new Promise((resolve, reject) => {
    child.on('message', (message: WorkerMessage) => {
      if ('plan' in message) {
        current = message.plan;
        return;
      }
      if ('report' in message) take(message.report);
      next();
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      clearTimeout(limit);
      if (current !== undefined) take(lostRun(current, `the worker ended with ${signal ?? `code ${code ?? ''}`}`));
      resolve();
    });
  });
}

/** A seed whose plan the worker had not sent yet died in an undisturbed run. */
function lostRun(job: Job, why: string): RunReport {
  const plan: Plan = typeof job === 'number' ? { scenario: scenarioOf(job), seed: job, faults: [] } : job;
  return { plan, found: [why], writes: 0, identities: [], struck: 0, starts: 1, reverts: 0, virtualMs: 0, wallMs: 0 };
}
