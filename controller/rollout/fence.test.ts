import { describe, expect, it } from 'vitest';
import { fence } from './fence.ts';
import { refTo } from './scene.ts';
import { aReplicaSet, aStatus, anAnalysisRun, anObserved } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const leadership = { term: 'new', signal: new AbortController().signal, mayWrite: () => true };
const nothing = () => undefined;

describe('fencing', () => {
  it('stamps an unsettled Rollout first, then every child that it may still write, and only once per term', async () => {
    const fake = fakeClient();
    const observed = anObserved({
      weight: 20,
      rollout: { status: aStatus({ currentStepIndex: 1 }) },
      replicaSets: [aReplicaSet('one'), aReplicaSet('two')],
      analysisRuns: [anAnalysisRun('running'), anAnalysisRun('over', { phase: 'Failed' })],
    });
    const guard = fence(fake.client, leadership);

    expect(await guard.check(observed, nothing)).toEqual({ kind: 'stamped', count: 7 });
    expect(fake.calls.map((call) => `${call.kind} ${call.name}`)).toEqual([
      'Rollout web',
      'ReplicaSet web-one',
      'ReplicaSet web-two',
      'Service web-stable',
      'Service web-canary',
      'PlainRoute route',
      'AnalysisRun running',
    ]);
    expect(fake.calls[0]).toMatchObject({
      body: { metadata: { annotations: { 'tidegate.io/term': 'new' } } },
      options: { uid: 'rollout-uid', resourceVersion: '1' },
    });
    expect(await guard.check(observed, nothing)).toEqual({ kind: 'clear' });
  });

  it('writes nothing for a settled Rollout', async () => {
    const fake = fakeClient();
    const observed = anObserved({ rollout: { status: aStatus({ currentPodHash: 'one' }) } });

    expect(await fence(fake.client, leadership).check(observed, nothing)).toEqual({ kind: 'clear' });
    expect(fake.calls).toEqual([]);
  });

  it('decides nothing while a stamp could not be written', async () => {
    const fake = fakeClient();
    fake.answer = () => ({ kind: 'conflict', message: 'changed', reason: 'Conflict' });
    const observed = anObserved({ weight: 20, rollout: { status: aStatus() } });
    const guard = fence(fake.client, leadership);

    expect(await guard.check(observed, nothing)).toMatchObject({ kind: 'retry' });
    fake.answer = () => undefined;
    expect(await guard.check(observed, nothing)).toMatchObject({ kind: 'stamped' });
  });

  it('stamps what a write of its own may still arrive at, once, and decides nothing before', async () => {
    const fake = fakeClient();
    const observed = anObserved({ weight: 20, rollout: { status: aStatus() } });
    const service = observed.stableService?.view;
    const guard = fence(fake.client, leadership);
    await guard.check(observed, nothing);
    fake.calls.length = 0;
    guard.doubt('rollout-uid', service === undefined ? [] : [refTo(service)]);

    fake.answer = () => ({ kind: 'unknown', cause: new Error('no answer in time') });
    expect(await guard.check(observed, nothing)).toMatchObject({ kind: 'retry' });
    fake.answer = () => undefined;
    expect(await guard.check(observed, nothing)).toEqual({ kind: 'stamped', count: 1 });
    expect(await guard.check(observed, nothing)).toEqual({ kind: 'clear' });
    expect(fake.calls).toMatchObject([
      { name: 'web-stable', options: { resourceVersion: '1' } },
      { name: 'web-stable', body: { metadata: { annotations: { 'tidegate.io/term': 'new.2' } } } },
    ]);
  });

  it('does not stamp what has moved on since: a write on the old version is refused anyway', async () => {
    const fake = fakeClient();
    const observed = anObserved({ weight: 20, rollout: { status: aStatus() } });
    const guard = fence(fake.client, leadership);
    await guard.check(observed, nothing);
    fake.calls.length = 0;
    const service = observed.stableService?.view;
    guard.doubt('rollout-uid', service === undefined ? [] : [{ ...refTo(service), resourceVersion: '0' }]);

    expect(await guard.check(observed, nothing)).toEqual({ kind: 'clear' });
    expect(fake.calls).toEqual([]);
  });

  it('stamps ReplicaSets that a Rollout without a status has already, and bears a route that is gone', async () => {
    const known = async (observed: ReturnType<typeof anObserved>) => {
      const fake = fakeClient();
      const answer = await fence(fake.client, leadership).check(observed, nothing);
      return { answer, stamped: fake.calls.map((call) => `${call.kind} ${call.name}`) };
    };
    const begun = await known(anObserved({ replicaSets: [aReplicaSet('one')] }));
    const fresh = await known(anObserved({ replicaSets: [] }));
    const routed = anObserved({ weight: 20, rollout: { status: aStatus() } });
    const lost = await known({ ...routed, traffic: { ...routed.traffic!, found: () => undefined } });

    expect(begun.stamped).toEqual(['Rollout web', 'ReplicaSet web-one']);
    expect(fresh).toEqual({ answer: { kind: 'clear' }, stamped: [] });
    expect(lost.stamped).not.toContain('PlainRoute route');
  });
});
