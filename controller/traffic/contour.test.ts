import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { contour } from './contour.ts';
import type { ManagedRoute } from './router.ts';
import { aRollout, holding, live, type LiveObject, merged, wanted, written } from './testing/route-world.ts';

const service = (name: string, weight?: number, more: JsonObject = {}): JsonObject => ({
  name,
  port: 80,
  ...(weight === undefined ? {} : { weight }),
  ...more,
});
const both = (stable?: number, canary?: number) => [service('shop-stable', stable), service('shop-canary', canary)];
const route = (services: JsonObject[] = both(100, 0), more: JsonObject = {}): JsonObject => ({
  conditions: [{ prefix: '/' }],
  services,
  ...more,
});

function aProxy(
  routes: readonly JsonObject[] = [route()],
  status: JsonObject = { currentStatus: 'valid' },
): LiveObject {
  return live({
    apiVersion: 'projectcontour.io/v1',
    kind: 'HTTPProxy',
    metadata: { name: 'web', namespace: 'team', generation: 4 },
    spec: { virtualhost: { fqdn: 'shop.example.com' }, routes },
    status,
  });
}

const rollout = aRollout(
  { contour: { httpProxies: [{ name: 'web' }] }, managedRoutes: [{ name: 'beta' }, { name: 'copy' }] },
  {},
  'tidegate.io/v1alpha1',
);

function at(canary: number, objects: readonly LiveObject[] = [aProxy()], managed?: ManagedRoute[]) {
  const plan = { ...wanted(canary), ...(managed ? { managed } : {}) };
  return written(objects, contour.plan(rollout, plan, holding(objects)));
}

describe('weights of an HTTPProxy', () => {
  it('are written in routes with both Services, the others stay as they are', () => {
    const docs = route([service('docs')], { conditions: [{ prefix: '/docs' }] });
    const before = aProxy([docs, route(both(), { timeoutPolicy: { response: '1s' } })]);

    const after = at(20, [before]);

    expect(after).toEqual([aProxy([docs, route(both(80, 20), { timeoutPolicy: { response: '1s' } })])]);
    expect(contour.plan(rollout, wanted(20), holding(after))).toEqual([]);
  });

  it('are confirmed when Contour calls the generation valid', () => {
    expect(contour.read(rollout, holding(at(20)))).toEqual({ written: wanted(20), confirmed: 'yes' });
  });

  it('without any weight are an even split, as Contour does it', () => {
    expect(contour.read(rollout, holding([aProxy([route(both())])])).written).toEqual(wanted(1, 2));
  });

  it.each<[string, JsonObject, RegExp]>([
    ['Contour said nothing yet', {}, /^Contour has not taken generation 4 of HTTPProxy\/web yet$/],
    [
      'Contour saw only an older generation',
      { currentStatus: 'valid', conditions: [{ type: 'Valid', status: 'True', observedGeneration: 3 }] },
      /^Contour has not taken generation 4/,
    ],
    [
      'Contour refuses it',
      { currentStatus: 'invalid', description: 'no such Service' },
      /^Contour says that HTTPProxy\/web is invalid \(no such Service\)$/,
    ],
  ])('are not confirmed when %s', (_name, status, why) => {
    const state = contour.read(rollout, holding([aProxy(undefined, status)]));

    expect(state).toMatchObject({ confirmed: 'no', why: expect.stringMatching(why) });
  });

  it('that differ between routes are told, and on the way down the lower one stays', () => {
    const before = aProxy([route(both(40, 60)), route(both(90, 10), { conditions: [{ prefix: '/api' }] })]);

    expect(contour.read(rollout, holding([before]))).toMatchObject({ lowest: wanted(10), confirmed: 'no' });
    expect(written([before], contour.plan(rollout, wanted(30), holding([before]), 'lower'))).toEqual([
      aProxy([route(both(70, 30)), route(both(90, 10), { conditions: [{ prefix: '/api' }] })]),
    ]);
  });
});

