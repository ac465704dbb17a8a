import { describe, expect, it } from 'vitest';
import { sceneOf } from './scene.ts';
import { hasManagedRoutes, routesAt, routeWish } from './step-routes.ts';
import { anObserved, aService, aStatus, plainRouter } from './testing/builders.ts';

const header = (name: string, value?: string) => ({
  setHeaderRoute: {
    name,
    ...(value === undefined ? {} : { match: [{ headerName: 'x', headerValue: { exact: value } }] }),
  },
});
const mirror = (name: string, percentage?: number) => ({
  setMirrorRoute: { name, match: [{ path: { prefix: '/' } }], ...(percentage === undefined ? {} : { percentage }) },
});

describe('the routes wanted at a step', () => {
  it('are the last word on each name, in the order of managedRoutes [Rollout.spec.strategy.canary.steps[].setHeaderRoute.name]', () => {
    const steps = [header('b', 'one'), mirror('a', 20), header('b', 'two'), header('c', 'later')];

    expect(routesAt(steps, 2, ['a', 'b', 'c'])).toMatchObject([
      { kind: 'mirror', name: 'a', percentage: 20 },
      { kind: 'header', name: 'b', match: [{ headerValue: { exact: 'two' } }] },
    ]);
  });

  it('lose one when its match is empty [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match]', () => {
    expect(routesAt([header('a', 'one'), header('a')], 0, ['a'])).toHaveLength(1);
    expect(routesAt([header('a', 'one'), header('a')], 1, ['a'])).toEqual([]);
  });

  it('end a copy by an empty match, and none of them is made by a step without a name', () => {
    const end = { setMirrorRoute: { name: 'a' } };

    expect(routesAt([mirror('a'), end], 1, ['a'])).toEqual([]);
    expect(routesAt([{ setMirrorRoute: {} }, { setHeaderRoute: {} }] as never, 1, ['a'])).toEqual([]);
  });

  it('count as there while the router refuses to look', () => {
    const base = anObserved({ weight: 20 });
    const trafficRouting = { managedRoutes: [{ name: 'a' }] };
    const strategy = { canary: { ...base.rollout.spec.strategy.canary, trafficRouting } };
    const rollout = { ...base.rollout, spec: { ...base.rollout.spec, strategy } };
    const plan = () => ({ kind: 'refused', field: 'rules', message: 'three backends' }) as const;
    const { traffic } = base;

    expect(traffic && hasManagedRoutes(rollout, traffic)).toBe(false);
    expect(traffic && hasManagedRoutes(rollout, { ...traffic, router: { ...plainRouter, plan } })).toBe(true);
  });

  it('are not written while the canary Service still belongs to another revision', () => {
    const trafficRouting = { managedRoutes: [{ name: 'b' }] };
    const wish = (podHash: string, ready: number) =>
      routeWish(
        sceneOf(
          anObserved({
            canaryService: aService('web-canary', podHash, { [podHash]: ready }),
            rollout: { canary: { trafficRouting, steps: [header('b', 'one')] }, status: aStatus() },
          }),
          aStatus(),
        ),
      );

    expect(wish('one', 5)).toEqual({ managed: [], isBlocked: true });
    expect(wish('two', 0)).toEqual({ isBlocked: true });
    expect(wish('two', 1)).toMatchObject({ managed: [{ name: 'b' }], isBlocked: false });
  });

  it('copy everything without a percentage [Rollout.spec.strategy.canary.steps[].setMirrorRoute.percentage]', () => {
    expect(routesAt([mirror('a')], 0, ['a'])).toMatchObject([{ percentage: 100 }]);
  });
});
