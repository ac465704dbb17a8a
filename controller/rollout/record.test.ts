import { describe, expect, it } from 'vitest';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { fact } from './facts.ts';
import { closedLate, recordFor, recordName, recordObject, recordPhase, recordStatus } from './record.ts';
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

  it('names a preset of the cluster as such, and images where the template names any', () => {
    const preset = { name: 'careful', clusterScope: true, podHash: 'two', generation: 4, digest: 'd', strategy: {} };
    const observed = anObserved();
    const spec = {
      ...observed.rollout.spec,
      template: { spec: { containers: [{ image: 'shop:2' }, { name: 'no' }] } },
    };
    const plain = { ...observed.rollout.spec, template: undefined };
    const of = (one: typeof spec | typeof plain) =>
      recordObject({ ...observed, rollout: { ...observed.rollout, spec: one } }, aStatus({ preset }), 'web-2-two').spec;

    expect(of(spec)).toMatchObject({ images: ['shop:2'], preset: { name: 'careful', clusterScope: true } });
    expect(of(plain)).toMatchObject({ images: [] });
  });

  it('is none for a status that speaks of no revision', () => {
    expect(recordFor(anObserved(), {})).toBeUndefined();
  });

  it('says of the first release that there was no stable revision', () => {
    expect(recordObject(anObserved(), aStatus({ stableRS: '' }), 'web-1-two').spec).not.toHaveProperty('stablePodHash');
  });

  it('tells a command that rolls back from one that was there before', () => {
    const lastCommand = { id: 'a', verb: 'rollback', outcome: 'Applied' as const, message: '', at: since };
    const given = aStatus({ stableRS: 'one', verdict, abort: true, abortedAt: since });

    expect(recordPhase({ ...given, lastCommand })).toBe('RolledBack');
    expect(recordPhase({ ...given, lastCommand: { ...lastCommand, at: '2025-12-31T00:00:00Z' } })).toBe('Aborted');
  });

  it('keeps the step that a fact speaks of before the one that the status stands at', () => {
    const facts = [fact(start, 'RolloutStepCompleted', 'done', { step: '3' }), fact(start, 'RolloutPaused', 'paused')];
    const at = (status: ReturnType<typeof aStatus>) =>
      recordStatus(undefined, { facts, phase: 'Running', status, now: start }).entries?.map((one) => one.step);

    expect(at(aStatus({ currentStepIndex: 4 }))).toEqual([3, 4]);
    expect(at(aStatus({ currentStepIndex: undefined }))).toEqual([3, undefined]);
  });

  it.each([
    ['Promoted', 'All traffic is on it'],
    ['Superseded', 'Another revision took its place'],
  ] as const)('ends as %s with the sentence for it', (phase, message) => {
    const status = aStatus({ stableRS: phase === 'Promoted' ? 'two' : 'one' });

    expect(recordStatus(undefined, { facts: [], phase, status, now: start }).outcome).toEqual({ message });
  });

  it('keeps the phase that it had when it was left open', () => {
    expect(closedLate(aRun({ phase: 'RolledBack' }), aStatus({ stableRS: 'two' }), start).phase).toBe('RolledBack');
    expect(closedLate(aRun(undefined), aStatus({ stableRS: 'two' }), start)).toMatchObject({
      phase: 'Promoted',
      outcome: { message: 'All traffic is on it' },
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
