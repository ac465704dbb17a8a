import { expect, it } from 'vitest';
import { virtualClock } from './virtual-clock.ts';

const unheard = new AbortController().signal;

it('wakes sleepers in the order of their times, and jumps over the time between', async () => {
  const time = virtualClock(0);
  const clock = time.of({ alive: true });
  const woken: [string, number][] = [];
  const sleeper = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms, unheard);
    woken.push([name, time.now()]);
  };
  void sleeper('late', 86_400_000);
  void sleeper('first', 5);
  void sleeper('second', 5).then(() => sleeper('after', 1));

  expect(await time.run(() => woken.length === 4, 100_000_000)).toBe(true);

  expect(woken).toEqual([
    ['first', 5],
    ['second', 5],
    ['after', 6],
    ['late', 86_400_000],
  ]);
});

it('never wakes what belongs to a life that ended', async () => {
  const time = virtualClock(0);
  const life = { alive: true };
  let woken = false;
  void time
    .of(life)
    .sleep(10, unheard)
    .then(() => {
      woken = true;
    });
  life.alive = false;

  expect(await time.run(() => woken, 1_000)).toBe(false);
  expect(time.now()).toBe(1_000);
});

it('ends a sleep when its signal aborts', async () => {
  const time = virtualClock(0);
  const stop = new AbortController();
  let woken = -1;
  void time
    .of({ alive: true })
    .sleep(1_000, stop.signal)
    .then(() => {
      woken = time.now();
    });
  void time
    .of({ alive: true })
    .sleep(10, unheard)
    .then(() => stop.abort());

  await time.run(() => woken >= 0, 5_000);

  expect(woken).toBe(10);
});
