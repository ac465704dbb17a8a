import { describe, expect, it } from 'vitest';
import { keyedPool, orAborted, pool } from './pool.ts';

const forever = new AbortController().signal;

describe('pool', () => {
  it('runs no more than its places at once, in order', async () => {
    const places = pool(2);
    const gates = [0, 1, 2].map(() => Promise.withResolvers<void>());
    const started: number[] = [];
    const all = gates.map((gate, index) =>
      places.use(forever, async () => {
        started.push(index);
        await gate.promise;
      }),
    );
    await Promise.resolve();

    expect(started).toEqual([0, 1]);
    gates[1]?.resolve();
    await all[1];
    await Promise.resolve();
    expect(started).toEqual([0, 1, 2]);
    gates[0]?.resolve();
    gates[2]?.resolve();
    await Promise.all(all);
  });

  it('lets go of one who waits no longer, and of a place after a failure', async () => {
    const places = pool(1);
    const gate = Promise.withResolvers<void>();
    const first = places.use(forever, () => gate.promise);
    const stop = new AbortController();
    const second = places.use(stop.signal, () => Promise.resolve('second'));
    stop.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    gate.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');

    await expect(places.use(forever, () => Promise.resolve('third'))).resolves.toBe('third');
  });

  it('keeps keys apart', async () => {
    const keyed = keyedPool(1);
    const gate = Promise.withResolvers<void>();
    const held = keyed.use('a', forever, () => gate.promise);

    await expect(keyed.use('b', forever, () => Promise.resolve(1))).resolves.toBe(1);
    gate.resolve();
    await held;
  });
});

describe('orAborted', () => {
  it('rejects when the signal ends and leaves the work alone', async () => {
    const stop = new AbortController();
    const gate = Promise.withResolvers<number>();
    const answer = orAborted(gate.promise, stop.signal);
    stop.abort(new Error('late'));

    await expect(answer).rejects.toThrow('late');
    gate.resolve(5);
    await expect(orAborted(gate.promise, forever)).resolves.toBe(5);
  });
});
