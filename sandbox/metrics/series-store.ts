/** The series that have been scraped in the last minutes, and how they are found. */

import { type Instant, type Point, type SampleList, sampleList } from './sample-list.ts';
import { compareLabels, labelKey, type Labels, metricName } from './labels.ts';

export interface Series {
  readonly labels: Labels;
  /** The newest sample at or before `at`; undefined also when the series has ended by then. */
  latest(at: Instant): Point | undefined;
  /** In order of time, both ends included. */
  within(from: Instant, to: Instant): readonly Point[];
}

/** Decides by the value of one label ('' when the series does not have it). */
export interface Matcher {
  readonly name: string;
  readonly op: '=' | '!=' | '=~' | '!~';
  readonly value: string;
  matches(value: string): boolean;
}

export interface SeriesStore {
  /**
   * A value of null is a staleness marker: the series ends there. Samples that are not newer than the newest of their series
   * are dropped, as Prometheus does.
   */
  append(labels: Labels, t: Instant, v: number | null): void;
  /** In the order of `compareLabels`. */
  select(matchers: readonly Matcher[]): readonly Series[];
  all(): readonly Series[];
  /** Forgets samples before `t`, and series without any left. */
  forget(before: Instant): void;
}

interface Stored extends Series {
  readonly samples: SampleList;
}

export function seriesStore(): SeriesStore {
  const byKey = new Map<string, Stored>();
  /** In order of labels, per metric name. */
  const byName = new Map<string, Stored[]>();
  const add = (labels: Labels): Stored => {
    const samples = sampleList();
    const stored: Stored = {
      labels,
      samples,
      latest: (at) => samples.latest(at),
      within: (from, to) => samples.within(from, to),
    };
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
      stored.samples.append(t, v);
    },
    select(matchers) {
      const named = matchers.find((one) => one.name === metricName && one.op === '=');
      const among = named === undefined ? everything() : (byName.get(named.value) ?? []);
      return among.filter(({ labels }) => matchers.every((one) => one.matches(labels[one.name] ?? '')));
    },
    all: everything,
    forget(before) {
      for (const [key, stored] of byKey) {
        if (stored.samples.forget(before) > 0) continue;
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
