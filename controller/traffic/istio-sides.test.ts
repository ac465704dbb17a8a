import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { composite, routers } from './all-routers.ts';
import { asDestinationRule } from './istio-objects.ts';
import { istio } from './istio.ts';
import type { RouteWrite } from './router.ts';
import { anObject, aPlan, hashLabel, holding, meshKeys, written } from './testing/mesh.ts';

const destinationRule = { name: 'shop', canarySubsetName: 'canary', stableSubsetName: 'stable' };

function rolloutWith(services: JsonObject = {}): Rollout {
  const trafficRouting = { istio: { virtualService: { name: 'shop' }, destinationRule } };
  return {
    apiVersion: 'tidegate.io/v1alpha1',
    kind: 'Rollout',
    metadata: { name: 'shop', namespace: 'team', uid: 'rollout-uid' },
    spec: { strategy: { canary: { ...services, trafficRouting } } },
  } as unknown as Rollout;
}

const subset = (name: string, hash?: string): JsonObject => ({
  name,
  labels: { app: 'shop', ...(hash === undefined ? {} : { [hashLabel]: hash }) },
  trafficPolicy: { tls: { mode: 'DISABLE' } },
});
const aRule = (...subsets: JsonObject[]) =>
  anObject('networking.istio.io/v1', 'DestinationRule', 'shop', { spec: { host: 'shop', subsets } });
const split = (stable: number, canary: number) =>
  anObject('networking.istio.io/v1', 'VirtualService', 'shop', {
    spec: {
      http: [
        {
          route: [
            { destination: { host: 'shop', subset: 'stable' }, weight: stable },
            { destination: { host: 'shop', subset: 'canary' }, weight: canary },
          ],
        },
      ],
    },
  });

const subsetsOf = (object: (KubeObject & JsonObject) | undefined) => asDestinationRule(object ?? aRule()).spec?.subsets;

describe('subsets of one Service', () => {
  const world = [aRule(subset('stable', 'old'), subset('canary')), split(100, 0)];
  const rollout = rolloutWith();

  it('say which revision stands on each side', () => {
    const sides = (['stable', 'canary'] as const).map((side) => istio.side?.(rollout, side, holding(...world)));

    expect(sides).toMatchObject([
      { podHash: 'old', text: 'subset stable of DestinationRule shop', object: world[0] },
      { podHash: undefined, text: 'subset canary of DestinationRule shop' },
    ]);
  });

  it('are given to another revision by their label alone, and the rule is signed', () => {
    const write = istio.select?.(rollout, 'canary', 'new', holding(...world)) as RouteWrite;
    const [rule] = written(world, [write]);

    expect(subsetsOf(rule)).toEqual([subset('stable', 'old'), subset('canary', 'new')]);
    expect(rule?.metadata.annotations).toEqual({ [meshKeys.managedByRollouts]: 'shop' });
  });

  it('keep their labels when weight moves', () => {
    const labelled = [aRule(subset('stable', 'old'), subset('canary', 'new')), split(100, 0)];
    const wanted = aPlan(20, { stableHash: 'old', canaryHash: 'new' });

    expect(written(labelled, istio.plan(rollout, wanted, holding(...labelled)))).toEqual([labelled[0], split(80, 20)]);
    expect(istio.plan(rollout, wanted, holding(labelled[0] as KubeObject & JsonObject, split(80, 20)))).toEqual([]);
  });

  it('are no sides of their own where the Rollout names Services, or while they are missing', () => {
    const both = rolloutWith({ stableService: 'shop-stable', canaryService: 'shop-canary' });
    const one = rolloutWith({ stableService: 'shop-stable' });
    const sidesOf = (of: Rollout, found = holding(...world)) =>
      (['stable', 'canary'] as const).map((side) => istio.side?.(of, side, found)?.podHash ?? 'none');

    expect(sidesOf(both)).toEqual(['none', 'none']);
    expect(istio.side?.(one, 'stable', holding(...world))).toBeUndefined();
    expect(istio.side?.(one, 'canary', holding(...world))).toBeDefined();
    expect(istio.side?.(rollout, 'canary', holding(aRule(subset('stable'))))).toBeUndefined();
    expect(istio.side?.(rollout, 'canary', holding())).toBeUndefined();
  });

  it('are sides of a composite router, too', () => {
    const router = composite(routers, rollout);

    expect(router?.side?.(rollout, 'stable', holding(...world))).toMatchObject({ podHash: 'old' });
    expect(router?.select?.(rollout, 'stable', 'new', holding(...world))).toMatchObject({ kind: 'patch' });
  });
});
