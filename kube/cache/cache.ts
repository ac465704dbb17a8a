/**
 * One cached kind: a store and the list-watches that feed it, over all namespaces or a list of them.
 */

import type { Clock, JsonObject, KindRef, KubeObject, Log, Store, Transport } from '../api.ts';
import type { Discovery } from '../discovery.ts';
import { type ListWatch, type ListWatchMetrics, listWatch } from './list-watch.ts';
import { createStore, type FedStore, type RawObject } from './store.ts';

export interface WatchKindOptions<T extends KubeObject> {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly kind: KindRef;
  /** Absent or empty: all namespaces. */
  readonly namespaces?: readonly string[];
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Keeps only what the reader needs; must keep the metadata's name, namespace, uid and resourceVersion. */
  readonly project: (object: RawObject) => T;
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  readonly clock: Clock;
  readonly log: Log;
  readonly freeze?: boolean;
  readonly random?: () => number;
  /** No line of a watch for so long means a dead connection; default 90 s. */
  readonly livenessMs?: number;
  /** Deadline of each page of a list; default 60 s. */
  readonly listTimeoutMs?: number;
}

export interface KindCache<T extends KubeObject> {
  readonly store: Store<T>;
  /** Feeds the store until the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Every namespace has been listed once. Stays true through later interruptions. */
  synced(): boolean;
  /** Synced, or known to be a kind that the server does not serve (its CRD is absent): nothing more to wait for now. */
  settled(): boolean;
  /** Resolves when settled, or when the signal aborts. */
  whenSettled(signal: AbortSignal): Promise<void>;
  metrics(): CacheMetrics;
  /** The store holds everything of this namespace up to this resourceVersion; undefined before the first list. */
  seenVersion(namespace: string): string | undefined;
}

export interface CacheMetrics extends ListWatchMetrics {
  readonly objects: number;
  readonly handlerErrors: number;
}

/** For a kind that is read whole. */
export function wholeObject(object: RawObject): KubeObject & JsonObject {
  return object;
}

export function watchKind<T extends KubeObject>(options: WatchKindOptions<T>): KindCache<T> {
  const waiting = new Set<() => void>();
  let handlerErrors = 0;
  const store = createStore<T>({
    project: options.project,
    ...(options.indexes === undefined ? {} : { indexes: options.indexes }),
    ...(options.freeze === undefined ? {} : { freeze: options.freeze }),
    onHandlerError: (error) => {
      handlerErrors += 1;
      options.log.error('a cache handler or projection threw', { kind: options.kind.kind, error });
    },
  });
  const feeds = feedsOf(options, store, () => {
    for (const wake of waiting) wake();
  });
  const settled = (): boolean => feeds.every((feed) => feed.state() !== 'syncing');
  return {
    store,
    run: async (signal) => {
      await Promise.all(feeds.map((feed) => feed.loop.run(signal)));
    },
    synced: () => store.synced(),
    settled,
    whenSettled: (signal) => whenTrue(settled, waiting, signal),
    seenVersion: (namespace) =>
      feeds.find((feed) => feed.namespace === '' || feed.namespace === namespace)?.loop.seenVersion(),
    metrics: () => ({ ...sum(feeds.map((feed) => feed.loop.metrics())), objects: store.size(), handlerErrors }),
  };
}

interface Feed {
  readonly namespace: string;
  readonly loop: ListWatch;
  state(): 'syncing' | 'synced' | 'not-served';
}

function feedsOf<T extends KubeObject>(options: WatchKindOptions<T>, store: FedStore<T>, changed: () => void): Feed[] {
  const namespaces = options.namespaces?.length ? options.namespaces : [''];
  const feeds: Feed[] = namespaces.map((namespace) => {
    let state: ReturnType<Feed['state']> = 'syncing';
    const loop = listWatch({
      ...options,
      namespace,
      sink: {
        replace: (items) => store.replace(namespace, items),
        event: (type, object) => store.event(type, object),
        state: (next) => {
          if (state === next) return;
          state = next;
          store.markSynced(feeds.every((feed) => feed.state() === 'synced'));
          changed();
        },
      },
    });
    return { namespace, loop, state: () => state };
  });
  return feeds;
}

function whenTrue(test: () => boolean, waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  if (test() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      if (!test() && !signal.aborted) return;
      waiting.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}

function sum(all: readonly ListWatchMetrics[]): ListWatchMetrics {
  const total = (pick: (one: ListWatchMetrics) => number): number => all.reduce((so, one) => so + pick(one), 0);
  return {
    lists: total((one) => one.lists),
    watches: total((one) => one.watches),
    failures: total((one) => one.failures),
    droppedEvents: total((one) => one.droppedEvents),
  };
}
