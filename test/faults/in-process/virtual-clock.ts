/**
 * Time of a run: it stands still while anything has something to do, and then jumps to the next moment that somebody waits
 * for. Every wait belongs to a life; those of a life that ended never wake.
 */

import type { Clock, Instant } from '../../../kube/api.ts';

/** What can end: a controller process, or the world of a run. */
export interface Life {
  alive: boolean;
  /** Stopped (SIGSTOP) until then, in milliseconds of the run: what it waits for comes later. */
  stoppedUntilMs?: number;
}

export interface VirtualClock {
  readonly now: () => Instant;
  /** Milliseconds since the run began. */
  elapsedMs(): number;
  /** The clock as a process has it. */
  of(life: Life): Clock;
  /** Lets time pass until `isOver` after something happened, or up to `untilMs` of the run. Gives whether it was over. */
  run(isOver: () => boolean, untilMs: number): Promise<boolean>;
}

interface Sleeper {
  at: number;
  readonly order: number;
  readonly life: Life;
  readonly wake: () => void;
  gone: boolean;
}

export function virtualClock(startMs: Instant): VirtualClock {
  let elapsedMs = 0;
  let order = 0;
  const heap: Sleeper[] = [];
  const now = (): Instant => Math.floor(startMs + elapsedMs);
  const sleep = (life: Life, ms: number, signal: AbortSignal): Promise<void> => {
    if (!life.alive) return new Promise(() => undefined);
    if (signal.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        sleeper.gone = true;
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper: Sleeper = { at: elapsedMs + ms, order: order++, life, wake, gone: false };
      push(heap, sleeper);
      signal.addEventListener('abort', wake);
    });
  };
  return {
    now,
    elapsedMs: () => elapsedMs,
    of: (life) => ({ now, monotonicMs: () => elapsedMs, sleep: (ms, signal) => sleep(life, ms, signal) }),
    async run(isOver, untilMs) {
      for (;;) {
        await quiet();
        if (isOver()) return true;
        const next = first(heap);
        if (next === undefined || next.at > untilMs) {
          elapsedMs = Math.max(elapsedMs, untilMs);
          return false;
        }
        elapsedMs = next.at;
        for (let due = first(heap); due !== undefined && due.at <= elapsedMs; due = first(heap))
          wakeOrHold(heap, elapsedMs);
      }
    },
  };
}

function wakeOrHold(heap: Sleeper[], elapsedMs: number): void {
  const sleeper = pop(heap);
  const { stoppedUntilMs = 0 } = sleeper.life;
  if (stoppedUntilMs <= elapsedMs) return sleeper.wake();
  sleeper.at = stoppedUntilMs;
  push(heap, sleeper);
}

/** Nothing in a run waits for anything but this clock, so when the loop comes round no promise is left to settle. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The next sleeper that may wake at all. */
function first(heap: Sleeper[]): Sleeper | undefined {
  while (heap[0] !== undefined && (heap[0].gone || !heap[0].life.alive)) pop(heap);
  return heap[0];
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.push(sleeper) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isBefore(heap[at]!, heap[parent]!)) return;
    [heap[at], heap[parent]] = [heap[parent]!, heap[at]!];
    at = parent;
  }
}

function pop(heap: Sleeper[]): Sleeper {
  const top = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return top;
  heap[0] = last;
  for (let at = 0; ; ) {
    let least = at;
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && isBefore(heap[child]!, heap[least]!)) least = child;
    }
    if (least === at) return top;
    [heap[at], heap[least]] = [heap[least]!, heap[at]!];
    at = least;
  }
}
