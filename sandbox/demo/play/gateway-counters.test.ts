import { describe, expect, it } from 'vitest';
import {
  counterSample,
  highestSharePct,
  lastMovedMs,
  recentTraffic,
  requestsOf,
  sharesByWeight,
} from './gateway-counters.ts';

const count = (service: string, podHash: string, times: number, code = 200) => ({
  namespace: 'shop',
  route: 'web',
  service: `web-${service}`,
  podHash,
  code,
  count: times,
});

const samples = [0, 100, 200, 300, 400, 500, 600].map((atMs, index) =>
  counterSample(atMs, [
    count('stable', 'old', 80 * index),
    count('canary', 'new', Math.min(60, 20 * index)),
    { ...count('stable', 'other', 999), namespace: 'elsewhere' },
  ]),
);

describe('what the gateway counted', () => {
  it('knows when a revision was asked for the last time, and how often', () => {
    expect(lastMovedMs('new', samples)).toBe(300);
    expect(lastMovedMs('never', samples)).toBeUndefined();
    expect(requestsOf('new', samples[1]!, samples[6]!)).toBe(40);
  });

  it('gives the share of the canary for each weight, once the gateway obeys it', () => {
    const steady = [0, 250, 500, 750, 1000].map((atMs, index) =>
      counterSample(atMs, [count('stable', 'old', 30 * index), count('canary', 'new', 10 * index)]),
    );
    const changes = [
      { atMs: 0, canaryPct: 25 },
      { atMs: 750, canaryPct: 100 },
    ];

    expect(sharesByWeight(steady, changes, 1000)).toEqual([{ canaryPct: 25, requests: 80, sharePct: 25 }]);
  });

  it('gives the highest share that the canary had for a while', () => {
    const shares = [20, 20, 20, 60, 20, 20];
    const counted = shares.map((_, index) => {
      const canary = shares.slice(0, index).reduce((sum, one) => sum + one, 0);
      return counterSample(index * 100, [count('stable', 'old', 100 * index - canary), count('canary', 'new', canary)]);
    });

    expect(highestSharePct(counted, 0, 300)).toBe(20);
    expect(highestSharePct(counted, 0, 500)).toBe(60);
    expect(highestSharePct(counted, 0, 50)).toBeUndefined();
  });

  it('gives the share of the last moments', () => {
    expect(recentTraffic(samples, 200)).toEqual({ canarySharePct: 0, requestsPerSecond: 800 });
    expect(recentTraffic([], 200)).toEqual({ requestsPerSecond: 0 });
  });
});
