import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { apisix } from './apisix.ts';
import type { ManagedRoute } from './router.ts';
import {
  aRollout,
  holding,
  live,
  type LiveObject,
  merged,
  ownerOfShop,
  wanted,
  written,
} from './testing/route-world.ts';

const backend = (serviceName: string, weight?: number): JsonObject => ({
  serviceName,
  servicePort: 80,
  ...(weight === undefined ? {} : { weight }),
});
const both = (stable?: number, canary?: number) => [backend('shop-stable', stable), backend('shop-canary', canary)];
const rule = (name: string, backends: JsonObject[] = both(), more: JsonObject = {}): JsonObject => ({
  name,
  match: { hosts: ['shop.example.com'], paths: ['/*'] },
  backends,
  ...more,
});

function aRoute(http: readonly JsonObject[] = [rule('main')], name = 'web', metadata: JsonObject = {}): LiveObject {
  return live({
    apiVersion: 'apisix.apache.org/v2',
    kind: 'ApisixRoute',
    metadata: { name, namespace: 'team', ...metadata },
    spec: { ingressClassName: 'apisix', http },
  });
}

const rollout = (rules: string[] | undefined = ['main']) =>
  aRollout({ apisix: { route: { name: 'web', rules } }, managedRoutes: [{ name: 'beta' }, { name: 'staff' }] });

function at(canary: number, objects: readonly LiveObject[] = [aRoute()], managed?: ManagedRoute[], of = rollout()) {
  const plan = { ...wanted(canary), ...(managed ? { managed } : {}) };
  return written(objects, apisix.plan(of, plan, holding(objects)));
}

describe('weights of an ApisixRoute', () => {
  it('are written in the named rules, the others stay as they are [router:apisix, Rollout.spec.strategy.canary.trafficRouting.apisix.route.name, Rollout.spec.strategy.canary.trafficRouting.apisix.route.rules]', () => {
    const before = aRoute([rule('docs', [backend('docs')]), rule('other'), rule('main')]);

    const after = at(20, [before]);

    expect(after).toEqual([aRoute([rule('docs', [backend('docs')]), rule('other'), rule('main', both(80, 20))])]);
    expect(apisix.plan(rollout(), wanted(20), holding(after))).toEqual([]);
  });

  it('are those of the rule named like the route when no rule is named', () => {
    const of = aRollout({ apisix: { route: { name: 'web' } } });

    expect(at(20, [aRoute([rule('web'), rule('main')])], undefined, of)).toEqual([
      aRoute([rule('web', both(80, 20)), rule('main')]),
    ]);
  });

  it('are read, absent ones as equal', () => {
    expect(apisix.read(rollout(), holding([aRoute()])).written).toEqual(wanted(100, 200));
    expect(apisix.read(rollout(), holding(at(20)))).toEqual({ written: wanted(20), confirmed: 'unknown' });
  });

  it('that differ between rules are told, and on the way down the lower one stays', () => {
    const of = rollout(['main', 'other']);
    const before = aRoute([rule('main', both(40, 60)), rule('other', both(90, 10))]);

    expect(apisix.read(of, holding([before]))).toMatchObject({ written: wanted(60), lowest: wanted(10) });
    expect(written([before], apisix.plan(of, wanted(30), holding([before]), 'lower'))).toEqual([
      aRoute([rule('main', both(70, 30)), rule('other', both(90, 10))]),
    ]);
  });

  it('are claimed', () => {
    expect(apisix.claims(rollout(), holding([aRoute([rule('docs', []), rule('main')])]))).toMatchObject([
      { pointers: ['/spec/http/1/backends/0/weight', '/spec/http/1/backends/1/weight'] },
    ]);
  });
});

const header = (name: string, value: JsonObject = { exact: 'yes' }): ManagedRoute => ({
  kind: 'header',
  name,
  match: [{ headerName: 'X-Group', headerValue: value }],
});
const subject = { scope: 'Header', name: 'X-Group' };

describe('header routes', () => {
  it('are a route of that name, owned by the Rollout, with the rule at a higher priority and the canary alone [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerName]', () => {
    const [, route] = at(0, [aRoute([rule('docs'), rule('main', both(), { priority: 5 })])], [header('beta')]);

    expect(route).toEqual(
      aRoute(
        [
          rule('main', [backend('shop-canary', 100)], {
            priority: 6,
            match: {
              hosts: ['shop.example.com'],
              paths: ['/*'],
              exprs: [{ subject, op: 'Equal', value: 'yes' }],
            },
          }),
        ],
        'beta',
        { ownerReferences: [ownerOfShop] },
      ),
    );
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['a regular expression', { regex: 'y.*' }, { op: 'RegexMatch', value: 'y.*' }],
    ['a prefix', { prefix: 'v1.' }, { op: 'RegexMatch', value: String.raw`^v1\..*` }],
  ])(
    'match %s [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.regex, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.prefix]',
    (_name, value, expression) => {
      const [, route] = at(0, [aRoute()], [header('beta', value)]);

      expect(route).toHaveProperty('spec.http.0.match.exprs', [{ subject, ...expression }]);
    },
  );

  it('keep the conditions that the rule has already', () => {
    const own = { subject: { scope: 'Query', name: 'q' }, op: 'Equal', value: '1' };
    const [, route] = at(0, [aRoute([rule('main', both(), { match: { exprs: [own] } })])], [header('beta')]);

    expect(route).toHaveProperty('spec.http.0.match.exprs', [own, { subject, op: 'Equal', value: 'yes' }]);
  });

  it('get their order by priority, first wins', () => {
    const after = at(0, [aRoute()], [header('beta'), header('staff')]);

    expect(after.map((one) => [one.metadata.name, priorityOf(one)])).toEqual([
      ['web', undefined],
      ['beta', 2],
      ['staff', 1],
    ]);
  });

  it('are set right after a foreign edit, and deleted when they are not wanted any more', () => {
    const [web, beta] = at(0, [aRoute()], [header('beta')]);
    const edited = [web!, live(merged(beta!, { spec: { http: [rule('main')] } }))];

    expect(at(0, edited, [header('beta')])).toEqual([web, beta]);
    expect(at(0, [web!, beta!])).toEqual([web, beta]);
    expect(at(0, [web!, beta!], [])).toEqual([web]);
  });

  it('never touch a route of somebody else', () => {
    const objects = [aRoute(), aRoute(undefined, 'beta')];

    expect(at(0, objects, [])).toHaveLength(2);
    expect(apisix.plan(rollout(), wanted(0, 100, { managed: [header('beta')] }), holding(objects))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/^ApisixRoute\/beta exists already and does not belong to Rollout\/shop/),
    });
  });
});

function priorityOf(object: LiveObject): unknown {
  const { http } = object['spec'] as unknown as { http: JsonObject[] };
  return http[0]?.['priority'];
}

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the route does not exist', [], /^ApisixRoute\/web does not exist in namespace team/],
  ['it lacks the rule', [aRoute([rule('x')])], /^ApisixRoute\/web has no rule "main"; name one of its rules$/],
  [
    'the rule lacks a Service',
    [aRoute([rule('main', [backend('shop-stable')])])],
    /does not name Service\/shop-canary as backend; add both/,
  ],
  [
    'a third Service gets weight',
    [aRoute([rule('main', [...both(), backend('old')])])],
    /gives weight to Service\/old; allowed are only/,
  ],
])('refuses when %s', (_name, objects, message) => {
  expect(apisix.plan(rollout(), wanted(20), holding(objects))).toMatchObject({
    kind: 'refused',
    message: expect.stringMatching(message),
  });
});
