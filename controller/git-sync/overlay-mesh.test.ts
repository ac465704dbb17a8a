import { expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { istio } from '../traffic/istio.ts';
import { aMeshRollout, anObject, hashLabel } from '../traffic/testing/mesh.ts';
import { overlayClaims } from './overlay-claims.ts';
import type { Manifest } from './objects.ts';

const rollout = aMeshRollout({
  managedRoutes: [{ name: 'beta' }, { name: 'staff' }],
  istio: { virtualService: { name: 'shop', routes: ['primary'] } },
});
const context = { wantedRollouts: [rollout], liveRollouts: [rollout], routers: [istio] };
const to = (host: string, weight: number): JsonObject => ({ destination: { host }, weight });
const added = (name: string): JsonObject => ({ name, match: [{ headers: {} }], route: [to('shop-canary', 100)] });
const primary = (route: JsonObject[]): JsonObject => ({ name: 'primary', route });
const aService = (http: JsonObject[]) =>
  anObject('networking.istio.io/v1', 'VirtualService', 'shop', { spec: { http } }) as unknown as Manifest;

it('keeps weights and added entries of a VirtualService, in their order and by destination, not by position', () => {
  const fromGit = aService([primary([to('shop-canary', 0), to('shop-stable', 100)])]);
  const live = aService([
    added('beta'),
    added('staff'),
    primary([to('shop-stable', 75), to('shop-canary', 20), to('shop-a', 5)]),
  ]);

  const once = overlayClaims(fromGit, live, context);

  expect(once).toEqual(
    aService([added('beta'), added('staff'), primary([to('shop-a', 5), to('shop-canary', 20), to('shop-stable', 75)])]),
  );
  expect(overlayClaims(once, live, context)).toEqual(once);
});

it('keeps weights and labels of subsets that no Services stand for, and takes those of a new route from Git', () => {
  const destinationRule = { name: 'shop', canarySubsetName: 'canary', stableSubsetName: 'stable' };
  const routed = aMeshRollout({ istio: { virtualService: { name: 'shop' }, destinationRule } });
  const weights = { stable: { weight: 75 }, canary: { weight: 25 } };
  const alone = {
    ...routed,
    spec: { strategy: { canary: { trafficRouting: routed.spec.strategy.canary?.trafficRouting } } },
    status: { canary: { weights } },
  } as typeof routed;
  const bySubset = { wantedRollouts: [alone], liveRollouts: [alone], routers: [istio] };
  const subset = (name: string, weight: number) => ({ destination: { host: 'shop', subset: name }, weight });
  const service = (stable: number, canary: number) =>
    aService([{ route: [subset('stable', stable), subset('canary', canary)] }]);
  const rule = (labels: JsonObject) =>
    anObject('networking.istio.io/v1', 'DestinationRule', 'shop', {
      spec: { host: 'shop', subsets: ['stable', 'canary'].map((name) => ({ name, labels })) },
    }) as unknown as Manifest;

  expect(overlayClaims(service(100, 0), service(75, 25), bySubset)).toEqual(service(75, 25));
  expect(overlayClaims(service(100, 0), undefined, bySubset)).toEqual(service(100, 0));
  const held = { app: 'shop', [hashLabel]: 'abc' };
  expect(overlayClaims(rule({ app: 'shop' }), rule(held), bySubset)).toEqual(rule(held));
});
