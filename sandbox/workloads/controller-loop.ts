/**
 * One controller: a queue of keys and the reconcile that works it off.
 */

import type { Clock, Log, ReconcileResult } from '../../kube/api.ts';
import { runReconciler } from '../../kube/run-reconciler.ts';
import { workQueue } from '../../kube/work-queue.ts';

export interface ControllerLoop {
  add(key: string): void;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
}

export interface LoopOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly concurrency?: number;
  reconcile(key: string): Promise<ReconcileResult>;
}

export function controllerLoop(options: LoopOptions): ControllerLoop {
  const { clock, random, log, name } = options;
  const queue = workQueue({ clock, random, maxRetryMs: 5_000 });
  return {
    add: (key) => queue.add(key),
    run: (signal) =>
      runReconciler(
        { name, queue, clock, log, concurrency: options.concurrency ?? 5, reconcile: (key) => options.reconcile(key) },
        signal,
      ),
  };
}

export const done: ReconcileResult = { kind: 'done' };

/** Once more soon: the caches do not show what was written yet. */
export function soon(clock: Clock, forMs: number): ReconcileResult {
  return { kind: 'done', lookAgainAt: clock.now() + forMs * (clock.rate ?? 1) };
}
