/**
 * Leader election on coordination.k8s.io Leases: one leader at a time as far as clocks allow, a random term token per
 * leadership, and a write gate that closes by the monotonic clock, also in a process that was stopped and continued.
 * Others' time stamps are never compared with a clock of ours: a lease expires when we have seen no change of it for
 * its duration.
 */

import { randomUUID } from 'node:crypto';
import type { Clock, Leadership, Log, Transport } from './api.ts';
import { firstAbort } from './first-abort.ts';
import { leaseHolder, type LeaseHolder, type LeaseName } from './lease-record.ts';

export interface LeaseDurations {
  /** How long the others wait after the last renewal that they saw. */
  readonly leaseMs: number;
  /** After this without a renewal the leader stops. The gap to `leaseMs` must be longer than any write takes. */
  readonly renewDeadlineMs: number;
  readonly retryMs: number;
}

export const defaultLeaseDurations: LeaseDurations = { leaseMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

export interface ElectionOptions {
  readonly transport: Transport;
  /** All of them are needed, taken in this order. Every contender must name them in the same order. */
  readonly leases: readonly LeaseName[];
  /** Unique per process: "<pod>_<random>". */
  readonly identity: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly durations?: LeaseDurations;
  readonly random?: () => number;
  readonly newTerm?: () => string;
  /** How long `lead` may take to end after a clean shutdown began, before the lease is given up anyway. */
  readonly drainMs?: number;
}

/** `released`: shut down cleanly, the lease is free for the next one. `lost`: stop the process, it must not go on. */
export type ElectionEnd = 'released' | 'lost';

/**
 * Contends until `signal` aborts; once leader calls `lead`, which must end when `signal` or `leadership.signal` aborts.
 * Resolves at the end of the first leadership: a process leads once. Rejects only with what `lead` threw.
 */
export async function runForLeader(
  options: ElectionOptions,
  lead: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<ElectionEnd> {
  const durations = options.durations ?? defaultLeaseDurations;
  const holders = options.leases.map((name) => leaseHolder({ ...options, name, leaseMs: durations.leaseMs }));
  const renewedMs = await acquire(options, durations, holders, signal);
  if (renewedMs === undefined) {
    await release(holders);
    return 'released';
  }
  return rule(options, durations, holders, renewedMs, lead, signal);
}

/** The monotonic time at which the round began that took every lease; undefined when told to stop. */
async function acquire(
  options: ElectionOptions,
  durations: LeaseDurations,
  holders: readonly LeaseHolder[],
  signal: AbortSignal,
): Promise<number | undefined> {
  while (!signal.aborted) {
    const startMs = options.clock.monotonicMs();
    const taken = await holdAll(holders, durations.retryMs * 2);
    if (taken && options.clock.monotonicMs() - startMs < durations.renewDeadlineMs) return startMs;
    await options.clock.sleep(jittered(options, durations.retryMs), signal);
  }
  return undefined;
}

/** A little more than `ms`, so that contenders do not stay in step. */
function jittered(options: ElectionOptions, ms: number): number {
  return ms * (1 + (options.random ?? Math.random)() * 0.2);
}

async function holdAll(holders: readonly LeaseHolder[], timeoutMs: number): Promise<boolean> {
  for (const holder of holders) if ((await holder.hold(timeoutMs)) !== 'held') return false;
  return true;
}

async function rule(
  options: ElectionOptions,
  durations: LeaseDurations,
  holders: readonly LeaseHolder[],
  firstRenewalMs: number,
  lead: (leadership: Leadership) => Promise<void>,
  signal: AbortSignal,
): Promise<ElectionEnd> {
  const { clock, log } = options;
  const reign = startReign(options, durations, firstRenewalMs);
  log.info('became leader', { term: reign.leadership.term, identity: options.identity });
  const drained = new AbortController();
  const work = lead(reign.leadership).finally(() => drained.abort());
  const renewing = renew(options, durations, holders, reign, drained.signal);
  const drainLimit = drainTimer(clock, options.drainMs ?? 5_000, signal, drained);
  const outcome = await Promise.race([renewing, work.then(() => 'over' as const)]).catch(async (error: unknown) => {
    reign.end('the work failed');
    await release(holders);
    throw error;
  });
  if (outcome === 'lost') {
    work.catch((error: unknown) => log.error('work ended with an error after the lease was lost', { error }));
    log.error('lost the lease', { term: reign.leadership.term, identity: options.identity });
    return 'lost';
  }
  reign.end('released');
  await Promise.all([renewing, drainLimit]);
  await release(holders);
  log.info('gave up the lease', { term: reign.leadership.term });
  return 'released';
}

interface Reign {
  readonly leadership: Leadership;
  renewedAt(startMs: number): void;
  ageMs(): number;
  end(why: string): void;
}

/** Age counts from the *start* of the last successful renewal: the others may have counted from then on. */
function startReign(options: ElectionOptions, durations: LeaseDurations, firstRenewalMs: number): Reign {
  const { clock } = options;
  const ended = new AbortController();
  let renewedMs = firstRenewalMs;
  const ageMs = (): number => clock.monotonicMs() - renewedMs;
  return {
    leadership: {
      term: (options.newTerm ?? randomUUID)(),
      signal: ended.signal,
      mayWrite: () => !ended.signal.aborted && ageMs() < durations.renewDeadlineMs,
    },
    renewedAt: (startMs) => {
      renewedMs = startMs;
    },
    ageMs,
    end: (why) => ended.abort(new Error(`leadership ended: ${why}`)),
  };
}

/** Renews until told to stop, or until the lease is lost; ends the reign in that moment. */
async function renew(
  options: ElectionOptions,
  durations: LeaseDurations,
  holders: readonly LeaseHolder[],
  reign: Reign,
  stop: AbortSignal,
): Promise<'lost' | 'stopped'> {
  const { clock } = options;
  while (!stop.aborted) {
    const restMs = durations.renewDeadlineMs - reign.ageMs();
    await clock.sleep(Math.min(jittered(options, durations.retryMs), Math.max(0, restMs)), stop);
    if (stop.aborted) break;
    const leftMs = durations.renewDeadlineMs - reign.ageMs();
    const result = leftMs <= 0 ? 'too old' : await renewAll(clock, holders, reign, leftMs);
    if (result === 'held' || result === 'failed') continue;
    reign.end(result === 'too old' ? 'no renewal within the deadline' : 'another process holds the lease');
    return 'lost';
  }
  return 'stopped';
}

async function renewAll(
  clock: Clock,
  holders: readonly LeaseHolder[],
  reign: Reign,
  leftMs: number,
): Promise<'held' | 'failed' | 'taken'> {
  const startMs = clock.monotonicMs();
  for (const holder of holders) {
    const result = await holder.hold(Math.min(leftMs, 5_000));
    if (result !== 'held') return result;
  }
  reign.renewedAt(startMs);
  return 'held';
}

/** After a clean shutdown began, the work gets this long; then renewing ends all the same. */
async function drainTimer(clock: Clock, drainMs: number, signal: AbortSignal, drained: AbortController): Promise<void> {
  await firstAbort([signal, drained.signal]);
  await clock.sleep(drainMs, drained.signal);
  drained.abort();
}

async function release(holders: readonly LeaseHolder[]): Promise<void> {
  await Promise.all(holders.map((holder) => holder.release()));
}
