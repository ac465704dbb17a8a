import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { appMesh } from './app-mesh.ts';
import { aMeshRollout, anObject, aPlan, hashLabel, holding, meshKeys, written } from './testing/mesh.ts';

const version = 'appmesh.k8s.aws/v1beta2';
const group = { canaryVirtualNodeRef: { name: 'node-canary' }, stableVirtualNodeRef: { name: 'node-stable' } };
const rolloutWith = (virtualService: JsonObject) =>
  aMeshRollout({ appMesh: { virtualService, virtualNodeGroup: group } });
const rollout = rolloutWith({ name: 'shop' });

const service = anObject(version, 'VirtualService', 'shop', {
  spec: { provider: { virtualRouter: { virtualRouterRef: { name: 'shop-router' } } } },
});
const target = (name: string, weight: number): JsonObject => ({ virtualNodeRef: { name }, weight });
const targets = (stable: number, canary: number): JsonObject[] => [
  target('node-canary', canary),
  target('node-stable', stable),
];
const route = (name: string, kind: string, weightedTargets: JsonObject[]): JsonObject => ({
  name,
  priority: 10,
  [kind]: { match: { prefix: '/' }, action: { weightedTargets } },
});
const aRouter = (routes: JsonObject[], status?: JsonObject): KubeObject & JsonObject =>
  anObject(version, 'VirtualRouter', 'shop-router', { spec: { listeners: [], routes }, ...(status ? { status } : {}) });
const http = (stable: number, canary: number) => route('primary', 'httpRoute', targets(stable, canary));

function aNode(name: string, hash?: string, claimed = true): KubeObject & JsonObject {
  const matchLabels = { app: 'shop', ...(hash === undefined ? {} : { [hashLabel]: hash }) };
  const node = anObject(version, 'VirtualNode', name, {
    spec: { podSelector: { matchLabels }, listeners: [{ port: 1 }] },
  });
  const annotations = claimed ? { [meshKeys.managedByRollouts]: 'shop' } : {};
  return { ...node, metadata: { ...node.metadata, annotations } } as unknown as KubeObject & JsonObject;
}
const nodes = (stable = 'old', canary = 'new') => [aNode('node-stable', stable), aNode('node-canary', canary)];
const hashes = { stableHash: 'old', canaryHash: 'new' };

describe('weights of the VirtualRouter', () => {
  it('moves with the Rollout, behind the VirtualService that it names [router:appMesh, Rollout.spec.strategy.canary.trafficRouting.appMesh.virtualService.name, Rollout.spec.strategy.canary.trafficRouting.appMesh.virtualNodeGroup]', () => {
    const before = [service, aRouter([http(100, 0)]), ...nodes()];

    const after = written(before, appMesh.plan(rollout, aPlan(20, hashes), holding(...before)));

    expect(after).toEqual([service, aRouter([http(80, 20)]), ...nodes()]);
    expect(appMesh.plan(rollout, aPlan(20, hashes), holding(...after))).toEqual([]);
    expect(appMesh.read(rollout, holding(...after))).toEqual({ written: aPlan(20), confirmed: 'unknown' });
  });

  it('moves the named routes only, of every kind that splits [Rollout.spec.strategy.canary.trafficRouting.appMesh.virtualService.routes]', () => {
    const named = rolloutWith({ name: 'shop', routes: ['a', 'b', 'c'] });
    const kinds = ['tcpRoute', 'http2Route', 'grpcRoute'];
    const routes = (stable: number, canary: number) =>
      ['a', 'b', 'c'].map((name, index) => route(name, kinds[index] ?? '', targets(stable, canary)));
    const other = route('other', 'httpRoute', [target('legacy', 1)]);
    const before = [service, aRouter([other, ...routes(100, 0)]), ...nodes()];

    const after = written(before, appMesh.plan(named, aPlan(40, hashes), holding(...before)));

    expect(after[1]).toEqual(aRouter([other, ...routes(60, 40)]));
  });

  it('is repaired when somebody changes it, and is not raised on the way down', () => {
    const edited = [service, aRouter([http(50, 50)]), ...nodes()];
    const low = [service, aRouter([http(95, 5)]), ...nodes()];

    expect(written(edited, appMesh.plan(rollout, aPlan(20, hashes), holding(...edited)))[1]).toEqual(
      aRouter([http(80, 20)]),
    );
    expect(appMesh.plan(rollout, aPlan(20, hashes), holding(...low), 'lower')).toEqual([]);
  });

  it.each([
    [{ observedGeneration: 2 }, 'no', /has not taken generation 3/],
    [{ observedGeneration: 3, conditions: [{ type: 'VirtualRouterActive', status: 'True' }] }, 'yes', undefined],
    [
      { observedGeneration: 3, conditions: [{ type: 'VirtualRouterActive', status: 'False', message: 'no mesh' }] },
      'no',
      /does not serve VirtualRouter\/shop-router \(no mesh\)/,
    ],
  ])('is confirmed by its status: %j', (status, confirmed, why) => {
    const state = appMesh.read(rollout, holding(service, aRouter([http(80, 20)], status as JsonObject), ...nodes()));

    expect(state.confirmed).toBe(confirmed);
    if (why) expect(state.why).toMatch(why);
  });

  it('is found by the VirtualService, and asked for once that is known', () => {
    expect(appMesh.needs(rollout).map((key) => key.kind)).toEqual(['VirtualService', 'VirtualNode', 'VirtualNode']);
    expect(appMesh.needs(rollout, holding(service)).at(-1)).toMatchObject({
      kind: 'VirtualRouter',
      name: 'shop-router',
    });
  });
});

