/** What the gateway's counters say over time: who served what share, and when a revision was asked for the last time. Pure. */

import type { RequestCount } from '../../gateway/request-counts.ts';
import { appName, appNamespace } from '../shop-files.ts';

/** Counters at one moment of real time. */
export interface CounterSample {
  readonly atMs: number;
  readonly stable: number;
  readonly canary: number;
  /** Requests so far by pod template hash. */
  readonly byHash: ReadonlyMap<string, number>;
}

export interface WeightChange {
  readonly atMs: number;
  readonly canaryPct: number;
}

export interface WeightShare {
  readonly canaryPct: number;
  readonly requests: number;
  /** Share of the canary Service in them. */
  readonly sharePct: number;
}

/** The sum over the shop's Services at one moment. */
export function counterSample(atMs: number, counts: readonly RequestCount[]): CounterSample {
  const own = counts.filter(({ namespace }) => namespace === appNamespace);
  const byHash = new Map<string, number>();
  for (const { podHash, count } of own) byHash.set(podHash, (byHash.get(podHash) ?? 0) + count);
  return { atMs, stable: sumOf(own, 'stable'), canary: sumOf(own, 'canary'), byHash };
}

function sumOf(counts: readonly RequestCount[], role: string): number {
  return counts.filter(({ service }) => service === `${appName}-${role}`).reduce((sum, { count }) => sum + count, 0);
}

/** Requests of this revision from a sample on. */
export function requestsOf(hash: string, from: CounterSample, to: CounterSample): number {
  return (to.byHash.get(hash) ?? 0) - (from.byHash.get(hash) ?? 0);
}

/** When the counter of this revision moved last; undefined when it never did. */
export function lastMovedMs(hash: string, samples: readonly CounterSample[]): number | undefined {
  const after = samples.findLastIndex(
    (sample, index) => index > 0 && (sample.byHash.get(hash) ?? 0) > (samples[index - 1]?.byHash.get(hash) ?? 0),
  );
  return after < 0 ? undefined : samples[after]?.atMs;
}

/** A gateway obeys a new weight a moment after it is written; requests under way then still count for the old one. */
const settleMs = 250;

/** For each weight between none and all that stood long enough: the share that the canary Service really got. */
export function sharesByWeight(
  samples: readonly CounterSample[],
  changes: readonly WeightChange[],
  endMs: number,
): readonly WeightShare[] {
  return changes.flatMap(({ atMs, canaryPct }, index) => {
    if (canaryPct <= 0 || canaryPct >= 100) return [];
    const until = changes[index + 1]?.atMs ?? endMs;
    const inside = samples.filter((sample) => sample.atMs >= atMs + settleMs && sample.atMs <= until);
    const [first, last] = [inside[0], inside.at(-1)];
    if (first === undefined || last === undefined) return [];
    const canary = last.canary - first.canary;
    const requests = canary + last.stable - first.stable;
    return requests === 0 ? [] : [{ canaryPct, requests, sharePct: Math.round((canary / requests) * 1000) / 10 }];
  });
}

/** Fewer say little about a share. */
const leastPerWindow = 50;

/**
 * The highest share that the canary Service had of any fifty requests in a row in that time, in percent; undefined when
 * there were not that many.
 */
export function highestSharePct(samples: readonly CounterSample[], fromMs: number, toMs: number): number | undefined {
  const inside = samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  const shares: number[] = [];
  let start = 0;
  for (const [index, sample] of inside.entries()) {
    // The shortest stretch that ends here and is long enough.
    while (start < index && requestsBetween(inside[start + 1], sample) >= leastPerWindow) start += 1;
    const requests = requestsBetween(inside[start], sample);
    if (requests >= leastPerWindow) shares.push(((sample.canary - (inside[start]?.canary ?? 0)) / requests) * 100);
  }
  return shares.length === 0 ? undefined : Math.max(...shares);
}

function requestsBetween(from: CounterSample | undefined, to: CounterSample): number {
  return from === undefined ? 0 : to.canary + to.stable - from.canary - from.stable;
}

/** Share of the canary Service and requests per second in the last moments; no share when nobody asked. */
export function recentTraffic(
  samples: readonly CounterSample[],
  windowMs: number,
): { readonly canarySharePct?: number; readonly requestsPerSecond: number } {
  const last = samples.at(-1);
  if (last === undefined) return { requestsPerSecond: 0 };
  const first = samples.find((sample) => sample.atMs >= last.atMs - windowMs) ?? last;
  const canary = last.canary - first.canary;
  const requests = canary + last.stable - first.stable;
  const seconds = (last.atMs - first.atMs) / 1000;
  if (requests === 0 || seconds === 0) return { requestsPerSecond: 0 };
  return { canarySharePct: (canary / requests) * 100, requestsPerSecond: requests / seconds };
}
