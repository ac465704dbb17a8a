/** How figures are summed up and written. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly runs: number;
}

/** Of seconds, rounded to milliseconds. */
export function spread(seconds: readonly number[]): Spread {
  const sorted = seconds.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN);
  return { min: at(0), median: at(0.5), max: round(sorted.at(-1) ?? Number.NaN), runs: sorted.length };
}

export function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

export function conditions(): Readonly<Record<string, unknown>> {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model ?? '',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    at: new Date().toISOString(),
  };
}

export function writeJson(path: string, value: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

export interface ProcessUse {
  readonly rssMiB: number;
  /** User and system time since it started. */
  readonly cpuSeconds: number;
}

/** From /proc; the clock tick is 10 ms on Linux. */
export function useOf(pid: number): ProcessUse {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssKiB = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { rssMiB: Math.round(rssKiB / 1024), cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100 };
}
