import { describe, expect, it } from 'vitest';
import {
  aborted,
  aGitRevert,
  anAnalysisRun,
  aPod,
  aReplicaSet,
  aRollout,
  aScene,
  atGate,
  settled,
} from '../../../cli/testing/builders.ts';
import { appPicture } from './app-picture.ts';

const measured = { canarySharePct: 21, requestsPerSecond: 30, stable: { 'success-rate': 1 } };
const reading = (value: string, phase: 'Successful' | 'Failed') => ({
  phase,
  value,
  finishedAt: '2026-11-22T14:24:00Z',
});

describe('the application as it is drawn', () => {
  it('stands at its gate until somebody promotes it', () => {
    const app = appPicture(aScene(), measured);

    expect(app.steps.map(({ label, state }) => `${label} ${state}`)).toEqual([
      '20 % done',
      'gate current',
      'check todo',
      'hold todo',
      '100 % todo',
    ]);
    expect(app.countdown).toEqual({ label: 'gate', share: 0, left: 'until somebody promotes it' });
    expect(app.why).toBe('promote or abort it');
    expect(app.traffic).toEqual({ canarySharePct: 21, requestsPerSecond: 30, wantedPct: 20, confirmed: 'yes' });
    expect([app.stable?.version, app.canary?.version]).toEqual(['old', 'new']);
  });

  it('counts a timed pause down', () => {
    const status = {
      ...atGate,
      currentStepIndex: 3,
      pauseConditions: [{ reason: 'CanaryPauseStep' as const, startTime: '2026-11-22T14:28:00Z' }],
    };
    const app = appPicture(aScene({ rollout: aRollout(status) }), measured);

    expect(app.countdown).toEqual({ label: 'hold', share: 0.4, left: '180 s left' });
  });

  it('says after a rollback which reading broke which limit, and that Git is back', () => {
    const run = anAnalysisRun('web-new-7-2', {
      phase: 'Failed',
      metricResults: [{ name: 'success-rate', phase: 'Failed', count: 2, measurements: [reading('[0.91]', 'Failed')] }],
    });
    const scene = aScene({
      rollout: aRollout(aborted),
      analysisRuns: [run],
      reverts: [aGitRevert({ phase: 'Pushed', commit: 'fedcba9876543210' })],
    });
    const app = appPicture(scene, measured);

    expect(app.why).toMatch(
      /^revision 7 \(new\) was given up \(AnalysisFailed\): success-rate 91 %, needs ≥ 99 %\. Git is back by commit fedcba9\./,
    );
    expect(app.verdict).toMatchObject({ metric: 'success-rate', got: '91 %', want: '≥ 99 %' });
    expect(app.steps[2]).toEqual({ label: 'check', state: 'failed' });
    expect(app.checks[0]).toMatchObject({ stableValue: 1, readings: [{ value: 0.91, passed: false }] });
  });

  it('takes a weight for confirmed only when it is the one that is asked for', () => {
    const weights = { canary: { weight: 0 }, stable: { weight: 100 }, verified: true };
    const status = { ...atGate, canary: { weights } };

    expect(appPicture(aScene({ rollout: aRollout(status) }), measured).traffic).toMatchObject({
      wantedPct: 20,
      confirmed: 'no',
    });
  });

  it('names pods that are in trouble', () => {
    const pods = [aPod('a'), aPod('b', { status: 'ImagePullBackOff', ready: 0 })];
    const app = appPicture(
      aScene({ pods, replicaSets: [aReplicaSet('new', { wanted: 2 }), aReplicaSet('old')] }),
      measured,
    );

    expect(app.canary).toMatchObject({ podsReady: 1, podsWanted: 2, trouble: ['ImagePullBackOff'] });
  });

  it('gives all traffic to stable when nothing is in progress', () => {
    const app = appPicture(aScene({ rollout: aRollout(settled), replicaSets: [aReplicaSet('new')] }), measured);

    expect(app.traffic).toMatchObject({ wantedPct: 0, confirmed: 'yes' });
    expect(app.canary).toBeUndefined();
    expect(app.steps.every(({ state }) => state === 'done')).toBe(true);
  });
});
