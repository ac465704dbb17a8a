import { describe, expect, it } from 'vitest';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import { gatewayApi } from './gateway-api.ts';
import type { Found, ManagedRoute, WeightPlan } from './router.ts';

type Live = KubeObject & JsonObject;

const service = (name: string, weight: number): JsonObject => ({ group: '', kind: 'Service', name, port: 80, weight });
const split = (canary: number): JsonObject[] => [service('shop-stable', 100 - canary), service('shop-canary', canary)];
const prefix = (value: string): JsonObject => ({ path: { type: 'PathPrefix', value } });

function aRoute(rules: readonly JsonObject[], kind = 'HTTPRoute', name = 'shop'): Live {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name, namespace: 'team', uid: name, resourceVersion: '1', generation: 1 },
    spec: { parentRefs: [{ name: 'edge' }], rules: [...rules] },
  } as unknown as Live;
}

function aRollout(canary: object = {}, routing: object = { gatewayAPI: { httpRoutes: [{ name: 'shop' }] } }): Rollout {
  const managedRoutes = [{ name: 'beta' }, { name: 'shadow' }];
  return {
    metadata: { name: 'shop', namespace: 'team' },
    spec: {
      strategy: {
        canary: {
          stableService: 'shop-stable',
          canaryService: 'shop-canary',
          ...canary,
          trafficRouting: { managedRoutes, ...routing },
        },
      },
    },
  } as unknown as Rollout;
}

const beta: ManagedRoute = {
  kind: 'header',
  name: 'beta',
  match: [{ headerName: 'x-beta', headerValue: { exact: 'yes' } }],
};
const shadow = (more: object = {}, percentage = 100): ManagedRoute =>
  ({ kind: 'mirror', name: 'shadow', match: [{ path: { prefix: '/' }, ...more }], percentage }) as ManagedRoute;

const plan = (canary: number, managed?: readonly ManagedRoute[]): WeightPlan => ({
  total: 100,
  destinations: [
    { service: 'shop-stable', role: 'stable', weight: 100 - canary },
    { service: 'shop-canary', role: 'canary', weight: canary },
  ],
  ...(managed === undefined ? {} : { managed }),
});

const holding =
  (...objects: Live[]): Found =>
  (key: ObjectKey) =>
    objects.find((one) => one.kind === key.kind && one.metadata.name === key.name);

/** The rules after the plan's writes; those that are there when it writes nothing. */
function rulesAfter(rollout: Rollout, live: Live, wanted: WeightPlan): JsonObject[] {
  const writes = gatewayApi.plan(rollout, wanted, holding(live));
  if ('kind' in writes) throw new Error(writes.message);
  const [write] = writes;
  const source = write?.kind === 'patch' ? write.patch : live;
  return (source['spec'] as { rules: JsonObject[] }).rules;
}

const refusalOf = (rollout: Rollout, live: Live, wanted: WeightPlan) => {
  const answer = gatewayApi.plan(rollout, wanted, holding(live));
  return 'kind' in answer ? answer.message : undefined;
};

