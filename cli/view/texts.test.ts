import { describe, expect, test } from 'vitest';
import {
  aborted,
  aGitRevert,
  aGitSync,
  anAnalysisRun,
  aPod,
  aRollout,
  aRun,
  aScene,
  atGate,
  now,
  settled,
} from '../testing/builders.ts';
import { explanation } from './explanation.ts';
import { explanationText } from './explanation-text.ts';
import { history, historyText } from './history-view.ts';
import { listText, rolloutList } from './list-view.ts';
import { rolloutText } from './rollout-text.ts';
import { rolloutView } from './rollout-view.ts';
import { plainStyle } from './style.ts';

const failedRun = anAnalysisRun('web-new-7-2', {
  phase: 'Failed',
  message: 'success-rate failed',
  metricResults: [
    {
      name: 'success-rate',
      phase: 'Failed',
      failed: 3,
      successful: 1,
      measurements: [{ phase: 'Failed', value: '[0.91]', finishedAt: '2026-11-22T14:24:50Z' }],
    },
  ],
});

describe('get', () => {
  const scene = aScene({
    gitSync: aGitSync(),
    pods: [aPod('web-new-1'), aPod('web-new-2', { status: 'CrashLoopBackOff', ready: 0, restarts: 4 })],
    analysisRuns: [failedRun],
  });

  test('the header names the preset and its generation that the run goes by', () => {
    const preset = { name: 'careful', podHash: 'new', generation: 3, digest: 'd', strategy: {} };
    const rollout = { ...scene.rollout, status: { ...scene.rollout.status, preset } };

    expect(rolloutText(rolloutView({ ...scene, rollout }), now, plainStyle)).toContain('\nPreset:       careful@3\n');
  });

  test('the header says how far it is, the tree what is there', () => {
    const text = rolloutText(rolloutView(scene), now, plainStyle);

    expect(text).toBe(`Rollout:      shop/web
Phase:        ‖ Paused  CanaryPauseStep
Strategy:     canary
Step:         2/4  pause until promoted
Weight:       20 % (confirmed by the router)
Waits for:    a person [Gate]
Moved on by:  promote or abort it
Git:          GitSync shop (Progressing) at commit 1a2b3c4
Pods:         5 wanted, 6 there, 1 of the new revision, 6 ready, 6 available
Images:       shop/web:new (canary)
              shop/web:old (stable)

NAME                   KIND         STATUS              AGE  INFO
web                    Rollout      ‖ Paused            2d
├── revision 7                                               canary
│   ├── web-new        ReplicaSet   ✔ Healthy           15m  1/1 ready
│   │   ├── web-new-1  Pod          ✔ Ready             14m  1/1 ready
│   │   └── web-new-2  Pod          ✖ CrashLoopBackOff  14m  0/1 ready, 4 restarts
│   └── web-new-7-2    AnalysisRun  ✖ Failed            8m   step 3, 1 good, 3 bad
└── revision 6                                               stable
    └── web-old        ReplicaSet   ✔ Healthy           15m  5/5 ready
`);
  });

  test('without colour there is no escape code, with --ascii no symbol', () => {
    const ascii = rolloutText(rolloutView(scene), now, { colour: false, ascii: true });

    expect(ascii).not.toMatch(/[^\x20-\x7e\n]/);
    expect(rolloutText(rolloutView(scene), now, { colour: true, ascii: false })).toContain(
      '\u001b[31m✖ Failed\u001b[0m',
    );
  });

  test('the JSON is a versioned view', () => {
    expect(rolloutView(scene)).toMatchObject({
      apiVersion: 'view.tidegate.io/v1',
      kind: 'RolloutView',
      step: { index: 1, total: 4 },
      weight: { set: 20, actual: 20, confirmed: 'yes' },
      waiting: { on: 'user' },
    });
  });

  test('without a router the weight is the share of available pods', () => {
    const { canary } = aRollout().spec.strategy;
    const rollout = aRollout(atGate, { strategy: { canary: { steps: canary?.steps } } });

    expect(rolloutView(aScene({ rollout })).weight).toEqual({ set: 20, actual: 17, confirmed: 'unknown' });
  });

  test('a list shows what needs attention first', () => {
    const named = (name: string, status: typeof settled) => ({
      ...aRollout(status),
      metadata: { ...aRollout().metadata, name },
    });
    const list = rolloutList(
      [named('calm', settled), named('gated', atGate), named('broken', aborted)].map((rollout) => aScene({ rollout })),
      [],
    );

    expect(list.items.map((item) => item.name)).toEqual(['broken', 'gated', 'calm']);
    expect(listText(list, now, plainStyle, true)).toContain(
      'shop       gated   ‖ Paused    2/4   20 %    6/5    7         2d   a person [Gate]',
    );
  });
});

