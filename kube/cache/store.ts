/**
 * The objects of one kind in memory: stripped, projected, indexed, ordered by resourceVersion, and aware of uids, so that
 * an object made anew under an old name is a deletion and an addition.
 */

import type { JsonObject, KubeObject, Store, StoreChange } from '../api.ts';
import { isOlder } from './resource-version.ts';
import { deepFreeze, strip } from './strip.ts';

export type RawObject = KubeObject & JsonObject;
export type EventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface StoreOptions<T extends KubeObject> {
  /** Keeps only what the reader needs; must keep metadata.name, namespace, uid and resourceVersion. */
  readonly project: (object: RawObject) => T;
  /** Named indexes: the values under which an object is found. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
  /** Makes every object immutable; costs time, so for tests. */
  readonly freeze?: boolean;
  /** A handler that throws is told here and harms nobody else. */
  readonly onHandlerError: (error: unknown) => void;
}

/** The write side, fed by list-watch. */
export interface FedStore<T extends KubeObject> extends Store<T> {
  /** The whole content of one namespace ('' = all): what is not in `items` is gone. */
  replace(namespace: string, items: readonly RawObject[]): void;
  /** One event of a watch; older than what is known already, it is dropped. Gives false then. */
  event(type: EventType, object: RawObject): boolean;
  markSynced(synced: boolean): void;
  size(): number;
}

interface Entry<T> {
  readonly object: T;
  readonly uid: string | undefined;
  readonly version: string | undefined;
  /** Index keys, "index\0value", so that removal need not compute them again. */
  readonly keys: readonly string[];
}

const ownerIndex = 'owner uid';

export function createStore<T extends KubeObject>(options: StoreOptions<T>): FedStore<T> {
  const namespaces = new Map<string, Map<string, Entry<T>>>();
  const index = new Map<string, Set<Entry<T>>>();
  const handlers = new Set<(change: StoreChange<T>) => void>();
  let synced = false;

  const entryOf = (raw: RawObject): Entry<T> => {
    const stripped = strip(raw);
    const projected = options.project(stripped);
    const object = options.freeze === true ? deepFreeze(projected) : projected;
    const { uid, resourceVersion: version } = raw.metadata;
    return { object, uid, version, keys: indexKeys(options, stripped, object) };
  };
  const put = (namespace: string, name: string, entry: Entry<T> | undefined): Entry<T> | undefined => {
    const names = namespaces.get(namespace) ?? new Map<string, Entry<T>>();
    const old = names.get(name);
    for (const key of old?.keys ?? []) removeFromIndex(index, key, old);
    if (entry === undefined) names.delete(name);
    else names.set(name, entry);
    for (const key of entry?.keys ?? []) addToIndex(index, key, entry);
    if (names.size === 0) namespaces.delete(namespace);
    else namespaces.set(namespace, names);
    return old;
  };
  const tell = (change: StoreChange<T>): void => {
    for (const handler of handlers) {
      try {
        handler(change);
      } catch (error) {
        options.onHandlerError(error);
      }
    }
  };
  const set = (raw: RawObject): void => {
    const entry = entryOf(raw);
    const old = put(raw.metadata.namespace ?? '', raw.metadata.name, entry);
    if (old !== undefined && old.uid !== entry.uid) tell({ kind: 'deleted', object: old.object });
    if (old === undefined || old.uid !== entry.uid) tell({ kind: 'added', object: entry.object });
    else tell({ kind: 'updated', object: entry.object, old: old.object });
  };
  const remove = (namespace: string, name: string): void => {
    const old = put(namespace, name, undefined);
    if (old !== undefined) tell({ kind: 'deleted', object: old.object });
  };
  const known = (namespace: string, name: string) => namespaces.get(namespace)?.get(name);

  return {
    synced: () => synced,
    markSynced: (value) => {
      synced = value;
    },
    size: () => [...namespaces.values()].reduce((sum, names) => sum + names.size, 0),
    get: (namespace, name) => known(namespace, name)?.object,
    list: (namespace) => [...entriesIn(namespaces, namespace)].map((entry) => entry.object),
    byOwner: (uid) => objectsUnder(index, indexKey(ownerIndex, uid)),
    byIndex: (name, value) => objectsUnder(index, indexKey(name, value)),
    onChange: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    event: (type, raw) => {
      const { namespace = '', name, resourceVersion, uid } = raw.metadata;
      const entry = known(namespace, name);
      if (entry !== undefined && isOlder(resourceVersion, entry.version)) return false;
      if (type === 'DELETED') remove(namespace, name);
      else if (entry === undefined || entry.uid !== uid || entry.version !== resourceVersion) set(raw);
      return true;
    },
    replace: (namespace, items) => {
      const present = new Set(items.map((item) => nameKey(item.metadata.namespace ?? '', item.metadata.name)));
      for (const { object } of [...entriesIn(namespaces, namespace === '' ? undefined : namespace)]) {
        const { namespace: ns = '', name } = object.metadata;
        if (!present.has(nameKey(ns, name))) remove(ns, name);
      }
      for (const item of items) {
        const entry = known(item.metadata.namespace ?? '', item.metadata.name);
        const same =
          entry !== undefined && entry.uid === item.metadata.uid && entry.version === item.metadata.resourceVersion;
        if (!same) set(item);
      }
    },
  };
}

function nameKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

function indexKey(name: string, value: string): string {
  return `${name}\0${value}`;
}

function indexKeys<T extends KubeObject>(options: StoreOptions<T>, raw: RawObject, object: T): readonly string[] {
  const owners = (raw.metadata.ownerReferences ?? []).map((owner) => indexKey(ownerIndex, owner.uid));
  const named = Object.entries(options.indexes ?? {}).flatMap(([name, valuesOf]) =>
    valuesOf(object).map((value) => indexKey(name, value)),
  );
  return [...new Set([...owners, ...named])];
}

function addToIndex<E>(index: Map<string, Set<E>>, key: string, entry: E | undefined): void {
  if (entry === undefined) return;
  const entries = index.get(key) ?? new Set<E>();
  entries.add(entry);
  index.set(key, entries);
}

function removeFromIndex<E>(index: Map<string, Set<E>>, key: string, entry: E | undefined): void {
  const entries = index.get(key);
  if (entries === undefined || entry === undefined) return;
  entries.delete(entry);
  if (entries.size === 0) index.delete(key);
}

function objectsUnder<T>(index: ReadonlyMap<string, ReadonlySet<Entry<T>>>, key: string): readonly T[] {
  return [...(index.get(key) ?? [])].map((entry) => entry.object);
}

function* entriesIn<T>(
  namespaces: ReadonlyMap<string, ReadonlyMap<string, Entry<T>>>,
  namespace: string | undefined,
): Generator<Entry<T>> {
  if (namespace !== undefined) {
    yield* namespaces.get(namespace)?.values() ?? [];
    return;
  }
  for (const names of namespaces.values()) yield* names.values();
}
