/** When something first became true of an object, seen by a watch of the bench's own. */

import type { JsonObject, KubeObject, Store } from '../../kube/api.ts';
import { watchKind, wholeObject } from '../../kube/cache/cache.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { transport } from '../../kube/transport.ts';

export type Seen = KubeObject & JsonObject;

export interface Watching {
  store(kind: WatchedKind): Store<Seen>;
  /** Monotonic time at which `check` first held for any object of the kind. */
  when(kind: WatchedKind, check: (objects: readonly Seen[]) => boolean, withinMs?: number): Promise<number>;
  stop(): Promise<void>;
}

const groups = { Rollout: 'tidegate.io', HTTPRoute: 'gateway.networking.k8s.io', ReplicaSet: 'apps', Pod: '' } as const;
export type WatchedKind = keyof typeof groups;

export async function startWatching(kubeconfigPath: string): Promise<Watching> {
  const wire = transport({ connection: await loadKubeConfig({ path: kubeconfigPath }), userAgent: 'bench/1' });
  const found = discovery(wire);
  const stop = new AbortController();
  const make = (kind: keyof typeof groups) =>
    watchKind<Seen>({
      transport: wire,
      discovery: found,
      kind: { group: groups[kind], kind },
      project: wholeObject,
      clock: systemClock,
      log: silentLog,
    });
  const caches = {
    Rollout: make('Rollout'),
    HTTPRoute: make('HTTPRoute'),
    ReplicaSet: make('ReplicaSet'),
    Pod: make('Pod'),
  };
  const running = Promise.all(Object.values(caches).map((cache) => cache.run(stop.signal)));
  await Promise.all(Object.values(caches).map((cache) => cache.whenSettled(stop.signal)));
  return {
    store: (kind) => caches[kind].store,
    when(kind, check, withinMs = 120_000) {
      const { store } = caches[kind];
      if (check(store.list())) return Promise.resolve(performance.now());
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          undo();
          reject(new Error(`not within ${withinMs} ms on ${kind}`));
        }, withinMs);
        const undo = store.onChange(() => {
          if (!check(store.list())) return;
          clearTimeout(late);
          undo();
          resolve(performance.now());
        });
      });
    },
    async stop() {
      stop.abort();
      await running;
      wire.close();
    },
  };
}
