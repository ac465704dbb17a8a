/**
 * How many requests a pod has answered, and how: read by tests, and by Prometheus in its text format.
 */

export interface RequestCounts {
  readonly total: number;
  readonly byCode: Readonly<Record<string, number>>;
}

export interface RequestCounter {
  count(code: number, seconds: number): void;
  counts(): RequestCounts;
  /** Prometheus text: http_requests_total{code} and http_request_duration_seconds{code}. */
  text(): string;
}

const bucketsSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export function requestCounter(): RequestCounter {
  const byCode = new Map<number, number>();
  const buckets = bucketsSeconds.map(() => 0);
  let total = 0;
  let sumSeconds = 0;
  return {
    count(code, seconds) {
      total += 1;
      sumSeconds += seconds;
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
      bucketsSeconds.forEach((limit, at) => {
        if (seconds <= limit) buckets[at] = (buckets[at] ?? 0) + 1;
      });
    },
    counts: () => ({ total, byCode: Object.fromEntries([...byCode].map(([code, times]) => [String(code), times])) }),
    text: () => {
      // A series that has never been seen cannot be told from one that is 0, so 200 and 500 are there from the start.
      const codes = new Map([[200, 0], [500, 0], ...byCode]);
      return [
        '# HELP http_requests_total Requests answered by this pod.',
        '# TYPE http_requests_total counter',
        ...[...codes].map(([code, times]) => `http_requests_total{code="${code}"} ${times}`),
        '# HELP http_request_duration_seconds Time to answer.',
        '# TYPE http_request_duration_seconds histogram',
        ...bucketsSeconds.map((limit, at) => `http_request_duration_seconds_bucket{le="${limit}"} ${buckets[at]}`),
        `http_request_duration_seconds_bucket{le="+Inf"} ${total}`,
        `http_request_duration_seconds_sum ${sumSeconds}`,
        `http_request_duration_seconds_count ${total}`,
        '',
      ].join('\n');
    },
  };
}
