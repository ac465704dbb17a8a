import { describe, expect, it } from 'vitest';
import { besideOf, servicesOf } from '../../crds/schema/services-of.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { decide } from './decide.ts';
import type { Observed } from './observed.ts';
import { aReplicaSet, aService, aStatus, anObserved } from './testing/builders.ts';

const pingPong = { pingService: 'ping', pongService: 'pong' };
const both = { pingPong, stableService: 'stable', canaryService: 'canary' };
const alb = { alb: { ingress: 'web', servicePort: 80, rootService: 'root' } };

describe('a Rollout with both pairs of Services', () => {
  it.each([
    ['ALB goes by turns', { ...both, trafficRouting: alb }, 'ping', 'stable'],
    [
      'another router by name',
      { ...both, trafficRouting: { istio: { virtualService: { name: 'web' } } } },
      'stable',
      'ping',
    ],
    ['one name alone is none', { ...both, stableService: '', trafficRouting: {} }, 'ping', undefined],
    ['turns alone', { pingPong, trafficRouting: {} }, 'ping', undefined],
  ])('%s', (_name, canary, routed, beside) => {
    const rollout = { spec: { strategy: { canary } }, status: { stableRS: 'one', canary: { stablePingPong: 'ping' } } };

    expect(servicesOf(rollout as never).stable).toBe(routed);
    expect(besideOf(rollout as never)?.stable).toBe(beside);
  });
});

const sets = [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, revision: 2 })];

/** `one` is stable, `two` on trial; the pair beside stands before these revisions. */
function world(status: RolloutStatus, beside: { stable: string; canary: string }, weight = 0): Observed {
  return {
    ...anObserved({
      weight,
      replicaSets: sets,
      rollout: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] }, status },
      canaryService: aService('web-canary', 'two', { two: 1 }),
    }),
    beside: {
      stable: aService('stable', beside.stable, { [beside.stable]: 1 }),
      canary: aService('canary', beside.canary, { [beside.canary]: 1 }),
    },
  };
}

const switched = (observed: Observed) =>
  decide(observed).effects.flatMap((one) =>
    one.kind === 'SwitchService' && !one.target.name.startsWith('web-') ? [`${one.target.name} to ${one.podHash}`] : [],
  );

describe('the pair that the router does not use', () => {
  it('follows its roles while a revision is on trial [Rollout.spec.strategy.canary.pingPong.pingService]', () => {
    expect(switched(world(aStatus(), { stable: 'one', canary: 'one' }))).toEqual(['canary to two']);
    expect(switched(world(aStatus(), { stable: 'one', canary: 'two' }))).toEqual([]);
  });

  it('goes back to stable after an abort, and forward after a promotion', () => {
    const aborted = aStatus({ abort: true, abortedAt: '2026-01-01T00:00:00Z' });
    expect(switched(world(aborted, { stable: 'one', canary: 'two' }))).toEqual(['canary to one']);
    const promoted = world(aStatus({ stableRS: 'two' }), { stable: 'one', canary: 'two' });
    expect(switched(promoted)).toEqual(['stable to two']);
  });

  it('goes with the revision that is promoted, and with none while an older one is taken back', () => {
    const change = (kind: 'promote' | 'supersede', to: string) => ({
      id: 'x',
      kind,
      since: '2026-01-01T00:00:00Z',
      from: 'one',
      to,
    });
    const promoted = aStatus({ currentStepIndex: 2, transition: change('promote', 'two') });
    expect(switched(world(promoted, { stable: 'one', canary: 'one' }, 100))).toEqual(['canary to two']);
    const superseding = aStatus({ transition: change('supersede', 'two') });
    expect(switched(world(superseding, { stable: 'one', canary: 'three' }, 20))).toEqual([]);
    const at = '2026-01-01T00:00:00Z';
    const told = { outcome: 'Failed', cause: 'CrashLoop', podHash: 'two', revision: 2, at, message: '' } as const;
    const aborting = aStatus({
      abort: true,
      abortedAt: at,
      drainUntil: '2026-01-01T00:01:00Z',
      verdict: { ...told, confirmedStableAt: at },
      transition: { ...change('promote', 'one'), kind: 'abort' },
    });
    expect(switched(world(aborting, { stable: 'one', canary: 'two' }))).toEqual(['canary to one']);
    const first = aStatus({ stableRS: undefined, currentStepIndex: undefined });
    expect(switched(world(first, { stable: 'two', canary: 'one' }))).toEqual([]);
  });

  it('waits for pods of the revision, and holds nothing up meanwhile', () => {
    const none = [aReplicaSet('one'), aReplicaSet('two', { replicas: 1, available: 0, revision: 2 })];
    const observed = { ...world(aStatus(), { stable: 'one', canary: 'one' }), replicaSets: none };

    expect(switched(observed)).toEqual([]);
  });
});
