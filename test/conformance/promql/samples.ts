/** The samples that both servers are given: half an hour of a shop with two versions, made by arithmetic alone so that every run has the same. */

export interface GivenSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** A value of null is a staleness marker. */
  readonly samples: readonly { readonly t: number; readonly v: number | null }[];
}

/** The last moment with samples; queries are asked around it. */
export const endMs = Date.UTC(2026, 0, 5, 12, 0, 0);
const stepMs = 15_000;
const count = 121;
const startMs = endMs - (count - 1) * stepMs;

/** Pseudo-random whole numbers that need no generator: the same in every language and run. */
function noise(seed: number, at: number): number {
  return ((at + 1) * 7919 + seed * 104_729 + ((at * seed) % 13) * 31) % 17;
}

type ValueAt = (at: number) => number | null | undefined;

/** `undefined` leaves a sample out. Scrapes are never exactly on time. */
function series(labels: Readonly<Record<string, string>>, seed: number, value: ValueAt): GivenSeries {
  const samples = Array.from({ length: count }, (_, at) => ({ at, v: value(at) })).flatMap(({ at, v }) =>
    v === undefined ? [] : [{ t: startMs + at * stepMs - (at === count - 1 ? 0 : noise(seed, at) * 7), v }],
  );
  return { labels, samples };
}

interface Pod {
  readonly pod: string;
  readonly hash: string;
  readonly perStep: number;
  readonly errorPct: number;
  readonly restartAt?: number;
  readonly from?: number;
  readonly until?: number;
  /** Ends with a marker, as when the target is known to be gone. */
  readonly marked?: boolean;
}

const pods: readonly Pod[] = [
  { pod: 'web-1', hash: 'aaa', perStep: 40, errorPct: 1 },
  { pod: 'web-2', hash: 'aaa', perStep: 37, errorPct: 2, restartAt: 95 },
  { pod: 'web-3', hash: 'aaa', perStep: 41, errorPct: 0, until: 108 },
  { pod: 'web-4', hash: 'bbb', perStep: 10, errorPct: 20, from: 84 },
  { pod: 'web-5', hash: 'bbb', perStep: 11, errorPct: 25, from: 90, until: 112, marked: true },
];

function alive({ from = 0, until = count, marked }: Pod, at: number): 'yes' | 'no' | 'marked' {
  if (marked === true && at === until) return 'marked';
  return at >= from && at < until ? 'yes' : 'no';
}

/** Requests up to that scrape, since the last restart. */
function requests(pod: Pod, seed: number, at: number): number {
  const begin = pod.restartAt !== undefined && at >= pod.restartAt ? pod.restartAt : (pod.from ?? 0);
  let sum = 0;
  for (let step = begin; step <= at; step += 1) sum += pod.perStep + noise(seed, step);
  return sum;
}

function podSeries(
  name: string,
  more: Readonly<Record<string, string>>,
  seed: number,
  of: (sum: number) => number,
): GivenSeries[] {
  return pods.map((pod, index) => {
    const own = { __name__: name, app: 'web', job: 'pods', namespace: 'shop', pod: pod.pod };
    return series({ ...own, rollouts_pod_template_hash: pod.hash, ...more }, seed + index, (at) => {
      const state = alive(pod, at);
      if (state !== 'yes') return state === 'marked' ? null : undefined;
      return of(requests(pod, seed + index, at));
    });
  });
}

function errorShare(pod: string | undefined): number {
  return (pods.find((one) => one.pod === pod)?.errorPct ?? 0) / 100;
}

function counters(): GivenSeries[] {
  const good = podSeries('http_requests_total', { code: '200' }, 3, (sum) => sum);
  const bad = podSeries('http_requests_total', { code: '500' }, 3, (sum) => sum).map((one) => ({
    ...one,
    samples: one.samples.map(({ t, v }) => ({
      t,
      v: v === null ? null : Math.floor(v * errorShare(one.labels['pod'])),
    })),
  }));
  return [...good, ...bad];
}

const bounds = ['0.005', '0.05', '0.1', '0.25', '1', '+Inf'];
const shares = [0.11, 0.42, 0.7, 0.93, 0.99, 1];

function histograms(): GivenSeries[] {
  const name = 'http_request_duration_seconds';
  const buckets = bounds.flatMap((le, at) =>
    podSeries(`${name}_bucket`, { le }, 3, (sum) => Math.floor(sum * (shares[at] ?? 1))),
  );
  return [
    ...buckets,
    ...podSeries(`${name}_sum`, {}, 3, (sum) => sum * 0.0731),
    ...podSeries(`${name}_count`, {}, 3, (sum) => sum),
  ];
}

function gauges(): GivenSeries[] {
  const gauge = (labels: Readonly<Record<string, string>>, seed: number, value: ValueAt): GivenSeries =>
    series({ job: 'sensors', ...labels }, seed, value);
  return [
    gauge({ __name__: 'temperature', room: 'a' }, 5, (at) => 20 + noise(5, at) / 10),
    gauge({ __name__: 'temperature', room: 'b' }, 6, (at) => -3.75 + noise(6, at) * 0.37 - at / 7),
    gauge({ __name__: 'temperature', room: 'c' }, 7, () => 21.5),
    gauge({ __name__: 'strange', kind: 'nan' }, 8, (at) => (at % 3 === 0 ? Number.NaN : at)),
    gauge({ __name__: 'strange', kind: 'inf' }, 9, (at) => (at > 100 ? Number.POSITIVE_INFINITY : at)),
    gauge({ __name__: 'strange', kind: 'minus' }, 10, (at) => (at > 118 ? Number.NEGATIVE_INFINITY : -at)),
    gauge({ __name__: 'strange', kind: 'tiny' }, 11, (at) => at * 1e-9),
    gauge({ __name__: 'strange', kind: 'huge' }, 12, (at) => at * 1.5e21),
    gauge({ __name__: 'rooms', room: 'a', floor: '1', wing: 'east' }, 13, () => 1),
    gauge({ __name__: 'rooms', room: 'b', floor: '2', wing: 'west' }, 14, () => 1),
    gauge({ __name__: 'limit', floor: '1' }, 15, () => 20.5),
    gauge({ __name__: 'limit', floor: '2' }, 16, () => 15),
    gauge({ __name__: 'rare', room: 'a' }, 17, (at) => (at % 24 === 0 ? at : undefined)),
    gauge({ __name__: 'lonely', text: 'quote " slash \\ line\nend' }, 18, (at) => at),
    ...pods.map((pod, index) =>
      series({ __name__: 'up', job: 'pods', namespace: 'shop', pod: pod.pod }, 20 + index, (at) => {
        const state = alive(pod, at);
        return state === 'no' ? undefined : state === 'marked' ? null : 1;
      }),
    ),
  ];
}

/** In the order of their labels, in which a block would have them: sums of many series then add up in the same order. */
export function givenSeries(): readonly GivenSeries[] {
  return [...counters(), ...histograms(), ...gauges()].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ labels }: GivenSeries): string {
  const names = Object.keys(labels).toSorted();
  return names.map((name) => `${name}\u0001${labels[name] ?? ''}\u0001`).join('');
}
