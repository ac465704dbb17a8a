/** A cache in memory that forgets what was not used for longest once the sum of weights is too large. */

export interface Lru<V> {
  get(key: string): V | undefined;
  /** A value heavier than the whole cache is not kept. */
  set(key: string, value: V, weight: number): void;
}

export function lru<V>(maxWeight: number): Lru<V> {
  // A Map keeps insertion order: what is used goes to the end, so the first is the oldest.
  const entries = new Map<string, { value: V; weight: number }>();
  let total = 0;
  const drop = (key: string) => {
    total -= entries.get(key)?.weight ?? 0;
    entries.delete(key);
  };
  return {
    get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      entries.set(key, entry);
      return entry.value;
    },
    set(key, value, weight) {
      drop(key);
      if (weight > maxWeight) return;
      entries.set(key, { value, weight });
      total += weight;
      for (const oldest of entries.keys()) {
        if (total <= maxWeight) break;
        drop(oldest);
      }
    },
  };
}
