/**
 * Objects by namespace and name with their index keys: the plain data structure under a store.
 */

export interface Entry<T> {
  readonly object: T;
  readonly uid: string | undefined;
  readonly version: string | undefined;
  /** Index keys of `indexKey`, kept so that removal need not compute them again. */
  readonly keys: readonly string[];
}

export interface ObjectTable<T> {
  get(namespace: string, name: string): Entry<T> | undefined;
  /** Puts or, with undefined, removes an entry; gives the one that was there. */
  put(namespace: string, name: string, entry: Entry<T> | undefined): Entry<T> | undefined;
  /** All entries of a namespace, or of all when it is undefined. */
  entries(namespace: string | undefined): Iterable<Entry<T>>;
  under(key: string): Iterable<Entry<T>>;
  size(): number;
}

export function indexKey(index: string, value: string): string {
  return `${index}\0${value}`;
}

export function objectTable<T>(): ObjectTable<T> {
  const namespaces = new Map<string, Map<string, Entry<T>>>();
  const index = new Map<string, Set<Entry<T>>>();
  return {
    get: (namespace, name) => namespaces.get(namespace)?.get(name),
    put(namespace, name, entry) {
      const names = namespaces.get(namespace) ?? new Map<string, Entry<T>>();
      const old = names.get(name);
      if (old !== undefined) removeFromIndex(index, old);
      if (entry === undefined) names.delete(name);
      else {
        names.set(name, entry);
        addToIndex(index, entry);
      }
      if (names.size === 0) namespaces.delete(namespace);
      else namespaces.set(namespace, names);
      return old;
    },
    entries: (namespace) => entriesIn(namespaces, namespace),
    under: (key) => index.get(key) ?? [],
    size: () => [...namespaces.values()].reduce((sum, names) => sum + names.size, 0),
  };
}

function addToIndex<T>(index: Map<string, Set<Entry<T>>>, entry: Entry<T>): void {
  for (const key of entry.keys) {
    const entries = index.get(key) ?? new Set<Entry<T>>();
    entries.add(entry);
    index.set(key, entries);
  }
}

function removeFromIndex<T>(index: Map<string, Set<Entry<T>>>, entry: Entry<T>): void {
  for (const key of entry.keys) {
    const entries = index.get(key);
    entries?.delete(entry);
    if (entries?.size === 0) index.delete(key);
  }
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