describe('selectors of the VirtualNodes', () => {
  it('name the revisions before weight moves to them [Rollout.spec.strategy.canary.trafficRouting.appMesh.virtualNodeGroup.canaryVirtualNodeRef.name, Rollout.spec.strategy.canary.trafficRouting.appMesh.virtualNodeGroup.stableVirtualNodeRef.name]', () => {
    const before = [
      service,
      aRouter([http(100, 0)]),
      aNode('node-stable', undefined, false),
      aNode('node-canary', 'x', false),
    ];

    const writes = appMesh.plan(rollout, aPlan(20, hashes), holding(...before));

    expect(Array.isArray(writes) && writes.map((one) => one.object.kind)).toEqual([
      'VirtualNode',
      'VirtualNode',
      'VirtualRouter',
    ]);
    expect(written(before, writes)).toEqual([service, aRouter([http(80, 20)]), ...nodes()]);
  });

  it('never are equal: a canary that is the stable revision selects nothing', () => {
    const before = [service, aRouter([http(100, 0)]), ...nodes()];
    const wanted = aPlan(0, { stableHash: 'old', canaryHash: 'old' });

    const after = written(before, appMesh.plan(rollout, wanted, holding(...before)));

    expect(after.slice(2)).toEqual(nodes('old', 'canary-hash'));
  });

  it('change only after the weight is gone', () => {
    const before = [service, aRouter([http(50, 50)]), ...nodes('old', 'bad')];
    const wanted = aPlan(0, { stableHash: 'old', canaryHash: 'old' });

    const drained = written(before, appMesh.plan(rollout, wanted, holding(...before)));
    const after = written(drained, appMesh.plan(rollout, wanted, holding(...drained)));

    expect(drained).toEqual([service, aRouter([http(100, 0)]), ...nodes('old', 'bad')]);
    expect(after.at(-1)).toEqual(aNode('node-canary', 'canary-hash'));
  });
});

it.each([
  ['the VirtualService does not exist', [], rollout, /VirtualService\/shop does not exist/],
  [
    'the VirtualService has no VirtualRouter',
    [anObject(version, 'VirtualService', 'shop', { spec: {} })],
    rollout,
    /has no VirtualRouter of namespace team as its provider/,
  ],
  ['the VirtualRouter does not exist', [service], rollout, /VirtualRouter\/shop-router does not exist/],
  [
    'a VirtualNode does not exist',
    [service, aRouter([http(100, 0)])],
    rollout,
    /VirtualNode\/node-stable does not exist/,
  ],
  [
    'a named route does not exist',
    [service, aRouter([http(100, 0)]), ...nodes()],
    rolloutWith({ name: 'shop', routes: ['x'] }),
    /has no route "x"/,
  ],
  [
    'a route has other targets',
    [service, aRouter([route('primary', 'httpRoute', [target('node-stable', 100)])]), ...nodes()],
    rollout,
    /route "primary" of VirtualRouter\/shop-router has 1 weighted targets; it must have exactly two/,
  ],
  ['there are no routes', [service, aRouter([]), ...nodes()], rollout, /has no routes/],
])('refuses with a sentence when %s', (_name, objects, given, message) => {
  expect(appMesh.plan(given, aPlan(20, hashes), holding(...objects))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(message),
  });
});

it('claims weights and the label of the selectors', () => {
  const claims = appMesh.claims(rollout, holding(service, aRouter([http(80, 20)]), ...nodes()));

  expect(claims.flatMap((one) => one.pointers)).toEqual([
    `/spec/podSelector/matchLabels/${hashLabel}`,
    `/spec/podSelector/matchLabels/${hashLabel}`,
    '/spec/routes/0/httpRoute/action/weightedTargets/0/weight',
    '/spec/routes/0/httpRoute/action/weightedTargets/1/weight',
  ]);
});
