/** Counts of the requests that the gateway answered, for programs and in Prometheus' text format. */

/** `route` and `service` are '' when no rule matched, `podHash` when no pod was reached or its hash is not known. */
export interface RequestCount {
  readonly namespace: string;
  readonly route: string;
  readonly service: string;
  readonly podHash: string;
  readonly code: number;
  readonly count: number;
}

export type Counted = Omit<RequestCount, 'count' | 'code'>;

export interface RequestCounts {
  count(what: Counted, code: number, seconds: number): void;
  mirrored(what: Counted): void;
  /** Oldest first. */
  counts(): readonly RequestCount[];
  /**
   * `gateway_requests_total`, `gateway_request_duration_seconds`, `gateway_mirrored_requests_total`. Where requests may go
   * (`destinations`) is there with 0 before the first: a series that has never been seen cannot be told from one that is 0.
   */
  text(destinations: readonly Counted[]): string;
}

const usualCodes = [200, 500];
const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

interface Durations {
  readonly what: Counted;
  readonly buckets: number[];
  sum: number;
  count: number;
}

export function requestCounts(): RequestCounts {
  const requests = new Map<string, { readonly what: Counted; readonly code: number; count: number }>();
  const mirrors = new Map<string, { readonly what: Counted; count: number }>();
  const durations = new Map<string, Durations>();
  return {
    count(what, code, seconds) {
      found(requests, `${keyOf(what)} ${code}`, () => ({ what, code, count: 0 })).count += 1;
      const times = found(durations, keyOf(what), () => ({
        what,
        buckets: bucketsSeconds.map(() => 0),
        sum: 0,
        count: 0,
      }));
      times.count += 1;
      times.sum += seconds;
      for (const [at, limit] of bucketsSeconds.entries()) {
        if (seconds <= limit) times.buckets[at] = (times.buckets[at] ?? 0) + 1;
      }
    },
    mirrored(what) {
      found(mirrors, keyOf(what), () => ({ what, count: 0 })).count += 1;
    },
    counts: () => [...requests.values()].map(({ what, code, count }) => ({ ...what, code, count })),
    text: (destinations) => {
      const expected = destinations.flatMap((what) => usualCodes.map((code) => ({ what, code, count: 0 })));
      const all = new Map([...expected.map((one) => [`${keyOf(one.what)} ${one.code}`, one] as const), ...requests]);
      return [
        '# HELP gateway_requests_total Requests answered, by route, Service and pod template.',
        '# TYPE gateway_requests_total counter',
        ...[...all.values()].map(
          ({ what, code, count }) => `gateway_requests_total{${labels(what)},code="${code}"} ${count}`,
        ),
        '# HELP gateway_request_duration_seconds Time until the answer began.',
        '# TYPE gateway_request_duration_seconds histogram',
        ...[...durations.values()].flatMap(durationLines),
        '# HELP gateway_mirrored_requests_total Copies sent to mirrors.',
        '# TYPE gateway_mirrored_requests_total counter',
        ...[...mirrors.values()].map(({ what, count }) => `gateway_mirrored_requests_total{${labels(what)}} ${count}`),
        '',
      ].join('\n');
    },
  };
}

function found<V>(map: Map<string, V>, key: string, make: () => V): V {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

function keyOf({ namespace, route, service, podHash }: Counted): string {
  return `${namespace} ${route} ${service} ${podHash}`;
}

/** Names of objects and hashes have no characters that would need a backslash. */
function labels({ namespace, route, service, podHash }: Counted): string {
  return `namespace="${namespace}",route="${route}",service="${service}",rollouts_pod_template_hash="${podHash}"`;
}

function durationLines({ what, buckets, sum, count }: Durations): string[] {
  const name = 'gateway_request_duration_seconds';
  const own = labels(what);
  return [
    ...bucketsSeconds.map((limit, at) => `${name}_bucket{${own},le="${limit}"} ${buckets[at] ?? 0}`),
    `${name}_bucket{${own},le="+Inf"} ${count}`,
    `${name}_sum{${own}} ${sum}`,
    `${name}_count{${own}} ${count}`,
  ];
}
