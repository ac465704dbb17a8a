import { describe, expect, it } from 'vitest';
import type { Found, RouteState, TrafficRouter } from '../traffic/router.ts';
import { sceneOf } from './scene.ts';
import { growStable, surplusOf } from './stable-size.ts';
import { statusWeights } from './status-weights.ts';
import {
  anObserved,
  aReplicaSet,
  aRoute,
  aService,
  aStatus,
  type ObservedGiven,
  plainRouter,
} from './testing/builders.ts';
import { canaryWeight, mostOnCanary, mostOnStable, moveWeight } from './weights.ts';

const none: Found = () => undefined;
const wanted = { canary: 20, needs: 1, canaryHash: 'two', stableHash: 'one' };

interface Routed {
  readonly router?: Partial<TrafficRouter>;
  readonly found?: Found;
  readonly state?: RouteState;
}

/** At a step from `one` to `two`, each behind its own Service, with 20 % on `two` unless the routes say otherwise. */
function sceneWith(given: Routed & { observed?: ObservedGiven } = {}) {
  const status = aStatus();
  const canaryService = aService('web-canary', 'two', { two: 2 });
  const observed = anObserved({
    weight: 20,
    canaryService,
    ...given.observed,
    rollout: { status, ...given.observed?.rollout },
  });
  const router: TrafficRouter = { ...plainRouter, ...given.router };
  const found = given.found ?? (() => aRoute(20));
  const traffic = { router, found, state: given.state ?? router.read(observed.rollout, found) };
  return sceneOf({ ...observed, traffic }, status);
}

const extra = { service: 'web-exp', role: 'extra', weight: 30, podHash: 'three' } as const;

describe('a canary weight', () => {
  it('is not raised onto a Service that still selects another revision, though endpoints of the new one linger there', () => {
    const scene = sceneWith({ observed: { canaryService: aService('web-canary', 'one', { one: 1, two: 4 }) } });
    const { settled, moves } = moveWeight(scene, { ...wanted, canary: 40 });

    expect(settled).toBe(false);
    expect(moves).toMatchObject({ effects: [], waiting: { reason: 'EndpointsNotReady', value: '0', limit: '1' } });
  });

  it('counts as none where the route is gone, which is said, and then any part of the traffic may flow anywhere', () => {
    const scene = sceneWith({ found: none });

    expect([canaryWeight(scene), mostOnCanary(scene), mostOnStable(scene)]).toEqual([0, 100, 100]);
    expect(moveWeight(scene, wanted)).toMatchObject({
      settled: false,
      moves: { effects: [], waiting: { reason: 'RouterUnreadable', value: 'PlainRoute/route does not exist' } },
    });
  });

  it('is in force as it is written where the router can not be asked, and not yet where it has not answered', () => {
    const state: RouteState = {
      ...plainRouter.read(anObserved({ weight: 20 }).rollout, () => aRoute(20)),
      confirmed: 'unknown',
    };

    const silent = sceneWith({ state, router: { can: new Set(['weight']) } });
    expect([mostOnCanary(silent), mostOnStable(silent)]).toEqual([20, 80]);
    const asked = sceneWith({ state });
    expect([mostOnCanary(asked), mostOnStable(asked)]).toEqual([100, 100]);
  });

  it('goes down route by route: what holds less already is not raised by the way', () => {
    const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'a' }, { name: 'b' }] } };
    const scene = sceneWith({
      found: ({ name }) => aRoute(name === 'a' ? 80 : 10, true, name),
      observed: { rollout: { canary: { trafficRouting } }, stableService: aService('web-stable', 'one', { one: 2 }) },
    });

    expect(moveWeight(scene, { ...wanted, canary: 0 }).moves.effects).toMatchObject([
      { kind: 'SetWeight', scope: 'lower', wanted: { destinations: [{ weight: 40 }, { weight: 60 }] } },
    ]);
  });

  it('that can not be read makes no pod of stable superfluous', () => {
    const observed = {
      replicaSets: [aReplicaSet('one', { replicas: 4 })],
      rollout: { canary: { dynamicStableScale: true } },
    };
    const scene = sceneWith({ found: none, observed });

    expect(growStable(scene, 20)).toMatchObject([{ kind: 'Scale', podHash: 'one', to: 5 }]);
    expect(surplusOf(scene, 20)).toBeUndefined();
  });

  it('that only is written in another way tells no change', () => {
    const plan: TrafficRouter['plan'] = () => [{ kind: 'patch', object: aRoute(20), patch: {} }];
    const [effect] = moveWeight(sceneWith({ router: { plan } }), wanted).moves.effects;

    expect(effect).toMatchObject({ kind: 'SetWeight', tells: [] });
  });

  it('goes with the revisions that the status knows while the Services are missing', () => {
    const missing = { stableService: undefined, canaryService: undefined };
    const plan = moveWeight(sceneWith({ observed: missing }), { ...wanted, canary: 0 }).moves.effects;
    const again = moveWeight(sceneWith({ observed: missing }), { ...wanted, canary: 40, needs: 0 }).moves.effects;

    expect(plan).toEqual([]);
    expect(again).toMatchObject([
      {
        wanted: {
          destinations: [
            { podHash: 'one', weight: 60 },
            { podHash: 'two', weight: 40 },
          ],
        },
      },
    ]);
  });
});

describe('the Services of an experiment', () => {
  it.each([
    [20, [50, 20, 30]],
    [90, [0, 90, 10]],
  ])('take their weight from stable, never from a canary with %i', (canary, weights) => {
    const [effect] = moveWeight(sceneWith({ observed: { extras: [extra] } }), { ...wanted, canary, needs: 0 }).moves
      .effects;

    // 20 is there already, so the route is written for the experiment alone or not at all.
    const destinations = effect?.kind === 'SetWeight' ? effect.wanted.destinations.map((one) => one.weight) : weights;
    expect(destinations).toEqual(weights);
  });

  it('stand in status with their share and revision, and stable with what is left', () => {
    const destinations = [
      { service: 'web-stable', role: 'stable' as const, weight: 100 },
      { service: 'web-canary', role: 'canary' as const, weight: 40 },
      { service: 'web-exp', role: 'extra' as const, weight: 60 },
      { service: 'web-other', role: 'extra' as const, weight: 0, podHash: 'four' },
    ];
    const scene = (total: number) =>
      sceneWith({ state: { written: { total, destinations }, confirmed: 'unknown' }, observed: { extras: [extra] } });

    expect(statusWeights(scene(200))).toEqual({
      canary: { weight: 20, serviceName: 'web-canary', podTemplateHash: 'two' },
      stable: { weight: 50, serviceName: 'web-stable', podTemplateHash: 'one' },
      additional: [
        { weight: 30, serviceName: 'web-exp', podTemplateHash: 'three' },
        { weight: 0, serviceName: 'web-other', podTemplateHash: 'four' },
      ],
    });
    expect(statusWeights(scene(0))?.additional?.map((one) => one.weight)).toEqual([0, 0]);
  });
});
