/**
 * Runs one reconcile function over a work queue with bounded concurrency. A reconcile that throws, hangs or is slow delays
 * no other key, and one key is never worked on twice at the same time.
 */

import type { Clock, Log, ReconcileResult } from './api.ts';
import { sleepMsUntil } from './clock.ts';
import { firstAbort } from './first-abort.ts';
import type { ReconcileQueue } from './work-queue.ts';

export interface ReconcilerOptions {
  readonly name: string;
  readonly queue: ReconcileQueue;
  readonly concurrency: number;
  /** Must stop when its signal aborts: at the timeout and at shutdown. */
  reconcile(key: string, signal: AbortSignal): Promise<ReconcileResult>;
  readonly clock: Clock;
  readonly log: Log;
  /** A reconcile threw or ran into its timeout: a bug or a dead dependency. */
  onError?(key: string, error: Error): void;
  /** After each reconcile, for metrics. */
  onDone?(outcome: ReconcileOutcome): void;
  readonly timeoutMs?: number;
}

export interface ReconcileOutcome {
  readonly name: string;
  readonly key: string;
  readonly kind: ReconcileResult['kind'] | 'error';
  readonly ms: number;
}

const defaultTimeoutMs = 120_000;
/** A reconcile that does not stop at its signal loses its worker after this; its key stays locked until it ends. */
const hungAfterMs = 5_000;

/** Resolves after `signal` has aborted and the reconciles under way have ended (or were given up as hung). */
export async function runReconciler(options: ReconcilerOptions, signal: AbortSignal): Promise<void> {
  const stop = (): void => void options.queue.shutDown();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  await Promise.all(Array.from({ length: options.concurrency }, () => worker(options, signal)));
}

async function worker(options: ReconcilerOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    const key = await options.queue.take();
    if (key === undefined) return;
    await reconcileOne(options, key, signal);
  }
}

async function reconcileOne(options: ReconcilerOptions, key: string, stop: AbortSignal): Promise<void> {
  const { clock } = options;
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const startMs = clock.monotonicMs();
  const late = new AbortController();
  const ended = new AbortController();
  void clock.sleep(timeoutMs, ended.signal).then(() => {
    if (!ended.signal.aborted) late.abort(new Error(`reconcile took longer than ${timeoutMs / 1000} s`));
  });
  const work = settle(options, key, AbortSignal.any([stop, late.signal])).then((kind) => {
    // A reason of its own, because the default one is an exception that is dear to make.
    ended.abort('ended');
    options.queue.done(key);
    options.onDone?.({ name: options.name, key, kind, ms: clock.monotonicMs() - startMs });
  });
  await Promise.race([work, hung(clock, ended.signal, late.signal, stop).then((is) => reportHung(options, key, is))]);
}

/** Runs the reconcile and tells the queue what it wants; never rejects. */
async function settle(options: ReconcilerOptions, key: string, signal: AbortSignal): Promise<ReconcileOutcome['kind']> {
  try {
    const result = await options.reconcile(key, signal);
    follow(options, key, result);
    return result.kind;
  } catch (error) {
    const cause = error instanceof Error ? error : new Error(String(error));
    if (!signal.aborted || signal.reason === cause) options.onError?.(key, cause);
    const afterMs = options.queue.retry(key);
    options.log.error('reconcile failed', { reconciler: options.name, key, error: cause, retryAfterMs: afterMs });
    return 'error';
  }
}

function follow(options: ReconcilerOptions, key: string, result: ReconcileResult): void {
  const { queue, clock } = options;
  switch (result.kind) {
    case 'done':
      queue.succeeded(key);
      if (result.lookAgainAt !== undefined) {
        queue.add(key, { afterMs: sleepMsUntil(clock, result.lookAgainAt) });
      }
      return;
    case 'again':
      queue.succeeded(key);
      queue.add(key);
      return;
    case 'retry':
      if (result.afterMs === undefined) queue.retry(key);
      else queue.add(key, { afterMs: result.afterMs });
      options.log.debug('reconcile will be tried again', { reconciler: options.name, key, why: result.why });
  }
}

/** True some time after the reconcile was told to stop and did not; false when it ended. */
async function hung(clock: Clock, ended: AbortSignal, late: AbortSignal, stop: AbortSignal): Promise<boolean> {
  await firstAbort([ended, late, stop]);
  if (ended.aborted) return false;
  await clock.sleep(hungAfterMs, ended);
  return !ended.aborted;
}

function reportHung(options: ReconcilerOptions, key: string, is: boolean): void {
  if (!is) return;
  const error = new Error(`reconcile of ${key} does not stop at its signal; the key stays locked until it ends`);
  options.onError?.(key, error);
  options.log.error('reconcile hangs', { reconciler: options.name, key });
}
