/**
 * The objects of one kind in memory: stripped, projected, indexed, ordered by resourceVersion, and aware of uids, so that
 * an object made anew under an old name is a deletion and an addition.
 */

import type { JsonObject, KubeObject, Store, StoreChange } from '../api.ts';
import { type Entry, indexKey, objectTable } from './object-table.ts';
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
  /** A handler or a projection that throws is told here and harms nobody else. */
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

const ownerIndex = 'owner uid';

export function createStore<T extends KubeObject>(options: StoreOptions<T>): FedStore<T> {
  const table = objectTable<T>();
  const { tell, subscribe } = changeHandlers<T>(options);
  let synced = false;

  const set = (raw: RawObject): void => {
    const entry = readable(raw);
    if (entry === undefined) return;
    const old = table.put(raw.metadata.namespace ?? '', raw.metadata.name, entry);
    if (old !== undefined && old.uid !== entry.uid) tell({ kind: 'deleted', object: old.object });
    if (old === undefined || old.uid !== entry.uid) tell({ kind: 'added', object: entry.object });
    else tell({ kind: 'updated', object: entry.object, old: old.object });
  };
  /** An object that the projection cannot take must not stop the others: it stays as it was known, and the error is told. */
  const readable = (raw: RawObject): Entry<T> | undefined => {
    try {
      return entryOf(options, raw);
    } catch (error) {
      options.onHandlerError(error);
      return undefined;
    }
  };
  const remove = (namespace: string, name: string): void => {
    const old = table.put(namespace, name, undefined);
    if (old !== undefined) tell({ kind: 'deleted', object: old.object });
  };

  return {
    synced: () => synced,
    markSynced: (value) => {
      synced = value;
    },
    size: () => table.size(),
    get: (namespace, name) => table.get(namespace, name)?.object,
    list: (namespace) => objectsOf(table.entries(namespace)),
    byOwner: (uid) => objectsOf(table.under(indexKey(ownerIndex, uid))),
    byIndex: (name, value) => objectsOf(table.under(indexKey(name, value))),
    onChange: subscribe,
    event: (type, raw) => {
      const { namespace = '', name, resourceVersion } = raw.metadata;
      const entry = table.get(namespace, name);
      if (entry !== undefined && isOlder(resourceVersion, entry.version)) return false;
      if (type === 'DELETED') remove(namespace, name);
      else if (!isSame(entry, raw)) set(raw);
      return true;
    },
    replace: (namespace, items) => {
      const present = new Set(items.map((item) => nameKey(item)));
      for (const { object } of table.entries(namespace === '' ? undefined : namespace)) {
        if (!present.has(nameKey(object))) remove(object.metadata.namespace ?? '', object.metadata.name);
      }
      for (const item of items) {
        if (!isSame(table.get(item.metadata.namespace ?? '', item.metadata.name), item)) set(item);
      }
    },
  };
}

interface ChangeHandlers<T extends KubeObject> {
  readonly tell: (change: StoreChange<T>) => void;
  readonly subscribe: Store<T>['onChange'];
}

function changeHandlers<T extends KubeObject>(options: StoreOptions<T>): ChangeHandlers<T> {
  const handlers = new Set<(change: StoreChange<T>) => void>();
  return {
    tell: (change) => {
      for (const handler of handlers) {
        try {
          handler(change);
        } catch (error) {
          options.onHandlerError(error);
        }
      }
    },
    subscribe: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
  };
}

function isSame<T>(entry: Entry<T> | undefined, raw: RawObject): boolean {
  return entry !== undefined && entry.uid === raw.metadata.uid && entry.version === raw.metadata.resourceVersion;
}

function nameKey(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

function entryOf<T extends KubeObject>(options: StoreOptions<T>, raw: RawObject): Entry<T> {
  const stripped = strip(raw);
  const projected = options.project(stripped);
  const object = options.freeze === true ? deepFreeze(projected) : projected;
  const owners = (raw.metadata.ownerReferences ?? []).map((owner) => indexKey(ownerIndex, owner.uid));
  const named = Object.entries(options.indexes ?? {}).flatMap(([name, valuesOf]) =>
    valuesOf(object).map((value) => indexKey(name, value)),
  );
  const { uid, resourceVersion: version } = raw.metadata;
  return { object, uid, version, keys: [...new Set([...owners, ...named])] };
}

function objectsOf<T>(entries: Iterable<Entry<T>>): readonly T[] {
  return Array.from(entries, (entry) => entry.object);
}
