/** A finished run for the tests of the timeline: a release that was promoted and one that was rolled back. */

import type { Timeline, TimelineRun } from '../view/timeline.ts';

export const start = Date.parse('2026-11-22T14:30:00Z');
const at = (seconds: number): number => start + seconds * 1000;

function samples(seconds: number, canaryPct: (second: number) => number): TimelineRun['traffic'] {
  return Array.from({ length: seconds + 1 }, (_, second) => {
    const all = 40 + (second % 3);
    const canary = (all * canaryPct(second)) / 100;
    return { at: at(second), stablePerSecond: all - canary, canaryPerSecond: canary };
  });
}

export const rolledBack: TimelineRun = {
  scenario: 'bad-release',
  story: 'Pushed: web 1.2.0, which fails 60 % of its requests. Hands off from here.',
  from: at(0),
  to: at(40),
  verdict: {
    word: 'RolledBack',
    isGood: false,
    sentence: 'success-rate was 40 %, needs ≥ 95 %; traffic was back after 210 ms, 132 requests exposed.',
  },
  traffic: samples(40, (second) => (second > 4 && second < 22 ? 20 : 0)),
  steps: [
    { from: at(1), to: at(5), label: '20 %', isFailed: false },
    { from: at(5), to: at(15), label: 'hold', isFailed: false },
    { from: at(15), to: at(22), label: 'check', isFailed: true },
  ],
  checks: [
    {
      name: 'success-rate',
      unit: 'share',
      limit: { bound: 'least', value: 0.95 },
      limitText: '≥ 95 %',
      readings: [
        { at: at(16), value: 0.43, passed: false },
        { at: at(18), passed: false },
        { at: at(20), value: 0.4, passed: false },
      ],
    },
    {
      name: 'latency-p95',
      unit: 'seconds',
      limit: { bound: 'most', value: 0.25 },
      limitText: '≤ 250 ms',
      readings: [
        { at: at(16), value: 0.06, passed: true },
        { at: at(18), value: 0.07, passed: true },
        { at: at(20), value: 0.06, passed: true },
      ],
    },
  ],
  pins: [
    { at: at(0), kind: 'commit', text: '1c2d3e4 pushed by Ada <ada@example.com>' },
    { at: at(20), kind: 'breach', text: 'success-rate 40 %, needs ≥ 95 %' },
    { at: at(21), kind: 'traffic-back', text: 'all traffic on stable' },
    { at: at(23), kind: 'revert', text: 'revert 99aabbc pushed by Tidegate' },
  ],
};

export const promoted: TimelineRun = {
  ...rolledBack,
  scenario: 'gate',
  story: 'Pushed: web 1.3.0, which stops at a gate until a person promotes it.',
  verdict: { word: 'GatePromoted', isGood: true, sentence: 'web 1.3.0 serves everybody.' },
  traffic: samples(40, (second) => (second > 4 && second < 30 ? 20 : second >= 30 && second < 38 ? 50 : 0)),
  steps: [
    { from: at(1), to: at(5), label: '20 %', isFailed: false },
    { from: at(5), to: at(30), label: 'gate', isFailed: false },
    { from: at(30), to: at(32), label: '50 %', isFailed: false },
    { from: at(32), to: at(38), label: 'check', isFailed: false },
  ],
  checks: [],
  pins: [
    { at: at(0), kind: 'commit', text: 'aa2d3e4 pushed by Ada' },
    { at: at(30), kind: 'person', text: 'promoted by kubernetes-admin' },
    { at: at(38), kind: 'promoted', text: 'web 1.3.0 is stable' },
  ],
};

export const timeline: Timeline = { speed: 10, seed: 7, runs: [rolledBack, promoted] };
