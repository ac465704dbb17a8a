/** Promises of the work queue and of the loop that runs it. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ReconcileResult } from './api.ts';
import { fakeClock } from './fake-clock.ts';
import { runReconciler } from './run-reconciler.ts';
import { recordingLog } from './testing/recording-log.ts';
import { workQueue } from './work-queue.ts';

function aQueue() {
  const clock = fakeClock();
  return { clock, queue: workQueue({ clock, random: () => 0 }) };
}

describe('work queue', () => {
  it('holds a key once while it is queued, and the most urgent first', async () => {
    const { queue } = aQueue();
    for (const key of ['a', 'b', 'a']) queue.add(key);
    queue.add('c', { priority: 'urgent' });
    queue.add('d', { priority: 'low' });
    queue.add('b', { priority: 'urgent' });

    const order = [];
    while (queue.metrics().depth > 0) order.push(await queue.take());

    expect(order).toEqual(['c', 'b', 'a', 'd']);
  });

  it('never hands out a key that is being worked on, and again afterwards when it was added meanwhile', async () => {
    const { queue } = aQueue();
    queue.add('a');
    const first = await queue.take();
    queue.add('a');
    queue.add('a');
    const second = queue.take();
    let taken = false;
    void second.then(() => {
      taken = true;
    });
    await Promise.resolve();
    expect(taken).toBe(false);

    queue.done('a');

    expect([first, await second]).toEqual(['a', 'a']);
    queue.done('a');
    expect(queue.metrics()).toMatchObject({ depth: 0, processing: 0 });
  });

  it('keeps the earliest of several delays', async () => {
    const { queue, clock } = aQueue();
    queue.add('a', { afterMs: 1_000 });
    queue.add('a', { afterMs: 5_000 });
    queue.add('a', { afterMs: 300 });
    await clock.advance(299);
    expect(queue.metrics()).toMatchObject({ depth: 0, delayed: 1 });
    await clock.advance(1);
    expect(queue.metrics()).toMatchObject({ depth: 1, delayed: 0 });
    await queue.take();
    queue.done('a');
    await clock.advance(10_000);

    expect(queue.metrics().depth).toBe(0);
  });

  it('makes one failing key wait longer and longer, and starts over after a success', () => {
    const { queue } = aQueue();

    const waits = Array.from({ length: 15 }, () => queue.retry('bad'));
    queue.succeeded('bad');

    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.at(-1)).toBe(30_000);
    expect(queue.retry('other')).toBe(5);
    expect(queue.retry('bad')).toBe(5);
  });

  it('gives nothing more after shutdown and waits for what is under way', async () => {
    const { queue } = aQueue();
    queue.add('a');
    await queue.take();
    queue.add('b');
    const waiting = queue.take().then((key) => {
      queue.done(key ?? '');
      return queue.take();
    });
    let drained = false;
    const down = queue.shutDown().then(() => {
      drained = true;
    });
    queue.add('c');
    await Promise.resolve();
    expect(drained).toBe(false);
    queue.done('a');
    await down;

    expect(await waiting).toBeUndefined();
    expect(await queue.take()).toBeUndefined();
  });

  it('tells how long keys wait and run', async () => {
    const { queue, clock } = aQueue();
    queue.add('a');
    queue.add('b');
    await clock.advance(100);
    await queue.take();
    await clock.advance(50);

    expect(queue.metrics()).toMatchObject({ depth: 1, oldestMs: 150, processing: 1, longestRunningMs: 50, adds: 2 });
  });
});

describe('reconciler loop', () => {
  const stops: AbortController[] = [];
  afterEach(() => {
    for (const stop of stops.splice(0)) stop.abort();
  });

  function aLoop(reconcile: (key: string, signal: AbortSignal) => Promise<ReconcileResult>, concurrency = 2) {
    const { clock, queue } = aQueue();
    const log = recordingLog();
    const errors: string[] = [];
    const stop = new AbortController();
    stops.push(stop);
    const options = { name: 'test', queue, concurrency, reconcile, clock, log, timeoutMs: 1_000 };
    const ended = runReconciler(
      { ...options, onError: (key, error) => errors.push(`${key}: ${error.message}`) },
      stop.signal,
    );
    return { clock, queue, log, errors, stop, ended };
  }

  it('looks again at the asked time, at once, or after a back-off', async () => {
    const runs: string[] = [];
    const answers: Record<string, ReconcileResult[]> = {
      timed: [{ kind: 'done', lookAgainAt: Date.UTC(2026, 0, 1) + 700 }],
      again: [{ kind: 'again' }],
      wait: [{ kind: 'retry', why: 'the API server is busy', afterMs: 400 }],
      back: [{ kind: 'retry', why: 'no answer' }],
    };
    const { clock, queue } = aLoop(async (key) => {
      runs.push(key);
      return answers[key]?.shift() ?? { kind: 'done' };
    });
    for (const key of Object.keys(answers)) queue.add(key);
    await clock.advance(0);
    const first = [...runs];
    const at = async (ms: number): Promise<string[]> => {
      runs.length = 0;
      await clock.advance(ms);
      return [...runs];
    };

    expect(first).toEqual(['timed', 'again', 'wait', 'back', 'again']);
    expect(await at(5)).toEqual(['back']);
    expect(await at(395)).toEqual(['wait']);
    expect(await at(300)).toEqual(['timed']);
    expect(await at(60_000)).toEqual([]);
  });

  it('lets a key that always throws delay no other', async () => {
    const good: string[] = [];
    const { clock, queue, errors, log } = aLoop(async (key) => {
      if (key === 'poison') throw new Error('a bug');
      good.push(key);
      return { kind: 'done' };
    }, 1);
    queue.add('poison');
    for (let at = 0; at < 20; at += 1) {
      queue.add(`good-${at}`);
      await clock.advance(1);
    }

    expect(good).toHaveLength(20);
    expect(errors.length).toBeLessThan(5);
    expect(errors[0]).toBe('poison: a bug');
    expect(log.of('error')[0]).toBe('reconcile failed');
  });

  it('aborts a reconcile at its timeout and tries the key again', async () => {
    let runs = 0;
    const { clock, queue, errors } = aLoop(async (_key, signal) => {
      runs += 1;
      if (runs > 1) return { kind: 'done' };
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    });
    queue.add('slow');
    await clock.advance(999);
    expect(runs).toBe(1);
    await clock.advance(10);

    expect(runs).toBe(2);
    expect(errors).toEqual(['slow: reconcile took longer than 1 s']);
  });

  it('gives the worker of a hung reconcile to other keys and never runs the hung key twice', async () => {
    let running = 0;
    let most = 0;
    let release = (): void => undefined;
    const others: string[] = [];
    const { clock, queue, errors } = aLoop(async (key) => {
      if (key !== 'hung') {
        others.push(key);
        return { kind: 'done' };
      }
      running += 1;
      most = Math.max(most, running);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      running -= 1;
      return { kind: 'done' };
    }, 1);
    queue.add('hung');
    await clock.advance(0);
    queue.add('other');
    await clock.advance(1_000 + 5_000);
    queue.add('hung');
    await clock.advance(10_000);
    expect([running, most, others]).toEqual([1, 1, ['other']]);
    expect(errors[0]).toContain('does not stop at its signal');
    release();
    await clock.advance(0);

    expect([running, most]).toEqual([1, 1]);
    release();
  });

  it('ends when told to, after the reconciles under way', async () => {
    const told = vi.fn<() => void>();
    const { clock, queue, stop, ended } = aLoop(
      (_key, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            told();
            resolve({ kind: 'done' });
          });
        }),
    );
    queue.add('a');
    await clock.advance(0);
    stop.abort();
    await ended;

    expect(told).toHaveBeenCalledTimes(1);
  });
});
