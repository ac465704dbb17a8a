/** Looks at the demo for the tests of its views: on its way, failing, at the gate, and settled. */

import type { AppPicture, CheckPicture, DemoScene, GitLine, ReadingPicture } from '../view/demo-scene.ts';

export const now = Date.parse('2026-11-22T14:30:00Z');

export function readings(...values: readonly (number | undefined)[]): readonly ReadingPicture[] {
  return values.map((value, index) => ({
    at: now - (values.length - index) * 2000,
    passed: value !== undefined && value >= 0.95,
    ...(value === undefined ? {} : { value }),
  }));
}

export const successRate: CheckPicture = {
  name: 'success-rate',
  unit: 'share',
  limit: { bound: 'least', value: 0.95 },
  limitText: '≥ 95 %',
  phase: 'Running',
  readings: readings(0.998, 1, 0.97),
  stableValue: 1,
  isWatched: false,
  done: 3,
  needed: 5,
};

export const latency: CheckPicture = {
  name: 'latency-p95',
  unit: 'seconds',
  limit: { bound: 'most', value: 0.5 },
  limitText: '≤ 500 ms',
  phase: 'Running',
  readings: [0.06, 0.12, 0.2].map((value, index) => ({ at: now - (3 - index) * 2000, value, passed: true })),
  stableValue: 0.05,
  isWatched: true,
  done: 3,
  needed: 5,
};

export function anApp(members: Partial<AppPicture> = {}): AppPicture {
  return {
    namespace: 'shop',
    name: 'web',
    phase: 'Progressing',
    situation: 'progressing',
    revision: 2,
    stable: { podHash: 'old', version: '1.0.0', podsReady: 4, podsWanted: 4, trouble: [], isFailed: false },
    canary: { podHash: 'new', version: '1.1.0', podsReady: 1, podsWanted: 1, trouble: [], isFailed: false },
    traffic: { canarySharePct: 20.4, requestsPerSecond: 40, wantedPct: 20, confirmed: 'yes' },
    checks: [successRate, latency],
    steps: ['20 %', 'hold', 'check', '50 %', 'hold', 'check', '100 %'].map((label, at) => ({
      label,
      state: at < 2 ? 'done' : at === 2 ? 'current' : 'todo',
    })),
    countdown: { label: 'check', share: 0.6, left: '3 of 5 readings' },
    why: 'The step passes when AnalysisRun web-new-2-2 is successful.',
    ...members,
  };
}

export const failing = anApp({
  phase: 'Degraded',
  situation: 'aborted',
  revision: 3,
  canary: { podHash: 'bad', version: '1.2.0', podsReady: 1, podsWanted: 1, trouble: [], isFailed: true },
  traffic: { canarySharePct: 0, requestsPerSecond: 40, wantedPct: 0, confirmed: 'yes' },
  checks: [{ ...successRate, phase: 'Failed', readings: readings(0.41, 0.4), done: 2 }, latency],
  steps: anApp().steps.map(({ label }, at) => ({ label, state: at < 2 ? 'done' : at === 2 ? 'failed' : 'todo' })),
  countdown: { label: 'drain', share: 0.3, left: '7 s left' },
  why: 'revision 3 (bad) was given up (AnalysisFailed): success-rate 40 %, needs ≥ 95 %. Revision old is stable. All traffic is back since 2026-11-22T14:29:58Z. Git is back by commit 99aabbc.',
  verdict: {
    at: now - 3000,
    breach: 'success-rate 40 %, needs ≥ 95 %',
    metric: 'success-rate',
    got: '40 %',
    want: '≥ 95 %',
  },
});

export const atGate = anApp({
  phase: 'Paused',
  situation: 'waiting',
  countdown: { label: 'gate', share: 0, left: 'until somebody promotes it' },
  why: 'It goes on when somebody promotes it.',
});

export const gitLog: readonly GitLine[] = [
  { commit: '99aabbccddee', subject: 'Revert 1c2d3e4: web failed', author: 'tidegate', kind: 'revert' },
  { commit: '1c2d3e4f5a6b', subject: 'web 1.2.0: new checkout', author: 'Ada', kind: 'release' },
  { commit: '0a1b2c3d4e5f', subject: 'web 1.1.0', author: 'Ada', kind: 'release' },
  { commit: 'fedcba987654', subject: 'web 1.0.0', author: 'Ada', kind: 'release' },
];

export function aDemoScene(members: Partial<DemoScene> = {}): DemoScene {
  return {
    now,
    speed: 3,
    kubeconfigPath: '/tmp/tidegate-demo-a1b2c3/kubeconfig',
    scenario: {
      name: 'bad-release',
      number: 2,
      total: 3,
      story: 'Pushed: web 1.2.0, which fails 60 % of its requests. Hands off from here.',
    },
    app: anApp(),
    git: gitLog,
    keys: [
      { key: 'q', does: 'leave (removes everything)' },
      { key: 'Ctrl-C', does: 'the same' },
    ],
    results: [{ scenario: 'good-release', text: 'Promoted', isExpected: true }],
    ...members,
  };
}