describe('explain', () => {
  test('at a gate: where it is, what moves it, and the command', () => {
    const view = explanation(aScene({ gitSync: aGitSync() }), 'kubectl tidegate');

    expect(view.where).toEqual([
      'revision 7 (new) is being released and is at step 2 of 4 (pause until promoted). It gets 20 % (confirmed by the router) of the traffic.',
      'It is paused: CanaryPauseStep since 2026-11-22T14:20:00Z.',
    ]);
    expect(view.next[0]).toEqual({
      command: 'kubectl tidegate promote web -n shop',
      effect: 'goes on to the next step',
    });
  });

  test('waiting for a value: object, value, limit and deadline', () => {
    const waiting = {
      reason: 'AnalysisRunning',
      on: 'AnalysisRun/web-new-7-2',
      value: '0.97',
      limit: '>= 0.99',
      until: '2026-11-22T14:32:10Z',
      moves: 'the next measurement',
    };
    const scene = aScene({ rollout: aRollout({ ...atGate, pauseConditions: [], waiting }) });

    const text = explanationText(explanation(scene, 'kubectl tidegate'), now, plainStyle);

    expect(text).toContain('object      AnalysisRun/web-new-7-2');
    expect(text).toContain('value       0.97');
    expect(text).toContain('limit       >= 0.99');
    expect(text).toContain('until       14:32:10 UTC (in 2m10s)');
    expect(text).toContain('moved by    the next measurement');
  });

  test('after an abort: cause, reading against its limit, the revert, and only retry', () => {
    const scene = aScene({
      rollout: aRollout(aborted),
      analysisRuns: [failedRun],
      gitSync: aGitSync({ phase: 'Reverting', message: 'bringing the revert to main' }),
      reverts: [aGitRevert({ phase: 'Pushed', commit: 'abcdef0123456789', message: 'pushed to main' })],
    });

    const view = explanation(scene, 'kubectl tidegate');
    const text = explanationText(view, now, plainStyle);

    expect(view.where[0]).toContain('was given up (AnalysisFailed): metric success-rate was 0.91');
    expect(view.readings).toEqual([
      {
        analysisRun: 'web-new-7-2',
        metric: 'success-rate',
        phase: 'Failed',
        value: '[0.91]',
        successCondition: 'result[0] >= 0.99',
        spent: ['3 failed, 2 allowed'],
        at: '2026-11-22T14:24:50Z',
        dryRun: false,
      },
    ]);
    expect(text).toContain(
      'GitRevert shop-1a2b3c4-1 of commit 1a2b3c4 to 9988776 is Pushed: pushed to main; revert commit abcdef0.',
    );
    expect(view.revert).toEqual({ name: 'shop-1a2b3c4-1', phase: 'Pushed', commit: 'abcdef0123456789' });
    expect(view.next.map((next) => next.command)).toEqual(['kubectl tidegate retry web -n shop']);
  });

  test('a metric without evidence says why there is no value', () => {
    const run = anAnalysisRun('web-new-7-2', {
      phase: 'Running',
      metricResults: [
        {
          name: 'success-rate',
          phase: 'Running',
          lastReading: { kind: 'no-evidence', at: '2026-11-22T14:29:00Z', why: 'the query gave no series' },
        },
      ],
    });
    const canary = {
      ...atGate.canary,
      currentStepAnalysisRunStatus: { name: 'web-new-7-2', status: 'Running' as const },
    };
    const scene = aScene({ rollout: aRollout({ ...atGate, canary }), analysisRuns: [run] });

    const text = explanationText(explanation(scene, 'kubectl tidegate'), now, plainStyle);

    expect(text).toMatch(/success-rate {2}no value {2}needs result\[0\] >= 0\.99.*60s ago {2}the query gave no series/);
  });

  test('a Rollout that no GitSync applies is said to be never reverted', () => {
    expect(explanation(aScene(), 'kubectl tidegate').git[0]).toMatch(/never reverted in Git/);
  });

  test('a quarantined and held commit is named with its reason', () => {
    const gitSync = aGitSync({
      phase: 'Held',
      held: { commit: '5555555aaaa', reason: 'it still renders the failed revision' },
      quarantine: [
        {
          rollout: 'web',
          templateHash: 'new',
          commit: 'c',
          since: '2026-11-22T14:25:00Z',
          reason: 'failed its analysis',
        },
      ],
    });

    expect(explanation(aScene({ gitSync }), 'x').git.slice(1)).toEqual([
      'Commit 5555555 is not applied: it still renders the failed revision',
      'Revision new of web is in quarantine since 2026-11-22T14:25:00Z: failed its analysis',
    ]);
  });
});

test('history: newest first, with cause, actor and what became of it in Git', () => {
  const runs = [
    aRun(
      { revision: 6, podHash: 'old', commit: '99887766' },
      { phase: 'Promoted', startedAt: '2026-11-21T10:00:00Z', finishedAt: '2026-11-21T10:12:00Z' },
    ),
    aRun(
      { commit: '1a2b3c4d' },
      {
        phase: 'Aborted',
        startedAt: '2026-11-22T14:15:00Z',
        finishedAt: '2026-11-22T14:25:00Z',
        outcome: { cause: 'AbortedByUser', actor: 'jane', message: 'looks wrong' },
        revert: { name: 'r', phase: 'Pushed', commit: 'abcdef012345' },
      },
    ),
  ];

  const text = historyText(history({ namespace: 'shop', runs, releases: [], notes: [] }), now, plainStyle);

  expect(text).toBe(
    `ROLLOUT  REVISION  OUTCOME     COMMIT   STARTED  TOOK  WHY                                 GIT
web      7         ✖ Aborted   1a2b3c4  15m ago  10m   AbortedByUser by jane: looks wrong  Pushed abcdef0
web      6         ✔ Promoted  9988776  28h ago  12m   -                                   -
`.replace('WHY                                   GIT', 'WHY                                  GIT'),
  );
});
