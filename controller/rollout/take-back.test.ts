import { describe, expect, it } from 'vitest';
import type { TrafficRouter, WeightPlan } from '../traffic/router.ts';
import { aRollout, aRoute, plainRouter } from './testing/builders.ts';
import { anOpenRun } from './testing/open-run.ts';
import { rolloutOf, takeBackMove, takeBackOf } from './take-back.ts';

const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'route' }] } };
const canary = { trafficRouting, stableService: 'web-stable', canaryService: 'web-canary', steps: [{ setWeight: 40 }] };

const aRun = (rollout = aRollout({ canary })) => anOpenRun(rollout);

function move(weight: number | undefined, ready: Readonly<Record<string, number>>) {
  const run = aRun();
  const rollout = rolloutOf(run);
  if (rollout === undefined) throw new Error('the run kept nothing');
  const found = () => (weight === undefined ? undefined : aRoute(weight));
  return takeBackMove(run, rollout, plainRouter, found, { endpoints: (service) => ready[service] ?? 0 });
}

const all = { 'web-stable': 5, 'web-canary': 2 };

describe('traffic of a Rollout that was deleted', () => {
  it('goes back to stable when stable has the endpoints', () => {
    expect(move(40, all)).toMatchObject({
      kind: 'write',
      writes: [{ kind: 'patch', patch: { spec: { canary: 0, stable: 100 } } }],
    });
    expect(move(0, all)).toEqual({ kind: 'settled' });
  });

  it('goes back as far as stable has endpoints for it, and waits for more', () => {
    expect(move(80, { ...all, 'web-stable': 2 })).toMatchObject({
      kind: 'write',
      writes: [{ patch: { spec: { canary: 60 } } }],
    });
    expect(move(60, { ...all, 'web-stable': 2 })).toMatchObject({
      kind: 'wait',
      why: 'the stable Service has 2 ready endpoints of 5',
    });
  });

  it('goes back at once when the canary has nobody, or nobody is left at all', () => {
    const lonely: readonly Readonly<Record<string, number>>[] = [{ 'web-stable': 1 }, {}];
    for (const ready of lonely)
      expect(move(40, ready)).toMatchObject({ kind: 'write', writes: [{ patch: { spec: { canary: 0 } } }] });
  });

  it('waits when the router refuses, and is settled when all that is left to write are objects that are gone', () => {
    const run = aRun();
    const rollout = rolloutOf(run) ?? aRollout();
    const by = (plan: TrafficRouter['plan']) =>
      takeBackMove(run, rollout, { ...plainRouter, plan }, () => aRoute(40), { endpoints: () => 5 });

    expect(by(() => ({ kind: 'refused', field: 'rules', message: 'three backends' }))).toEqual({
      kind: 'wait',
      why: 'three backends',
    });
    expect(by(() => [{ kind: 'create', object: aRoute(0) }])).toEqual({ kind: 'settled' });
  });

  it('goes back for sides without a Service of their own, and takes the routes of steps away', () => {
    const managedRoutes = [{ name: 'beta' }];
    const { stablePodHash: _unknown, ...spec } = aRun(
      aRollout({ canary: { trafficRouting: { ...trafficRouting, managedRoutes } } }),
    ).spec;
    const run = { ...aRun(), spec };
    const plans: WeightPlan[] = [];
    const plan: TrafficRouter['plan'] = (_rollout, wanted) => {
      plans.push(wanted);
      return [{ kind: 'patch', object: aRoute(40), patch: {} }];
    };
    const rollout = rolloutOf(run) ?? aRollout();
    takeBackMove(run, rollout, { ...plainRouter, plan }, () => aRoute(40), { endpoints: () => 5 });

    expect(rollout.status).toEqual({ currentPodHash: 'two' });
    expect(plans[0]).toEqual({
      total: 100,
      managed: [],
      destinations: [
        { service: '', role: 'stable', weight: 100 },
        { service: '', role: 'canary', weight: 0, podHash: 'two' },
      ],
    });
  });

  it('is left alone when the routes are gone', () => {
    expect(move(undefined, all)).toEqual({ kind: 'settled' });
  });
});

describe('what a run keeps', () => {
  it('is the Services and the routers, and the turn of ping-pong', () => {
    const status = { currentPodHash: 'two', stableRS: 'one', canary: { stablePingPong: 'pong' as const } };
    const pingPong = { pingService: 'ping', pongService: 'pong' };
    const run = aRun(aRollout({ canary: { trafficRouting, pingPong }, status }));

    expect(run.spec.takeBack).toEqual({
      apiVersion: 'tidegate.io/v1alpha1',
      replicas: 5,
      canary: { trafficRouting, pingPong },
      stablePingPong: 'pong',
    });
    expect(rolloutOf(run)?.status?.canary?.stablePingPong).toBe('pong');
  });

  it('is little without a router, and nothing in runs of earlier versions', () => {
    expect(takeBackOf(aRollout())).toEqual({ apiVersion: 'tidegate.io/v1alpha1', replicas: 5 });
    const { takeBack: _kept, ...spec } = aRun().spec;
    expect(rolloutOf({ ...aRun(), spec })).toBeUndefined();
  });
});