describe('a header route', () => {
  it('copies every weighted rule with the header on top and leads it to the canary alone [Rollout.spec.strategy.canary.steps[].setHeaderRoute]', () => {
    const foreign = { matches: [prefix('/docs')], backendRefs: [service('docs', 1)] };
    const live = aRoute([
      { matches: [prefix('/a'), prefix('/b')], backendRefs: split(20) },
      foreign,
      { name: 'api', matches: [prefix('/api')], filters: [{ type: 'X' }], backendRefs: split(20) },
    ]);

    const rules = rulesAfter(aRollout(), live, plan(20, [beta]));

    const headers = [{ type: 'Exact', name: 'x-beta', value: 'yes' }];
    expect(rules).toEqual([
      {
        name: 'beta',
        matches: [
          { ...prefix('/a'), headers },
          { ...prefix('/b'), headers },
        ],
        backendRefs: [service('shop-canary', 1)],
      },
      {
        name: 'beta-1',
        matches: [{ ...prefix('/api'), headers }],
        filters: [{ type: 'X' }],
        backendRefs: [service('shop-canary', 1)],
      },
      ...(live['spec'] as unknown as { rules: JsonObject[] }).rules,
    ]);
  });

  it.each([
    [{ prefix: 'v1.' }, { type: 'RegularExpression', value: String.raw`^v1\..*` }],
    [{ regex: 'v[12]' }, { type: 'RegularExpression', value: 'v[12]' }],
  ])(
    'matches by prefix and by regular expression: %j [StringMatch.prefix, StringMatch.regex]',
    (headerValue, header) => {
      const route: ManagedRoute = { ...beta, kind: 'header', match: [{ headerName: 'x-v', headerValue }] };

      const [made] = rulesAfter(
        aRollout(),
        aRoute([{ matches: [prefix('/')], backendRefs: split(0) }]),
        plan(0, [route]),
      );

      expect(made?.['matches']).toEqual([{ ...prefix('/'), headers: [{ name: 'x-v', ...header }] }]);
    },
  );

  it('is there once and is taken out again, with all other rules as they were', () => {
    const before = aRoute([{ matches: [prefix('/')], backendRefs: split(20) }]);
    const after = aRoute(rulesAfter(aRollout(), before, plan(20, [beta])));

    expect(gatewayApi.plan(aRollout(), plan(20, [beta]), holding(after))).toEqual([]);
    expect(rulesAfter(aRollout(), after, plan(20, []))).toEqual(
      (before['spec'] as unknown as { rules: object[] }).rules,
    );
  });

  it('is found again where the server keeps no names of rules', () => {
    const setHeaderRoute = { name: 'beta', match: beta.kind === 'header' ? beta.match : [] };
    const rollout = aRollout({ steps: [{ setHeaderRoute }] });
    const before = aRoute([{ matches: [prefix('/')], backendRefs: split(20) }]);
    const nameless = rulesAfter(rollout, before, plan(20, [beta])).map(({ name: _name, ...rest }) => rest);

    expect(gatewayApi.plan(rollout, plan(20, [beta]), holding(aRoute(nameless)))).toEqual([]);
    expect(rulesAfter(rollout, aRoute(nameless), plan(20, []))).toHaveLength(1);
  });

  it('that somebody edited is put back', () => {
    const live = aRoute([{ matches: [prefix('/')], backendRefs: split(20) }]);
    const [made, ...rest] = rulesAfter(aRollout(), live, plan(20, [beta]));
    const edited = aRoute([{ ...made, backendRefs: [service('shop-canary', 0)] }, ...rest]);

    expect(rulesAfter(aRollout(), edited, plan(20, [beta]))).toEqual([made, ...rest]);
  });

  it('keeps the order of managedRoutes [Rollout.spec.strategy.canary.trafficRouting.managedRoutes]', () => {
    const live = aRoute([{ matches: [prefix('/')], backendRefs: split(20) }]);

    expect(rulesAfter(aRollout(), live, plan(20, [shadow(), beta])).map((rule) => rule['name'])).toEqual([
      'shadow',
      'beta',
      undefined,
    ]);
  });

  it.each<[string, JsonObject[], ManagedRoute[], RegExp]>([
    [
      'more than 64 matches',
      [{ matches: Array.from({ length: 65 }, (_, at) => prefix(`/${at}`)), backendRefs: split(0) }],
      [beta],
      /would need 65 matches .* allowed are 64/,
    ],
    [
      'more than 16 rules',
      Array.from({ length: 9 }, (_, at) => ({ matches: [prefix(`/${at}`)], backendRefs: split(0) })),
      [beta],
      /would need 18 rules .* allowed are 16/,
    ],
    [
      "a user's rule of that name",
      [
        { name: 'beta', matches: [prefix('/old')], backendRefs: [service('old', 1)] },
        { matches: [prefix('/')], backendRefs: split(0) },
      ],
      [beta],
      /rule of its own named beta/,
    ],
  ])('is refused with %s', (_what, rules, managed, message) => {
    expect(refusalOf(aRollout(), aRoute(rules), plan(0, managed))).toMatch(message);
  });

  it("goes only into routes of the plugin's list that say so [Rollout.spec.strategy.canary.trafficRouting.plugins]", () => {
    const config = { httpRoutes: [{ name: 'shop' }, { name: 'api', useHeaderRoutes: true }] };
    const rollout = aRollout({}, { plugins: { 'argoproj-labs/gatewayAPI': config } });
    const rules = [{ matches: [prefix('/')], backendRefs: split(0) }];
    const found = holding(aRoute(rules), aRoute(rules, 'HTTPRoute', 'api'));

    expect(gatewayApi.plan(rollout, plan(0, [beta]), found)).toMatchObject([{ object: { metadata: { name: 'api' } } }]);
  });
});

