import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import { gatewayApi } from './gateway-api.ts';
import type { Found, WeightPlan } from './router.ts';

interface RouteOptions {
  readonly rules?: readonly JsonObject[];
  readonly generation?: number;
  readonly observed?: number;
  readonly accepted?: string;
  readonly parents?: boolean;
}

const split = (stable: number | undefined, canary: number | undefined): JsonObject[] => [
  { name: 'shop-stable', port: 80, ...(stable === undefined ? {} : { weight: stable }) },
  { name: 'shop-canary', port: 80, ...(canary === undefined ? {} : { weight: canary }) },
];

function aRoute(options: RouteOptions = {}): KubeObject & JsonObject {
  const {
    rules = [{ backendRefs: split(100, 0) }],
    generation = 3,
    observed = 3,
    accepted = 'True',
    parents = true,
  } = options;
  const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({
    type,
    status: accepted,
    reason: 'R',
    observedGeneration: observed,
  }));
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'shop', namespace: 'team', generation },
    spec: { parentRefs: [{ name: 'edge' }], rules: [...rules] },
    status: { parents: parents ? [{ parentRef: { name: 'edge', namespace: 'team' }, conditions }] : [] },
  } as unknown as KubeObject & JsonObject;
}

function aRollout(routing: JsonObject = { gatewayAPI: { httpRoutes: [{ name: 'shop' }] } }): Rollout {
  return {
    metadata: { name: 'shop', namespace: 'team' },
    spec: {
      strategy: { canary: { stableService: 'shop-stable', canaryService: 'shop-canary', trafficRouting: routing } },
    },
  } as unknown as Rollout;
}

const holding =
  (...objects: (KubeObject & JsonObject)[]): Found =>
  (key: ObjectKey) =>
    objects.find((object) => object.metadata.name === key.name && object.metadata.namespace === key.namespace);

const wanted = (canary: number): WeightPlan => ({
  total: 100,
  destinations: [
    { service: 'shop-stable', role: 'stable', weight: 100 - canary },
    { service: 'shop-canary', role: 'canary', weight: canary },
  ],
});

describe('reading weights', () => {
  it('reads what is written and that the gateway took it', () => {
    const state = gatewayApi.read(aRollout(), holding(aRoute({ rules: [{ backendRefs: split(80, 20) }] })));

    expect(state).toEqual({ written: wanted(20), confirmed: 'yes' });
  });

  it('takes an absent weight as 1, as Gateway API does', () => {
    const state = gatewayApi.read(aRollout(), holding(aRoute({ rules: [{ backendRefs: split(undefined, 0) }] })));

    expect(state.written?.destinations.map((one) => one.weight)).toEqual([1, 0]);
  });

  it.each([
    ['a parent that saw only an older generation', { observed: 2 }, /has not taken generation 3/],
    ['a parent that refuses', { accepted: 'False' }, /refuses HTTPRoute\/shop: Accepted is False/],
    ['a parent that never reported', { parents: false }, /has not reported/],
    [
      'rules that differ',
      { rules: [{ backendRefs: split(100, 0) }, { backendRefs: split(70, 30) }] },
      /differ between rules/,
    ],
  ])('is not confirmed with %s', (_name, options, why) => {
    const state = gatewayApi.read(aRollout(), holding(aRoute(options as RouteOptions)));

    expect(state.confirmed).toBe('no');
    expect(state.why).toMatch(why);
  });

  it('takes the highest canary share when rules differ, so that nothing scales down under traffic', () => {
    const rules = [{ backendRefs: split(100, 0) }, { backendRefs: split(70, 30) }];

    const state = gatewayApi.read(aRollout(), holding(aRoute({ rules })));

    expect(state.written).toEqual(wanted(30));
    expect(state.lowest).toEqual(wanted(0));
  });
});

