import { describe, expect, it } from 'vitest';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { fact } from './facts.ts';
import { recordFor, recordName, recordObject, recordPhase, recordStatus } from './record.ts';
import { aReplicaSet, aStatus, anObserved, start } from './testing/builders.ts';

const verdict = {
  outcome: 'Failed' as const,
  cause: 'AnalysisFailed' as const,
  podHash: 'two',
  revision: 2,
  at: '2026-01-01T00:00:00Z',
  message: 'too many errors',
  metric: 'errors',
  value: '0.4',
};
const since = '2026-01-01T00:00:00Z';

function aRun(status: RolloutRun['status']): RolloutRun {
  const spec = { rollout: { name: 'web', uid: 'u' }, revision: 2, podHash: 'two', attempt: 1 };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: 'web-2-two' },
    spec,
    ...(status ? { status } : {}),
  };
}

describe('the record', () => {
  it('is named after revision, hash, and from the second on the attempt', () => {
    expect(recordName('web', 2, 'two', 1)).toBe('web-2-two');
    expect(recordName('web', 2, 'two', 3)).toBe('web-2-two-3');
  });

  it('begins with a new revision or attempt, and is not kept for going back to stable', () => {
    const observed = anObserved({
      rollout: { status: aStatus({ currentPodHash: 'one', runName: 'web-1-one' }) },
      replicaSets: [aReplicaSet('one')],
    });

    expect(recordFor(observed, aStatus())).toBe('web-2-two');
    expect(recordFor(observed, aStatus({ attempt: 2 }))).toBe('web-2-two-2');
    expect(recordFor(observed, aStatus({ currentPodHash: 'one', runName: 'web-1-one' }))).toBe('web-1-one');
    const back = anObserved({ rollout: { status: aStatus({ runName: 'web-2-two' }) } });
    expect(recordFor(back, aStatus({ currentPodHash: 'one' }))).toBeUndefined();
  });

  it('says who, what and how it was planned', () => {
    const observed = anObserved({
      rollout: {
        image: 'shop:2',
        canary: { steps: [{ setWeight: 20 }, { pause: { duration: '5m' } }] },
        annotations: {
          'tidegate.io/commit': 'abc',
          'tidegate.io/release': 'shop-abc',
          'tidegate.io/git-sync-name': 'shop',
        },
      },
    });

    expect(recordObject(observed, aStatus(), 'web-2-two').spec).toMatchObject({
      rollout: { name: 'web', uid: 'rollout-uid' },
      stablePodHash: 'one',
      steps: ['setWeight: 20', 'pause: 5m'],
      images: ['shop:2'],
      commit: 'abc',
      release: 'shop-abc',
      gitSync: 'shop',
    });
  });

  it.each([
    ['Running', aStatus()],
    ['Promoted', aStatus({ stableRS: 'two' })],
    ['Aborted', aStatus({ verdict, abortedAt: since, abort: true })],
    [
      'RolledBack',
      aStatus({ stableRS: 'two', verdict, transition: { id: 'x', kind: 'promote', since, from: 'two', to: 'one' } }),
    ],
  ] as const)('is %s', (phase, status) => {
    expect(recordPhase(status)).toBe(phase);
  });

  it('numbers its entries on from the last one and ends with the verdict', () => {
    const status = aStatus({ verdict, abort: true, abortedAt: since });
    const run = aRun({ entries: [{ seq: 4, at: since, reason: 'RolloutPaused', message: '' }] });
    const facts = [fact(start, 'RolloutAborted', 'aborted', { actor: 'jane', cause: 'AnalysisFailed' })];
    const next = recordStatus(run, { facts, phase: 'Aborted', status, now: start });

    expect(next.entries?.at(-1)).toMatchObject({
      seq: 5,
      reason: 'RolloutAborted',
      actor: 'jane',
      values: { cause: 'AnalysisFailed' },
    });
    expect(next).toMatchObject({
      phase: 'Aborted',
      outcome: { cause: 'AnalysisFailed', metric: 'errors', value: '0.4' },
      finishedAt: since,
    });
  });

  it('is not finished while the failed canary still drains', () => {
    const transition = { id: 'x', kind: 'abort' as const, since, from: 'two', to: 'one' };
    const status = aStatus({ verdict, abort: true, abortedAt: since, transition });

    expect(recordStatus(undefined, { facts: [], phase: 'Aborted', status, now: start }).finishedAt).toBeUndefined();
  });

  it('stays within 200 entries and 64 KiB, with its beginning and its end', () => {
    const facts = Array.from({ length: 500 }, (_, index) =>
      fact(start, 'RolloutStepCompleted', `${index} ${'x'.repeat(900)}`),
    );
    const { entries = [] } = recordStatus(undefined, { facts, phase: 'Running', status: aStatus(), now: start });

    expect(entries.length).toBeLessThanOrEqual(200);
    expect(JSON.stringify(entries).length).toBeLessThan(64 * 1024);
    expect(entries[0]?.seq).toBe(0);
    expect(entries.at(-1)?.seq).toBe(499);
  });
});
