/** The rollout room alone on a test cluster: its caches, its queue and its workers, as the controller wires them. */

import { type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import { rolloutReconciler } from '../../controller/rollout/reconciler.ts';
import {
  type CacheNeed,
  enqueueRollouts,
  type RolloutStores,
  rolloutCacheNeeds,
  rolloutStores,
} from '../../controller/rollout/stores.ts';
import { routers } from '../../controller/traffic/all-routers.ts';
import type { KubeClient, KubeObject, Leadership } from '../../kube/api.ts';
import { type KindCache, watchKind } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { ownWrites } from '../../kube/own-writes.ts';
import { runReconciler } from '../../kube/run-reconciler.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { workQueue } from '../../kube/work-queue.ts';

export interface RolloutRoom {
  readonly client: KubeClient;
  readonly transport: ApiTransport;
  readonly stores: RolloutStores;
  /** Reasons of the facts told so far, by rollout name. */
  reasons(rollout: string): readonly string[];
  stop(): Promise<void>;
}

export interface RolloutRoomOptions {
  readonly kubeconfigPath: string;
  readonly term?: string;
  readonly userAgent?: string;
  readonly dialect?: Dialect;
  readonly verbose?: boolean;
}

/** Resolves when the caches are filled and the workers run. */
export async function startRolloutRoom(options: RolloutRoomOptions): Promise<RolloutRoom> {
  const stop = new AbortController();
  const connection = await loadKubeConfig({ path: options.kubeconfigPath });
  const api = transport({ connection, userAgent: options.userAgent ?? 'tidegate-controller/test' });
  const known = discovery(api);
  const client = kubeClient(api, known);
  const dialect = options.dialect ?? tidegateDialect;
  const caches = new Map<string, KindCache<KubeObject>>();
  const add = <T extends KubeObject>({ kind, project, indexes, labelSelector }: CacheNeed<T>) => {
    const selector = labelSelector === undefined ? {} : { labelSelector };
    const cache = watchKind<T>({
      transport: api,
      discovery: known,
      clock: systemClock,
      log: silentLog,
      freeze: true,
      kind,
      project,
      indexes,
      ...selector,
    });
    const id = `${kind.group}/${kind.kind}`;
    caches.set(caches.has(id) ? `${id} ${labelSelector ?? ''}` : id, cache as unknown as KindCache<KubeObject>);
    return cache.store;
  };
  const needs = rolloutCacheNeeds(dialect);
  const stores = rolloutStores(needs, add);
  const running = [...caches.values()].map((cache) => cache.run(stop.signal));
  await Promise.all([...caches.values()].map((cache) => cache.whenSettled(stop.signal)));

  const told = new Map<string, string[]>();
  const leadership: Leadership = {
    term: options.term ?? 'term-1',
    signal: stop.signal,
    mayWrite: () => !stop.signal.aborted,
  };
  const say = (message: string, fields?: object) =>
    options.verbose ? console.log(message, JSON.stringify(fields ?? {})) : undefined;
  const queue = workQueue({ clock: systemClock });
  const reconcile = rolloutReconciler({
    client,
    stores,
    seen: (kind, namespace) => caches.get(`${kind.group}/${kind.kind}`)?.seenVersion(namespace),
    ownWrites: ownWrites(systemClock),
    clock: systemClock,
    dialect,
    keys: keys(dialect),
    events: {
      record: ({ regarding, reason }) => told.set(regarding.name, [...(told.get(regarding.name) ?? []), reason]),
    },
    leadership,
    routers,
    log: { debug: say, info: say, warn: say },
  });
  const undo = enqueueRollouts(stores, dialect, queue);
  const work = runReconciler(
    {
      name: 'rollout',
      queue,
      concurrency: 4,
      reconcile: (key, signal) => reconcile(key, signal),
      clock: systemClock,
      log: { ...silentLog, error: (message, fields) => console.error(message, fields) },
    },
    stop.signal,
  );
  return {
    client,
    transport: api,
    stores,
    reasons: (rollout) => told.get(rollout) ?? [],
    async stop() {
      stop.abort();
      undo();
      await Promise.all([...running, work]);
      api.close();
    },
  };
}
