import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { kuma } from './kuma.ts';
import { aMeshRollout, anObject, aPlan, holding, written } from './testing/mesh.ts';

const rollout = aMeshRollout({ kuma: { httpRoutes: [{ name: 'shop' }] } });
const backend = (name: string, weight?: number): JsonObject => ({
  kind: 'MeshService',
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
});
const refs = (stable?: number, canary?: number) => [backend('shop-stable', stable), backend('shop-canary', canary)];
const rule = (backendRefs: JsonObject[], rest: JsonObject = {}): JsonObject => ({
  matches: [{ path: { type: 'PathPrefix', value: '/' } }],
  default: { backendRefs, ...rest },
});
function aRoute(rules: JsonObject[], kind = 'MeshHTTPRoute'): KubeObject & JsonObject {
  const other = { targetRef: { kind: 'MeshService', name: 'other' }, rules: [rule([backend('other')])] };
  const own = { targetRef: { kind: 'MeshService', name: 'shop' }, rules };
  return anObject('kuma.io/v1alpha1', kind, 'shop', { spec: { targetRef: { kind: 'Mesh' }, to: [other, own] } });
}

describe('weights of Kuma routes', () => {
  it('change in rules that name both Services, and nothing else does', () => {
    const filters = { filters: [{ type: 'RequestHeaderModifier' }] };
    const foreign = rule([backend('docs')]);
    const before = [aRoute([foreign, rule(refs(100, 0), filters)])];

    const after = written(before, kuma.plan(rollout, aPlan(20), holding(...before)));

    expect(after).toEqual([aRoute([foreign, rule(refs(80, 20), filters)])]);
    expect(kuma.plan(rollout, aPlan(20), holding(...after))).toEqual([]);
    expect(kuma.read(rollout, holding(...after))).toEqual({ written: aPlan(20), confirmed: 'unknown' });
  });

  it('change in MeshTCPRoutes too', () => {
    const both = aMeshRollout({ kuma: { httpRoutes: [{ name: 'shop' }], tcpRoutes: [{ name: 'shop' }] } });
    const before = [aRoute([rule(refs(100, 0))]), aRoute([{ default: { backendRefs: refs(100, 0) } }], 'MeshTCPRoute')];

    const after = written(before, kuma.plan(both, aPlan(20), holding(...before)));

    expect(after[1]).toEqual(aRoute([{ default: { backendRefs: refs(80, 20) } }], 'MeshTCPRoute'));
    expect(kuma.needs(both).map((key) => key.kind)).toEqual(['MeshHTTPRoute', 'MeshTCPRoute']);
  });

  it.each<[string, JsonObject[]]>([
    ['name, namespace and port in one', [backend('shop-stable_team_svc_80'), backend('shop-canary_team_svc_80')]],
    [
      'name and namespace',
      [
        { ...backend('shop-stable'), namespace: 'team' },
        { ...backend('shop-canary'), namespace: 'team' },
      ],
    ],
    [
      'labels',
      [
        { kind: 'MeshService', labels: { 'kuma.io/display-name': 'shop-stable', 'k8s.kuma.io/namespace': 'team' } },
        { kind: 'MeshService', labels: { 'kuma.io/display-name': 'shop-canary' } },
      ],
    ],
  ])('are found by %s, and an absent weight is made explicit', (_name, both) => {
    const before = [aRoute([rule(both)])];

    const after = written(before, kuma.plan(rollout, aPlan(0), holding(...before)));

    expect(after).toEqual([
      aRoute([
        rule([
          { ...both[0], weight: 100 },
          { ...both[1], weight: 0 },
        ]),
      ]),
    ]);
  });

  it('are repaired, are not raised on the way down, and are in doubt while rules differ', () => {
    const differ = aRoute([rule(refs(50, 50)), rule(refs(95, 5))]);

    expect(kuma.read(rollout, holding(differ))).toMatchObject({ written: { total: 100 }, confirmed: 'no' });
    expect(written([differ], kuma.plan(rollout, aPlan(20), holding(differ), 'lower'))).toEqual([
      aRoute([rule(refs(80, 20)), rule(refs(95, 5))]),
    ]);
    expect(written([differ], kuma.plan(rollout, aPlan(20), holding(differ)))).toEqual([
      aRoute([rule(refs(80, 20)), rule(refs(80, 20))]),
    ]);
  });

  it.each<[string, (KubeObject & JsonObject)[], RegExp]>([
    ['the route does not exist', [], /MeshHTTPRoute\/shop does not exist in namespace team/],
    [
      'no rule names both Services',
      [aRoute([rule([backend('shop-stable')])])],
      /no rule of MeshHTTPRoute\/shop names both/,
    ],
    [
      'the canary is of another namespace',
      [aRoute([rule([backend('shop-stable'), { ...backend('shop-canary'), namespace: 'x' }])])],
      /no rule of MeshHTTPRoute\/shop names both/,
    ],
    [
      'a rule has a third backend',
      [aRoute([rule([...refs(100, 0), backend('legacy')])])],
      /rule 0 of spec.to\[1\] of MeshHTTPRoute\/shop names 3 backends/,
    ],
  ])('are refused with a sentence when %s', (_name, objects, message) => {
    expect(kuma.plan(rollout, aPlan(20), holding(...objects))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(message),
    });
  });

  it('are claimed', () => {
    expect(kuma.claims(rollout, holding(aRoute([rule(refs(80, 20))]))).flatMap((one) => one.pointers)).toEqual([
      '/spec/to/1/rules/0/default/backendRefs/0/weight',
      '/spec/to/1/rules/0/default/backendRefs/1/weight',
    ]);
  });
});
