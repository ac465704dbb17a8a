/** Asks every pod of an app again and again which configuration it runs with, from one moment to another. */

import { setTimeout as delay } from 'node:timers/promises';
import { answersOfPods } from './traffic.ts';
import type { World } from './world.ts';

export interface ConfigWatch {
  /** Greetings seen so far per pod template hash. */
  seen(): ReadonlyMap<string, ReadonlySet<string>>;
  /** How many times all pods were asked. */
  rounds(): number;
  stop(): Promise<void>;
}

export function watchConfig(world: World, app: string): ConfigWatch {
  const seen = new Map<string, Set<string>>();
  const stop = new AbortController();
  let rounds = 0;
  const running = (async () => {
    while (!stop.signal.aborted) {
      for (const { hash, greeting } of await answersOfPods(world, app)) {
        seen.set(hash, (seen.get(hash) ?? new Set()).add(greeting));
      }
      rounds += 1;
      await delay(250, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    seen: () => seen,
    rounds: () => rounds,
    async stop() {
      stop.abort();
      await running;
    },
  };
}
