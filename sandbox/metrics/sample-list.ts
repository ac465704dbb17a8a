/** The samples of one series, 16 bytes each: in order of time, the oldest dropped from the front. */

/** Epoch milliseconds. */
export type Instant = number;

export interface Point {
  readonly t: Instant;
  readonly v: number;
}

export interface SampleList {
  /** A value of null marks the end of the series. Ignored unless it is newer than all others. */
  append(t: Instant, v: number | null): void;
  latest(at: Instant): Point | undefined;
  within(from: Instant, to: Instant): readonly Point[];
  /** Drops what is older; gives how many samples are left. */
  forget(before: Instant): number;
}

const firstSize = 16;

export function sampleList(): SampleList {
  let times = new Float64Array(firstSize);
  let values = new Float64Array(firstSize);
  let [start, end] = [0, 0];
  /** Times of staleness markers: rare, and no number could stand for them. */
  const ends = new Set<Instant>();

  /** Moved to the front, into more room where half of it would not do. */
  const makeRoom = (): void => {
    const size = (end - start) * 2 > times.length ? times.length * 2 : times.length;
    const [oldTimes, oldValues] = [times, values];
    times = new Float64Array(size);
    values = new Float64Array(size);
    times.set(oldTimes.subarray(start, end));
    values.set(oldValues.subarray(start, end));
    [start, end] = [0, end - start];
  };
  /** By halving: the index of the first sample that is not before `t`. */
  const firstFrom = (t: Instant): number => {
    let [low, high] = [start, end];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] ?? 0) < t) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const pointAt = (at: number): Point => ({ t: times[at] ?? 0, v: values[at] ?? 0 });
  return {
    append(t, v) {
      if (end > start && (times[end - 1] ?? 0) >= t) return;
      if (end === times.length) makeRoom();
      times[end] = t;
      values[end] = v ?? 0;
      if (v === null) ends.add(t);
      end += 1;
    },
    latest(at) {
      const next = firstFrom(at);
      const index = next < end && times[next] === at ? next : next - 1;
      if (index < start) return undefined;
      const point = pointAt(index);
      return ends.has(point.t) ? undefined : point;
    },
    within(from, to) {
      const points: Point[] = [];
      for (let at = firstFrom(from); at < end && (times[at] ?? 0) <= to; at += 1) {
        const point = pointAt(at);
        if (!ends.has(point.t)) points.push(point);
      }
      return points;
    },
    forget(before) {
      start = firstFrom(before);
      for (const t of ends) if (t < before) ends.delete(t);
      return end - start;
    },
  };
}
