import { describe, expect, it } from 'vitest';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Clock } from '../../kube/api.ts';
import type { Reason } from '../reasons.ts';
import { fact } from './facts.ts';
import { recordWriter } from './record-writer.ts';
import type { RolloutRunObject, RolloutStores } from './stores.ts';
import { aStatus, anObserved, start } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const named = { runName: 'web-2-two' };

function aRun(status?: RolloutRun['status']): RolloutRunObject {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: 'web-2-two', namespace: 'shop', uid: 'uid-run', resourceVersion: '7' },
    spec: { rollout: { name: 'web', uid: 'rollout-uid' }, revision: 2, podHash: 'two', attempt: 1 },
    ...(status === undefined ? {} : { status }),
  };
}

const since = '2026-01-01T00:00:00Z';
const transition = { id: 'x', kind: 'abort' as const, since, from: 'two', to: 'one' };
const verdict = {
  outcome: 'Failed' as const,
  cause: 'CrashLoop' as const,
  podHash: 'two',
  revision: 2,
  at: since,
  message: 'web crashes',
};

function writer(run?: RolloutRunObject, kept: readonly RolloutRunObject[] = run === undefined ? [] : [run]) {
  const fake = fakeClient();
  const troubles: string[] = [];
  let nowMs = 0;
  const clock: Clock = { now: () => start, monotonicMs: () => nowMs, sleep: () => Promise.resolve() };
  const stores = { rolloutRuns: { get: () => run } } as unknown as RolloutStores;
  const records = recordWriter({
    client: fake.client,
    stores,
    clock,
    wrote: () => undefined,
    trouble: (_rollout, why) => troubles.push(why),
  });
  const follow = (after: RolloutStatus, reasons: readonly Reason[], before = after) =>
    records.follow(
      { ...anObserved({ rollout: { status: before } }), runs: kept },
      after,
      reasons.map((reason) => fact(start, reason, reason)),
    );
  return { fake, troubles, follow, pass: (ms: number) => (nowMs += ms) };
}

const step = (index: number) => aStatus({ ...named, currentStepIndex: index });

