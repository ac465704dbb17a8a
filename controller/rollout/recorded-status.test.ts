import { expect, it } from 'vitest';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { carrierName, carrierOf, joinStatus, splitStatus } from './recorded-status.ts';
import { anObserved, aStatus } from './testing/builders.ts';

function aRun(revision: number, attempt: number, recorded?: Partial<RolloutStatus>): RolloutRun {
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'RolloutRun',
    metadata: { name: `web-${revision}-hash-${attempt}` },
    spec: { rollout: { name: 'web', uid: 'u' }, revision, podHash: 'hash', attempt },
    ...(recorded === undefined ? {} : { status: { recorded } }),
  };
}

const since = '2026-01-01T00:00:00Z';
const transition = { id: 'a', kind: 'abort' as const, since, from: 'two', to: 'one' };

it('takes the status apart and puts it together again', () => {
  const status = aStatus({ abort: true, abortedAt: since, transition, failedPodHash: 'two', runName: 'web-2-two' });
  const { stored, recorded } = splitStatus(status);

  expect(stored).not.toHaveProperty('transition');
  expect(recorded).toEqual({ transition, failedPodHash: 'two', runName: 'web-2-two', attempt: 1 });
  expect(joinStatus(stored, [aRun(1, 1, { attempt: 9 }), aRun(2, 1, recorded)])).toEqual(status);
});

it('takes what is recorded whatever is under way', () => {
  const weight = { ...transition, kind: 'weight' as const };

  expect(joinStatus(aStatus(), [aRun(2, 1, { attempt: 2 })]).attempt).toBe(2);
  expect(joinStatus(aStatus(), [aRun(2, 1, { transition: weight })]).transition).toEqual(weight);
  expect(joinStatus({}, [aRun(2, 1, { transition: weight })]).transition).toEqual(weight);
});

it('reads the newest revision and attempt that holds a record', () => {
  expect(carrierOf([aRun(2, 1, {}), aRun(2, 3, {}), aRun(1, 7, {}), aRun(3, 1)])?.metadata.name).toBe('web-2-hash-3');
});

it('is kept in the record of the release, else in the newest there is, else in one that is made for it', () => {
  const observed = { ...anObserved(), runs: [aRun(2, 1), aRun(3, 1)] };

  expect(carrierName(observed, aStatus({ runName: 'web-2-two' }))).toBe('web-2-two');
  expect(carrierName(observed, aStatus())).toBe('web-3-hash-1');
  expect(carrierName(anObserved(), aStatus({ attempt: 2 }))).toBe('web-2-two-2');
  expect(carrierName(anObserved(), {})).toBe('web-2-two');
});

it('an abort without a place to go back to keeps the stable revision that is known', () => {
  const { to: _to, ...open } = transition;

  expect(joinStatus(aStatus(), [aRun(2, 1, { transition: open })])).toMatchObject({ abort: true, stableRS: 'one' });
});

it('an abort that was recorded holds although the Rollout does not show it yet', () => {
  const joined = joinStatus(aStatus({ currentStepIndex: 2, controllerPause: true }), [aRun(2, 1, { transition })]);

  expect(joined).toMatchObject({ abort: true, abortedAt: since, currentStepIndex: 0, stableRS: 'one' });
  expect(joined.controllerPause).toBeUndefined();
});

const later = (type: 'Progressing') => ({
  type,
  status: 'True' as const,
  reason: 'ReplicaSetUpdated',
  lastUpdateTime: '2026-01-01T00:05:00Z',
});

it('an abort of a revision that another controller has left behind since is no abort of the next one', () => {
  const joined = joinStatus(aStatus({ currentPodHash: 'three', stableRS: 'one' }), [aRun(2, 1, { transition })]);

  expect(joined.abort).toBeUndefined();
  expect(joined.transition).toBeUndefined();
});

it('an abort that another controller has retried since does not come back', () => {
  const retried = aStatus({ currentPodHash: 'two', stableRS: 'one', conditions: [later('Progressing')] });

  expect(joinStatus(retried, [aRun(2, 1, { transition })]).abort).toBeUndefined();
});

it.each([
  ['the abort', { transition: { ...transition, since: 'yesterday' } }, later('Progressing')],
  ['the condition', { transition }, { ...later('Progressing'), lastUpdateTime: 'tomorrow' }],
])('a time of %s that can not be read is no proof of another controller', (_name, recorded, condition) => {
  const status = aStatus({ currentPodHash: 'two', stableRS: 'one', conditions: [condition] });

  expect(joinStatus(status, [aRun(2, 1, recorded)]).abort).toBe(true);
});

it('a promotion of a revision that is stable and has been followed by another since is forgotten', () => {
  const promote = { ...transition, kind: 'promote' as const, from: 'one', to: 'two' };
  const next = aStatus({ currentPodHash: 'three', stableRS: 'two' });

  expect(joinStatus(next, [aRun(2, 1, { transition: promote })]).transition).toBeUndefined();
});
