/** The samples of the last minutes, per series, in memory. A sample of a series that has ended is a staleness marker. */

import { compareLabels, labelKey, type Labels, metricName } from './labels.ts';

/** Epoch milliseconds. */
export type Instant = number;

export interface Point {
  readonly t: Instant;
  readonly v: number;
}

export interface Series {
  readonly labels: Labels;
  /** In order of time; a value of null is a staleness marker. */
  readonly samples: readonly StoredSample[];
}

export interface StoredSample {
  readonly t: Instant;
  readonly v: number | null;
}

/** Decides by the value of one label ('' when the series does not have it). */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  matches(value: string): boolean;
}

export interface SeriesStore {
  /** Samples that are not newer than the newest of their series are dropped, as Prometheus does. */
  append(labels: Labels, t: Instant, v: number | null): void;
  /** In the order of `compareLabels`. */
  select(matchers: readonly Matcher[]): readonly Series[];
  all(): readonly Series[];
  /** Forgets samples before `t`, and series without any left. */
  forget(before: Instant): void;
}

interface Stored {
  readonly labels: Labels;
  samples: StoredSample[];
}

export function seriesStore(): SeriesStore {
  const byKey = new Map<string, Stored>();
  /** In order of labels, per metric name. */
  const byName = new Map<string, Stored[]>();
  const add = (labels: Labels): Stored => {
    const stored: Stored = { labels, samples: [] };
    byKey.set(labelKey(labels), stored);
    const name = labels[metricName] ?? '';
    const list = byName.get(name) ?? [];
    byName.set(name, list);
    list.splice(placeOf(list, labels), 0, stored);
    return stored;
  };
  const everything = (): readonly Stored[] => [...byKey.values()].toSorted((a, b) => compareLabels(a.labels, b.labels));
  return {
    append(labels, t, v) {
      const stored = byKey.get(labelKey(labels)) ?? add(labels);
      const last = stored.samples.at(-1);
      if (last === undefined || last.t < t) stored.samples.push({ t, v });
    },
    select(matchers) {
      const named = matchers.find((one) => one.name === metricName && one.op === '=');
      const among = named === undefined ? everything() : (byName.get(named.value) ?? []);
      return among.filter(({ labels }) => matchers.every((one) => one.matches(labels[one.name] ?? '')));
    },
    all: everything,
    forget(before) {
      for (const [key, stored] of byKey) {
        const first = stored.samples.findIndex((one) => one.t >= before);
        if (first > 0) stored.samples = stored.samples.slice(first);
        if (first >= 0) continue;
        byKey.delete(key);
        const name = stored.labels[metricName] ?? '';
        const rest = (byName.get(name) ?? []).filter((one) => one !== stored);
        if (rest.length === 0) byName.delete(name);
        else byName.set(name, rest);
      }
    },
  };
}

/** By halving: where a series belongs in a list in order of labels. */
function placeOf(list: readonly Stored[], labels: Labels): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = list[middle];
    if (there !== undefined && compareLabels(there.labels, labels) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
