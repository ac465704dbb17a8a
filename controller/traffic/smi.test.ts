import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { smi, smiOf } from './smi.ts';
import { aMeshRollout, anObject, aPlan, holding, written } from './testing/mesh.ts';

const owner = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'Rollout',
  name: 'shop',
  uid: 'rollout-uid',
  controller: true,
  blockOwnerDeletion: true,
};

function aSplit(backends: JsonObject[], version = 'v1alpha2', owners: JsonObject[] = [owner]): KubeObject & JsonObject {
  const made = anObject(`split.smi-spec.io/${version}`, 'TrafficSplit', 'shop', {
    spec: { service: 'shop-stable', backends, matches: [{ kind: 'HTTPRouteGroup', name: 'all' }] },
  });
  return { ...made, metadata: { ...made.metadata, ownerReferences: owners } } as unknown as KubeObject & JsonObject;
}

const of = (canary: number | string, stable: number | string): JsonObject[] => [
  { service: 'shop-canary', weight: canary },
  { service: 'shop-stable', weight: stable },
];
const rollout = aMeshRollout({ smi: {} });

describe('a TrafficSplit that does not exist yet', () => {
  it('is made with the first weight and belongs to the Rollout [router:smi, Rollout.spec.strategy.canary.trafficRouting.smi]', () => {
    const writes = smi.plan(rollout, aPlan(0), holding());

    expect(writes).toEqual([
      {
        kind: 'create',
        object: {
          apiVersion: 'split.smi-spec.io/v1alpha1',
          kind: 'TrafficSplit',
          metadata: { name: 'shop', namespace: 'team', ownerReferences: [owner] },
          spec: { service: 'shop-stable', backends: of('0', '100') },
        },
      },
    ]);
    const after = written([], writes);
    expect(smi.plan(rollout, aPlan(0), holding(...after))).toEqual([]);
  });

  it('is named and rooted as the Rollout says [Rollout.spec.strategy.canary.trafficRouting.smi.trafficSplitName, Rollout.spec.strategy.canary.trafficRouting.smi.rootService]', () => {
    const named = aMeshRollout({ smi: { trafficSplitName: 'web-split', rootService: 'web' } });

    expect(smi.needs(named)).toMatchObject([{ kind: 'TrafficSplit', namespace: 'team', name: 'web-split' }]);
    expect(smi.plan(named, aPlan(5), holding())).toMatchObject([
      { object: { metadata: { name: 'web-split' }, spec: { service: 'web', backends: of('5', '95') } } },
    ]);
  });

  it('has whole numbers from v1alpha2 on', () => {
    expect(smiOf('v1alpha2').plan(rollout, aPlan(5), holding())).toMatchObject([
      { object: { apiVersion: 'split.smi-spec.io/v1alpha2', spec: { backends: of(5, 95) } } },
    ]);
  });

  it('is read as everything on stable, and is not made only to lower a weight', () => {
    expect(smi.read(rollout, holding())).toEqual({ written: aPlan(0), confirmed: 'unknown' });
    expect(smi.plan(rollout, aPlan(5), holding(), 'lower')).toEqual([]);
  });
});

describe('a TrafficSplit of the Rollout', () => {
  it.each([
    ['v1alpha1', of('0', '1e2'), of('20', '80')],
    ['v1alpha2', of(0, 100), of(20, 80)],
    ['v1alpha4', of(0, 100), of(20, 80)],
  ])('gets the weights in the form of its version %s', (version, before, after) => {
    const objects = [aSplit(before, version)];

    const next = written(objects, smi.plan(rollout, aPlan(20), holding(...objects)));

    expect(next).toEqual([aSplit(after, version)]);
    expect(smi.plan(rollout, aPlan(20), holding(...next))).toEqual([]);
    expect(smi.read(rollout, holding(...next)).written).toEqual(aPlan(20));
  });

  it('is repaired when somebody changes it, and is not raised on the way down', () => {
    const edited = aSplit(of(50, 50));
    const low = aSplit(of(5, 95));

    expect(written([edited], smi.plan(rollout, aPlan(20), holding(edited)))).toEqual([aSplit(of(20, 80))]);
    expect(smi.plan(rollout, aPlan(20), holding(low), 'lower')).toEqual([]);
  });

  it('carries the Services of an experiment between canary and stable', () => {
    const extras = [{ service: 'shop-a', weight: 5 }];
    const objects = [aSplit(of(10, 90))];

    const during = written(objects, smi.plan(rollout, aPlan(10, { extras }), holding(...objects)));

    expect(during).toMatchObject([
      {
        spec: {
          backends: [
            { service: 'shop-canary', weight: 10 },
            { service: 'shop-a', weight: 5 },
            { service: 'shop-stable', weight: 85 },
          ],
        },
      },
    ]);
    expect(written(during, smi.plan(rollout, aPlan(10), holding(...during)))).toEqual(objects);
  });

  it('refuses one that the Rollout did not make', () => {
    expect(smi.plan(rollout, aPlan(20), holding(aSplit(of(0, 100), 'v1alpha2', [])))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/TrafficSplit\/shop exists and does not belong to Rollout\/shop/),
    });
  });
});
