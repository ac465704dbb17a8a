import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { istio } from './istio.ts';
import { aMeshRollout, anObject, aPlan, hashLabel, holding, meshKeys, written } from './testing/mesh.ts';

const named = { name: 'shop', canarySubsetName: 'canary', stableSubsetName: 'stable' };
const rolloutWith = (more: JsonObject = {}) =>
  aMeshRollout({ istio: { virtualService: { name: 'shop' }, destinationRule: { ...named, ...more } } });
const rollout = rolloutWith();

const to = (subset: string, weight: number, host = 'shop'): JsonObject => ({ destination: { host, subset }, weight });
const aService = (...route: JsonObject[]): KubeObject & JsonObject =>
  anObject('networking.istio.io/v1', 'VirtualService', 'shop', { spec: { http: [{ route }] } });
const split = (stable: number, canary: number) => aService(to('stable', stable), to('canary', canary));

const subset = (name: string, hash?: string, labels: JsonObject = { app: 'shop' }): JsonObject => ({
  name,
  labels: { ...labels, ...(hash === undefined ? {} : { [hashLabel]: hash }) },
});
function aRule(subsets: JsonObject[], claimed = true): KubeObject & JsonObject {
  const rule = anObject('networking.istio.io/v1', 'DestinationRule', 'shop', {
    spec: { host: 'shop.team.svc.cluster.local', trafficPolicy: { tls: { mode: 'DISABLE' } }, subsets },
  });
  const annotations = claimed ? { [meshKeys.managedByRollouts]: 'shop' } : {};
  return { ...rule, metadata: { ...rule.metadata, annotations } } as unknown as KubeObject & JsonObject;
}
const hashes = { stableHash: 'old', canaryHash: 'new' };

describe('splitting by subset', () => {
  it('labels the subsets with the revisions before it moves weight to them [Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.name, Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.canarySubsetName, Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.stableSubsetName, label:rollouts-pod-template-hash]', () => {
    const policy = { trafficPolicy: { loadBalancer: { simple: 'RANDOM' } } };
    const before = [aRule([{ ...subset('stable'), ...policy }, subset('canary', 'older')], false), split(100, 0)];

    const writes = istio.plan(rollout, aPlan(20, hashes), holding(...before));

    expect(writes).toMatchObject([{ object: { kind: 'DestinationRule' } }, { object: { kind: 'VirtualService' } }]);
    const after = written(before, writes);
    expect(after).toEqual([aRule([{ ...subset('stable', 'old'), ...policy }, subset('canary', 'new')]), split(80, 20)]);
    expect(istio.plan(rollout, aPlan(20, hashes), holding(...after))).toEqual([]);
    expect(istio.read(rollout, holding(...after)).written).toEqual(aPlan(20));
  });

  it('repairs a label that somebody changed, and leaves the other subsets alone', () => {
    const foreign = subset('legacy', undefined, { version: 'v1' });
    const before = [aRule([subset('stable', 'old'), foreign, subset('canary', 'wrong')]), split(80, 20)];

    const writes = istio.plan(rollout, aPlan(20, hashes), holding(...before));

    expect(writes).toMatchObject([
      { patch: { spec: { subsets: [subset('stable', 'old'), foreign, subset('canary', 'new')] } } },
    ]);
  });

  it('takes the weight from a subset first and labels it anew afterwards', () => {
    const before = [aRule([subset('stable', 'old'), subset('canary', 'bad')]), split(50, 50)];
    const wanted = aPlan(0, { stableHash: 'old', canaryHash: 'old' });

    const first = istio.plan(rollout, wanted, holding(...before));
    const drained = written(before, first);
    const second = istio.plan(rollout, wanted, holding(...drained));

    expect(first).toMatchObject([{ object: { kind: 'VirtualService' } }]);
    expect(drained[1]).toEqual(split(100, 0));
    expect(second).toMatchObject([{ patch: { spec: { subsets: [{}, subset('canary', 'old')] } } }]);
    expect(istio.plan(rollout, wanted, holding(...written(drained, second)))).toEqual([]);
  });

  it('leaves labels as they are where the revision is not known', () => {
    const before = [aRule([subset('stable', 'old'), subset('canary', 'new')]), split(100, 0)];

    expect(istio.plan(rollout, aPlan(20), holding(...before))).toMatchObject([{ object: { kind: 'VirtualService' } }]);
  });

  it('sends header routes to the subset of the canary', () => {
    const before = [aRule([subset('stable', 'old'), subset('canary', 'new')]), split(80, 20)];
    const managed = [{ kind: 'header' as const, name: 'beta', match: [{ headerName: 'beta' }] }];

    const writes = istio.plan(rollout, aPlan(20, { ...hashes, managed }), holding(...before));

    expect(writes).toMatchObject([
      { patch: { spec: { http: [{ name: 'beta', route: [to('canary', 100)] }, { route: [{}, {}] }] } } },
    ]);
  });
});

