/**
 * The queue of keys to reconcile: each key once while queued, never twice at the same time, again afterwards when it was
 * added meanwhile; urgent keys first; a failing key waits longer and longer without holding up any other.
 */

import type { Clock, Priority, WorkQueue } from './api.ts';

export interface ReconcileQueue extends WorkQueue {
  /** The next key, now marked as being worked on; undefined once the queue is shut down. */
  take(): Promise<string | undefined>;
  /** The work on a taken key is over; what was added meanwhile is queued now. */
  done(key: string): void;
  /** Adds the key after its own back-off, which grows until `succeeded`. Gives the wait in milliseconds. */
  retry(key: string): number;
  /** Forgets the key's failures. */
  succeeded(key: string): void;
  /** Takers get nothing any more and adds are ignored. Resolves when no key is being worked on. */
  shutDown(): Promise<void>;
  metrics(): QueueMetrics;
}

export interface QueueMetrics {
  readonly depth: number;
  readonly processing: number;
  readonly delayed: number;
  readonly adds: number;
  readonly retries: number;
  /** Age of the oldest key that is queued, in milliseconds; 0 when none is. */
  readonly oldestMs: number;
  /** How long the longest-running key has been worked on, in milliseconds. */
  readonly longestRunningMs: number;
}

export interface WorkQueueOptions {
  readonly clock: Clock;
  readonly random?: () => number;
  readonly firstRetryMs?: number;
  readonly maxRetryMs?: number;
}

interface Delayed {
  readonly atMs: number;
  readonly priority: Priority;
  readonly cancel: AbortController;
}

const priorities: readonly Priority[] = ['urgent', 'normal', 'low'];

interface State {
  /** Per priority the queued keys in order, with the time they came. */
  readonly queued: Readonly<Record<Priority, Map<string, number>>>;
  /** Keys being worked on, with the time the work began. */
  readonly processing: Map<string, number>;
  /** Keys added while being worked on. */
  readonly dirty: Map<string, Priority>;
  readonly delayed: Map<string, Delayed>;
  readonly failures: Map<string, number>;
  readonly takers: ((key: string | undefined) => void)[];
  readonly idle: (() => void)[];
  adds: number;
  retries: number;
  closed: boolean;
}

export function workQueue(options: WorkQueueOptions): ReconcileQueue {
  const { clock } = options;
  const state: State = {
    queued: { urgent: new Map(), normal: new Map(), low: new Map() },
    processing: new Map(),
    dirty: new Map(),
    delayed: new Map(),
    failures: new Map(),
    takers: [],
    idle: [],
    adds: 0,
    retries: 0,
    closed: false,
  };
  const add = (key: string, priority: Priority, afterMs: number): void => {
    if (state.closed) return;
    if (afterMs > 0) return addLater(state, clock, key, priority, afterMs, () => add(key, priority, 0));
    state.adds += 1;
    if (state.processing.has(key)) {
      state.dirty.set(key, moreUrgent(priority, state.dirty.get(key)));
      return;
    }
    enqueue(state, key, priority, clock.monotonicMs());
    serve(state, clock);
  };
  return {
    add: (key, { priority = 'normal', afterMs = 0 } = {}) => add(key, priority, afterMs),
    take: () => {
      if (state.closed) return Promise.resolve(undefined);
      return new Promise((resolve) => {
        state.takers.push(resolve);
        serve(state, clock);
      });
    },
    done: (key) => {
      state.processing.delete(key);
      const priority = state.dirty.get(key);
      state.dirty.delete(key);
      if (priority !== undefined) add(key, priority, 0);
      if (state.processing.size === 0) for (const wake of state.idle.splice(0)) wake();
    },
    retry: (key) => {
      const afterMs = retryMs(options, state.failures.get(key) ?? 0);
      state.failures.set(key, (state.failures.get(key) ?? 0) + 1);
      state.retries += 1;
      add(key, 'normal', afterMs);
      return afterMs;
    },
    succeeded: (key) => void state.failures.delete(key),
    shutDown: () => shutDown(state),
    metrics: () => metricsOf(state, clock.monotonicMs()),
  };
}

/** A delayed key waits for the earliest of its times. */
function addLater(state: State, clock: Clock, key: string, priority: Priority, afterMs: number, run: () => void): void {
  const atMs = clock.monotonicMs() + afterMs;
  const known = state.delayed.get(key);
  if (known !== undefined && known.atMs <= atMs) return;
  known?.cancel.abort();
  const cancel = new AbortController();
  state.delayed.set(key, { atMs, priority, cancel });
  void clock.sleep(afterMs, cancel.signal).then(() => {
    if (cancel.signal.aborted) return;
    state.delayed.delete(key);
    run();
  });
}

function enqueue(state: State, key: string, priority: Priority, nowMs: number): void {
  const current = priorities.find((one) => state.queued[one].has(key));
  const wanted = moreUrgent(priority, current);
  if (wanted === current) return;
  const since = current === undefined ? nowMs : (state.queued[current].get(key) ?? nowMs);
  if (current !== undefined) state.queued[current].delete(key);
  state.queued[wanted].set(key, since);
}

function moreUrgent(a: Priority, b: Priority | undefined): Priority {
  if (b === undefined) return a;
  return priorities.indexOf(a) <= priorities.indexOf(b) ? a : b;
}

/** Hands queued keys to waiting takers. */
function serve(state: State, clock: Clock): void {
  while (state.takers.length > 0) {
    const key = dequeue(state);
    if (key === undefined) return;
    state.processing.set(key, clock.monotonicMs());
    state.takers.shift()?.(key);
  }
}

function dequeue(state: State): string | undefined {
  for (const priority of priorities) {
    const [first] = state.queued[priority].keys();
    if (first === undefined) continue;
    state.queued[priority].delete(first);
    return first;
  }
  return undefined;
}

/** 5 ms, doubling, at most half a minute; the jitter takes up to half away so that a crowd spreads out. */
function retryMs(options: WorkQueueOptions, failures: number): number {
  const { firstRetryMs = 5, maxRetryMs = 30_000, random = Math.random } = options;
  const fullMs = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(failures, 40));
  return fullMs * (1 - random() / 2);
}

function shutDown(state: State): Promise<void> {
  state.closed = true;
  for (const { cancel } of state.delayed.values()) cancel.abort();
  state.delayed.clear();
  state.dirty.clear();
  for (const priority of priorities) state.queued[priority].clear();
  for (const taker of state.takers.splice(0)) taker(undefined);
  if (state.processing.size === 0) return Promise.resolve();
  return new Promise((resolve) => state.idle.push(resolve));
}

function metricsOf(state: State, nowMs: number): QueueMetrics {
  const queuedSince = priorities.flatMap((priority) => [...state.queued[priority].values()]);
  return {
    depth: queuedSince.length,
    processing: state.processing.size,
    delayed: state.delayed.size,
    adds: state.adds,
    retries: state.retries,
    oldestMs: queuedSince.length === 0 ? 0 : nowMs - Math.min(...queuedSince),
    longestRunningMs: state.processing.size === 0 ? 0 : nowMs - Math.min(...state.processing.values()),
  };
}
