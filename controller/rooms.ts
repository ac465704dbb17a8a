/** The five rooms with their queues: made when this process leads, run until leadership or the process ends. */

import type { Clock, Log, ReconcileResult } from '../kube/api.ts';
import { runReconciler } from '../kube/run-reconciler.ts';
import { type ReconcileQueue, workQueue } from '../kube/work-queue.ts';
import type { Hint } from '../edge/hint.ts';
import type { Metrics } from './server/metrics.ts';

export interface Room {
  readonly name: string;
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult>;
  /** Wires watches to the queue; the returned function undoes it. */
  start(queue: ReconcileQueue): () => void;
  /** A branch may have moved. */
  hint?(hint: Hint): void;
}

export interface RoomsOptions {
  readonly rooms: readonly Room[];
  readonly workers: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

/** Resolves when `signal` aborted and every reconcile under way has ended. */
export async function runRooms(options: RoomsOptions, signal: AbortSignal): Promise<void> {
  await Promise.all(options.rooms.map((room) => runRoom(room, options, signal)));
}

async function runRoom(room: Room, options: RoomsOptions, signal: AbortSignal): Promise<void> {
  const { clock, log, metrics, random, workers } = options;
  const queue = workQueue({ clock, random });
  const stop = room.start(queue);
  try {
    await runReconciler(
      {
        name: room.name,
        queue,
        concurrency: workers,
        reconcile: (key, keySignal) => room.reconcile(key, keySignal),
        clock,
        log,
        onError: (key, error) => log.error('reconcile failed', { room: room.name, key, error }),
        onDone: ({ kind, ms }) => {
          metrics.reconciled(room.name, kind === 'error' ? 'failed' : kind, ms);
          metrics.queueDepth(room.name, queue.metrics().depth);
        },
      },
      signal,
    );
  } finally {
    stop();
  }
}