describe('planning weights', () => {
  it('writes nothing when the weights are already there', () => {
    expect(
      gatewayApi.plan(aRollout(), wanted(20), holding(aRoute({ rules: [{ backendRefs: split(80, 20) }] }))),
    ).toEqual([]);
  });

  it('on the way down raises no rule that is lower already', () => {
    const rules = [{ backendRefs: split(100, 0) }, { backendRefs: split(70, 30) }];
    const patches = gatewayApi.plan(aRollout(), wanted(10), holding(aRoute({ rules })), 'lower');

    expect(patches).toMatchObject([
      { patch: { spec: { rules: [{ backendRefs: split(100, 0) }, { backendRefs: split(90, 10) }] } } },
    ]);
  });

  it('changes the two weights and leaves foreign rules and fields as they are', () => {
    const foreign = {
      name: 'docs',
      matches: [{ path: { type: 'Exact', value: '/docs' } }],
      backendRefs: [{ name: 'docs', port: 80 }],
    };
    const weighted = { filters: [{ type: 'X' }], backendRefs: split(100, 0) };

    const patches = gatewayApi.plan(aRollout(), wanted(20), holding(aRoute({ rules: [foreign, weighted] })));

    expect(patches).toMatchObject([
      { patch: { spec: { rules: [foreign, { ...weighted, backendRefs: split(80, 20) }] } } },
    ]);
  });

  it('makes an implicit weight explicit on both sides', () => {
    const patches = gatewayApi.plan(
      aRollout(),
      wanted(0),
      holding(aRoute({ rules: [{ backendRefs: split(undefined, undefined) }] })),
    );

    expect(patches).toMatchObject([{ patch: { spec: { rules: [{ backendRefs: split(100, 0) }] } } }]);
  });

  it('touches only the rule that was named', () => {
    const rules = [
      { name: 'a', backendRefs: split(100, 0) },
      { name: 'b', backendRefs: split(100, 0) },
    ];
    const rollout = aRollout({ gatewayAPI: { httpRoutes: [{ name: 'shop', rule: 'b' }] } });

    const patches = gatewayApi.plan(rollout, wanted(50), holding(aRoute({ rules })));

    expect(patches).toMatchObject([{ patch: { spec: { rules: [rules[0], { backendRefs: split(50, 50) }] } } }]);
  });

  it.each([
    [
      'the route does not exist',
      aRollout({ gatewayAPI: { httpRoutes: [{ name: 'gone' }] } }),
      /HTTPRoute\/gone does not exist/,
    ],
    [
      'the named rule does not exist',
      aRollout({ gatewayAPI: { httpRoutes: [{ name: 'shop', rule: 'x' }] } }),
      /rule "x" of HTTPRoute\/shop/,
    ],
    [
      'the route is in another namespace',
      aRollout({ plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop', namespace: 'other' } } }),
      /own namespace team/,
    ],
  ])('refuses with a sentence when %s', (_name, rollout, message) => {
    const refusal = gatewayApi.plan(rollout, wanted(20), holding(aRoute()));

    expect(refusal).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
  });

  it('refuses a third backend in a weighted rule, since it would distort the share', () => {
    const rules = [{ backendRefs: [...split(100, 0), { name: 'legacy', port: 80 }] }];

    expect(gatewayApi.plan(aRollout(), wanted(20), holding(aRoute({ rules })))).toMatchObject({ kind: 'refused' });
  });
});

it('reads the form of the Argo plugin [router:argoproj-labs/gatewayAPI]', () => {
  const rollout = aRollout({ plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'shop', namespace: 'team' } } });

  expect(gatewayApi.needs(rollout)).toEqual([
    { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'team', name: 'shop' },
  ]);
});

it('claims exactly the weights it manages', () => {
  const rules = [{ backendRefs: [{ name: 'docs', port: 80 }] }, { backendRefs: split(100, 0) }];

  const claims = gatewayApi.claims(aRollout(), holding(aRoute({ rules })));

  expect(claims.flatMap((claim) => claim.pointers)).toEqual([
    '/spec/rules/1/backendRefs/0/weight',
    '/spec/rules/1/backendRefs/1/weight',
  ]);
});