describe('the writer of records', () => {
  it('creates the record when a release begins', async () => {
    const { fake, follow } = writer();
    await follow(step(0), ['RolloutUpdated'], aStatus({ currentPodHash: 'one' }));

    expect(fake.calls).toMatchObject([{ verb: 'create', kind: 'RolloutRun', name: 'web-2-two' }]);
  });

  it('collects plain progress for some seconds and writes decisions at once, with all that came before', async () => {
    const { fake, follow, pass } = writer(aRun());

    expect(await follow(step(1), ['RolloutStepCompleted'])).toBe(start + 5_000);
    expect(fake.calls).toEqual([]);
    await follow(step(1), ['RolloutPaused']);
    expect(fake.calls).toMatchObject([
      {
        verb: 'merge',
        body: {
          status: {
            phase: 'Running',
            entries: [
              { seq: 0, reason: 'RolloutStepCompleted' },
              { seq: 1, reason: 'RolloutPaused' },
            ],
          },
        },
        options: { subresource: 'status', uid: 'uid-run', resourceVersion: '7' },
      },
    ]);
    await follow(step(2), ['RolloutStepCompleted']);
    pass(5_000);
    await follow(step(2), []);
    expect(fake.calls).toHaveLength(2);
  });

  it('keeps what it could not write for the next time, and stops nothing', async () => {
    const { fake, troubles, follow } = writer(aRun());
    fake.answer = () => ({ kind: 'unknown', cause: new Error('lost') });

    expect(await follow(step(1), ['RolloutPaused'])).toBe(start + 1_000);
    fake.answer = () => undefined;
    await follow(step(1), []);
    expect(troubles).toEqual(['RolloutRun web-2-two: unknown']);
    expect(fake.calls.at(-1)).toMatchObject({ body: { status: { entries: [{ reason: 'RolloutPaused' }] } } });
  });

  it('ends the record of a release that another one takes the place of', async () => {
    const { fake, follow } = writer(aRun({ phase: 'Running' }));
    await follow(aStatus({ currentPodHash: 'three', runName: undefined }), [], step(1));

    expect(fake.calls).toMatchObject([
      { body: { status: { phase: 'Superseded', finishedAt: '2026-01-01T00:00:00Z' } } },
    ]);
  });

  it.each([
    ['Superseded', {}],
    ['Aborted', { failedPodHashes: ['two'] }],
    ['Promoted', { stableRS: 'two' }],
  ])('ends a record that was left open by a lost write or a crash: %s', async (phase, kept) => {
    const { fake, follow } = writer(aRun({ phase: 'Running' }));
    fake.answer = () => ({ kind: 'conflict', message: 'the object has been modified' });

    expect(await follow(aStatus({ currentPodHash: 'three', runName: undefined, ...kept }), [])).toBe(start + 1_000);
    expect(fake.calls).toMatchObject([{ body: { status: { phase, finishedAt: '2026-01-01T00:00:00Z' } } }]);
  });

  it('comes back later for progress alone, and for nothing at all never', async () => {
    const fresh = writer();
    expect(await fresh.follow(step(0), [])).toBeUndefined();
    expect(fresh.fake.calls).toEqual([]);
    expect(await fresh.follow(step(0), ['RolloutUpdated'])).toBe(start + 5_000);

    const known = writer(aRun({ phase: 'Running' }));
    expect(await known.follow(step(1), [])).toBeUndefined();
    expect(known.fake.calls).toEqual([]);
  });

  it('writes an end at once although nothing was told: the way back to stable is over', async () => {
    const draining = aStatus({ ...named, verdict, abort: true, abortedAt: since, transition });
    const { fake, follow } = writer(aRun({ phase: 'Aborted' }));
    await follow(draining, []);
    expect(fake.calls).toEqual([]);
    await follow({ ...draining, transition: undefined }, [], draining);

    expect(fake.calls.map((one) => one.body)).toEqual([
      { status: expect.objectContaining({ finishedAt: since }) as unknown },
    ]);
  });

  it('ends a failed release that is taken the place of with its own verdict, and with what was not written yet', async () => {
    const failed = aStatus({ ...named, verdict, abort: true, abortedAt: since, transition });
    const { fake, follow } = writer(aRun({ phase: 'Running' }));
    fake.answer = () => ({ kind: 'conflict', message: 'changed' });
    await follow(failed, ['RolloutAborted']);
    fake.answer = () => undefined;
    await follow(aStatus({ currentPodHash: 'three', runName: undefined }), [], failed);

    expect(fake.calls.at(-1)).toMatchObject({
      body: { status: { phase: 'Aborted', entries: [{ reason: 'RolloutAborted' }], outcome: { cause: 'CrashLoop' } } },
    });
  });

  it('does not end a release twice, nor one whose record is gone', async () => {
    const over = writer(aRun({ phase: 'Promoted', finishedAt: since }));
    expect(await over.follow(aStatus({ currentPodHash: 'three', runName: undefined }), [], step(1))).toBeUndefined();
    const gone = writer();
    expect(await gone.follow(aStatus({ currentPodHash: 'three', runName: undefined }), [], step(1))).toBeUndefined();

    expect([...over.fake.calls, ...gone.fake.calls]).toEqual([]);
  });

  it.each([
    ['that exists already', { kind: 'conflict', message: 'exists' } as const, []],
    [
      'that is refused',
      { kind: 'forbidden', right: 'create RolloutRuns', message: 'no' } as const,
      ['RolloutRun web-2-two: forbidden'],
    ],
  ])('tells no trouble of a record %s but what somebody must know', async (_name, answer, expected) => {
    const { fake, troubles, follow } = writer();
    fake.answer = () => answer;
    await follow(step(0), ['RolloutUpdated']);

    expect(troubles).toEqual(expected);
  });

  it('removes the oldest finished records beyond twenty when a new one begins', async () => {
    const runs = Array.from({ length: 22 }, (_, index) => {
      const run = aRun({ phase: 'Promoted', ...(index === 21 ? {} : { finishedAt: since }) });
      const creationTimestamp = `2025-12-${String(index + 1).padStart(2, '0')}T00:00:00Z`;
      return { ...run, metadata: { ...run.metadata, name: `old-${index}`, uid: `uid-${index}`, creationTimestamp } };
    });
    const { fake, follow } = writer(undefined, runs);
    await follow(step(0), ['RolloutUpdated']);

    const deleted = fake.calls.filter((one) => one.verb === 'delete');
    expect(deleted.map((one) => one.name)).toEqual(['old-1', 'old-0']);
    expect(deleted[0]).toMatchObject({ kind: 'RolloutRun', options: { uid: 'uid-1' } });
  });

  it('adds nothing to a finished record', async () => {
    const { fake, follow } = writer(aRun({ phase: 'Promoted', finishedAt: '2026-01-01T00:00:00Z' }));
    await follow(aStatus({ ...named, stableRS: 'two' }), ['ScalingReplicaSet', 'CommandRejected']);

    expect(fake.calls).toEqual([]);
  });
});