describe('a mirror route', () => {
  it('keeps the split and copies to the canary [step:setMirrorRoute]', () => {
    const live = aRoute([{ matches: [prefix('/')], backendRefs: split(0) }]);

    const [made] = rulesAfter(aRollout(), live, plan(30, [shadow({ method: { exact: 'GET' } }, 25)]));

    expect(made).toEqual({
      name: 'shadow',
      matches: [{ ...prefix('/'), method: 'GET' }],
      backendRefs: split(30),
      filters: [
        {
          type: 'RequestMirror',
          requestMirror: { backendRef: { group: '', kind: 'Service', name: 'shop-canary', port: 80 }, percent: 25 },
        },
      ],
    });
  });

  it('follows the weight, and its own weights are read like any others', () => {
    const live = aRoute([{ matches: [prefix('/')], backendRefs: split(0) }]);
    const made = rulesAfter(aRollout(), live, plan(0, [shadow()]));
    const moved = rulesAfter(aRollout(), aRoute(made), plan(40, [shadow()]));

    expect(moved.map((rule) => rule['backendRefs'])).toEqual([split(40), split(40)]);
    const half = aRoute([{ ...moved[0], backendRefs: split(90) }, moved[1]!]);
    expect(gatewayApi.read(aRollout(), holding(half))).toMatchObject({
      written: plan(90),
      lowest: plan(40),
      confirmed: 'no',
    });
  });

  it.each([
    ['the narrower path', '/shop', { path: { prefix: '/shop/cart' } }, ['/shop/cart']],
    ['the path of the rule', '/shop/cart', { path: { prefix: '/shop' } }, ['/shop/cart']],
  ])('takes %s of both', (_what, own, wanted, paths) => {
    const live = aRoute([{ matches: [prefix(own)], backendRefs: split(0) }]);

    const [made] = rulesAfter(aRollout(), live, plan(0, [shadow(wanted)]));

    expect(made?.['matches']).toMatchObject(paths.map((value) => ({ path: { value } })));
  });

  it('is not made for a rule whose requests it can not mean', () => {
    const live = aRoute([{ matches: [prefix('/docs')], backendRefs: split(0) }]);

    expect(gatewayApi.plan(aRollout(), plan(0, [shadow({ path: { prefix: '/shop' } })]), holding(live))).toEqual([]);
  });

  it('is refused where the server would keep no percentage', () => {
    const live = aRoute([{ matches: [prefix('/')], backendRefs: split(0) }]);
    const made = rulesAfter(aRollout(), live, plan(0, [shadow({}, 10)]));
    const pruned = JSON.parse(JSON.stringify(made).replace(',"percent":10', '')) as JsonObject[];

    expect(refusalOf(aRollout(), aRoute(pruned), plan(0, [shadow({}, 10)]))).toContain('keeps no percentage');
  });
});

describe('other kinds of routes', () => {
  it.each([
    ['GRPCRoute', 'grpcRoutes', 'grpcRoute'],
    ['TCPRoute', 'tcpRoutes', 'tcpRoute'],
    ['TLSRoute', 'tlsRoutes', 'tlsRoute'],
  ])('splits the connections or requests of a %s, in both forms', (kind, list, single) => {
    const own = aRollout({}, { gatewayAPI: { [list]: [{ name: 'shop' }] } });
    const plugin = aRollout({}, { plugins: { 'argoproj-labs/gatewayAPI': { [single]: 'shop' } } });
    const live = aRoute([{ backendRefs: split(0) }], kind);

    expect(gatewayApi.needs(own).map((key) => key.kind)).toEqual([kind]);
    for (const rollout of [own, plugin])
      expect(rulesAfter(rollout, live, plan(35))).toEqual([{ backendRefs: split(35) }]);
  });

  it('gives a GRPCRoute header rules of its methods', () => {
    const rollout = aRollout({}, { gatewayAPI: { grpcRoutes: [{ name: 'shop' }] } });
    const method = { type: 'Exact', service: 'shop.Cart' };
    const live = aRoute([{ matches: [{ method }], backendRefs: split(0) }], 'GRPCRoute');

    const [made] = rulesAfter(rollout, live, plan(0, [beta]));

    expect(made?.['matches']).toEqual([{ method, headers: [{ type: 'Exact', name: 'x-beta', value: 'yes' }] }]);
  });

  it('refuses header routes where no request has headers', () => {
    const rollout = aRollout({}, { gatewayAPI: { tcpRoutes: [{ name: 'shop' }] } });

    expect(refusalOf(rollout, aRoute([{ backendRefs: split(0) }], 'TCPRoute'), plan(0, [beta]))).toMatch(
      /has no route to go into/,
    );
  });
});

describe('destinations of an experiment', () => {
  const rollout = aRollout({
    steps: [{ experiment: { templates: [{ name: 'big', service: { name: 'shop-big' } }] } }],
  });
  const withBig = (weight: number): WeightPlan => ({
    total: 100,
    destinations: [
      { service: 'shop-stable', role: 'stable', weight: 70 - weight },
      { service: 'shop-canary', role: 'canary', weight: 30 },
      { service: 'shop-big', role: 'extra', weight },
    ],
  });

  it('come beside both Services, are read back, and go with the experiment', () => {
    const live = aRoute([{ backendRefs: split(30) }]);
    const rules = rulesAfter(rollout, live, withBig(10));

    expect(rules).toEqual([
      { backendRefs: [service('shop-stable', 60), service('shop-canary', 30), service('shop-big', 10)] },
    ]);
    expect(gatewayApi.read(rollout, holding(aRoute(rules))).written).toEqual(withBig(10));
    expect(rulesAfter(rollout, aRoute(rules), plan(30))).toEqual([{ backendRefs: split(30) }]);
  });

  it('are claimed whole, as rules of steps are', () => {
    const rules = rulesAfter(rollout, aRoute([{ matches: [prefix('/')], backendRefs: split(30) }]), {
      ...withBig(10),
      managed: [beta],
    });

    expect(gatewayApi.claims(rollout, holding(aRoute(rules))).flatMap((claim) => claim.pointers)).toEqual([
      '/spec/rules/0',
      '/spec/rules/1/backendRefs/0/weight',
      '/spec/rules/1/backendRefs/1/weight',
      '/spec/rules/1/backendRefs/2',
    ]);
  });
});