const header = (value: JsonObject): ManagedRoute => ({
  kind: 'header',
  name: 'beta',
  match: [{ headerName: 'X-Group', headerValue: value }],
});
const condition = (more: JsonObject): JsonObject => ({ header: { name: 'X-Group', ...more } });

describe('header routes', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['an exact value', { exact: 'yes' }, { exact: 'yes' }],
    ['a prefix', { prefix: 'v1.' }, { regex: String.raw`v1\..*` }],
    ['a regular expression', { regex: 'y.*' }, { regex: 'y.*' }],
  ])('are copies that lead to the canary alone, by %s', (_name, value, added) => {
    const [after] = at(10, [aProxy()], [header(value)]);

    expect(after).toHaveProperty('spec.routes', [
      route([service('shop-canary')], { conditions: [{ prefix: '/' }, condition(added)] }),
      route(both(90, 10)),
    ]);
    expect(contour.plan(rollout, wanted(10, 100, { managed: [header(value)] }), holding([after!]))).toEqual([]);
    expect(contour.claims(rollout, holding([after!]))[0]?.pointers).toEqual([
      '/spec/routes/0',
      '/spec/routes/1/services/0/weight',
      '/spec/routes/1/services/1/weight',
      '/metadata/annotations/tidegate.io~1contour-managed-routes',
    ]);
  });

  it('go without a trace, and a route of the user of the same form stays', () => {
    const own = route([service('shop-canary')], { conditions: [{ prefix: '/' }, condition({ exact: 'team' })] });
    const before = [live(merged(aProxy([own, route(both(90, 10))]), { metadata: { annotations: { a: 'b' } } }))];

    const between = at(10, before, [header({ exact: 'yes' })]);

    expect(between[0]).toHaveProperty('spec.routes.length', 3);
    expect(contour.plan(rollout, wanted(10), holding(between))).toEqual([]);
    expect(at(10, between, [])).toEqual(before);
  });
});

const mirror = (percentage: number, match: JsonObject = { path: { prefix: '/' } }): ManagedRoute => ({
  kind: 'mirror',
  name: 'copy',
  match: [match],
  percentage,
});

describe('mirror routes', () => {
  it.each([
    [35, [service('shop-canary', 35, { mirror: true })]],
    [100, [service('shop-canary', undefined, { mirror: true })]],
    [0, []],
  ])('copy %i percent of the weighted routes, and go again', (percentage, added) => {
    const before = at(10);

    const between = at(10, before, [mirror(percentage)]);

    expect(between[0]).toHaveProperty('spec.routes', [route([...both(90, 10), ...added])]);
    expect(at(10, between, [mirror(percentage)])).toEqual(between);
    expect(at(10, between, [])).toEqual(before);
  });

  it.each<[string, LiveObject, ManagedRoute, RegExp]>([
    [
      'of some requests',
      aProxy(),
      mirror(10, { path: { prefix: '/api' } }),
      /^mirror route copy matches only some requests; Contour/,
    ],
    [
      'beside another mirror',
      aProxy([route([...both(100, 0), service('shadow', undefined, { mirror: true })])]),
      mirror(10),
      /is mirrored to Service\/shadow already; Contour allows one/,
    ],
  ])('are refused %s', (_name, object, managed, message) => {
    expect(contour.plan(rollout, wanted(10, 100, { managed: [managed] }), holding([object]))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(message),
    });
  });
});

it.each<[string, readonly LiveObject[], RegExp]>([
  ['the HTTPProxy does not exist', [], /^HTTPProxy\/web does not exist in namespace team/],
  ['no route has both Services', [aProxy([route([service('shop-stable')])])], /^no route of HTTPProxy\/web names both/],
  [
    'a third Service gets weight',
    [aProxy([route([...both(1, 1), service('old', 1)])])],
    /gives weight to Service\/old; allowed are only/,
  ],
])('refuses when %s', (_name, objects, message) => {
  expect(contour.plan(rollout, wanted(20), holding(objects))).toMatchObject({
    kind: 'refused',
    field: 'spec.strategy.canary.trafficRouting.contour.httpProxies[0].name',
    message: expect.stringMatching(message),
  });
});