describe('further subsets', () => {
  const additional = rolloutWith({ additionalSubsetNames: ['alpha'] });
  const rule = aRule([subset('stable', 'old'), subset('canary', 'new'), subset('alpha', undefined, { v: 'a' })]);
  const three = (stable: number, canary: number) =>
    aService(to('stable', stable), to('canary', canary), to('alpha', 10, 'shop-alpha'));

  it.each([
    [20, 70, 20],
    [90, 0, 90],
    [100, 0, 90],
    [0, 90, 0],
  ])(
    'keeps the weight of additional subsets and takes it from the rest: canary %i [Rollout.spec.strategy.canary.trafficRouting.istio.destinationRule.additionalSubsetNames]',
    (canary, stable, writtenCanary) => {
      const before = [rule, three(85, 5)];

      const after = written(before, istio.plan(additional, aPlan(canary, hashes), holding(...before)));

      expect(after).toEqual([rule, three(stable, writtenCanary)]);
      expect(istio.plan(additional, aPlan(canary, hashes), holding(...after))).toEqual([]);
    },
  );

  it('reads the canary as whole when it has all that additional subsets leave', () => {
    const state = istio.read(additional, holding(rule, three(0, 90)));

    expect(state.written).toMatchObject({ total: 90, destinations: [{ weight: 0 }, { weight: 90 }] });
  });

  it('refuses a split that additional subsets leave no room for', () => {
    expect(istio.plan(additional, aPlan(95, hashes), holding(rule, three(85, 5)))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/leaves 90 of 100 beside its additional subsets; wanted are 95/),
    });
  });

  it('adds a subset for each template of an experiment and drops it once no route names it', () => {
    const extras = [{ service: 'shop-a', weight: 5, podHash: 'aaa' }];
    const before = [aRule([subset('stable', 'old'), subset('canary', 'new')]), split(90, 10)];

    const during = written(before, istio.plan(rollout, aPlan(10, { ...hashes, extras }), holding(...before)));
    const drained = written(during, istio.plan(rollout, aPlan(10, hashes), holding(...during)));
    const after = written(drained, istio.plan(rollout, aPlan(10, hashes), holding(...drained)));

    expect(during).toEqual([
      aRule([subset('stable', 'old'), subset('canary', 'new'), subset('shop-a', 'aaa', {})]),
      aService(to('stable', 85), to('canary', 10), { destination: { host: 'shop-a' }, weight: 5 }),
    ]);
    expect(drained[0]).toEqual(during[0]);
    expect(after).toEqual(before);
  });
});

it.each([
  ['the DestinationRule does not exist', [split(100, 0)], /DestinationRule\/shop does not exist/],
  ['a subset does not exist', [aRule([subset('stable')]), split(100, 0)], /has no subset "canary"/],
  [
    'the route lacks a subset',
    [aRule([subset('stable'), subset('canary')]), aService(to('stable', 100))],
    /no destination with subset "canary" for the canary/,
  ],
  [
    'the subset is that of another host',
    [aRule([subset('stable'), subset('canary')]), aService(to('stable', 100), to('canary', 0, 'other'))],
    /no destination with subset "canary"/,
  ],
])('refuses with a sentence when %s', (_name, objects, message) => {
  expect(istio.plan(rollout, aPlan(20, hashes), holding(...objects))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(message),
  });
});

it('claims the labels of both subsets, each object asked by itself', () => {
  const rule = aRule([subset('legacy'), subset('stable', 'old'), subset('canary', 'new'), subset('shop-a', 'aaa', {})]);

  expect(istio.claims(rollout, holding(rule)).map((one) => one.pointers)).toEqual([
    [`/spec/subsets/1/labels/${hashLabel}`, `/spec/subsets/2/labels/${hashLabel}`, '/spec/subsets/3'],
  ]);
  expect(istio.claims(rollout, holding(split(100, 0))).map((one) => one.pointers)).toEqual([
    ['/spec/http/0/route/0/weight', '/spec/http/0/route/1/weight'],
  ]);
});
