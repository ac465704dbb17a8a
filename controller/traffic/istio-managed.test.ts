import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { istio } from './istio.ts';
import type { ManagedRoute } from './router.ts';
import { aMeshRollout, anObject, aPlan, holding, written } from './testing/mesh.ts';

const to = (host: string, weight: number, rest: JsonObject = {}): JsonObject => ({
  destination: { host, ...rest },
  weight,
});
const split = (stable: number, canary: number, port?: JsonObject): JsonObject[] => [
  to('shop-stable', stable, port),
  to('shop-canary', canary, port),
];
const aService = (http: JsonObject[]): KubeObject & JsonObject =>
  anObject('networking.istio.io/v1', 'VirtualService', 'shop', { spec: { http } });

const rollout = aMeshRollout({
  managedRoutes: [{ name: 'beta' }, { name: 'shadow' }, { name: 'staff' }],
  istio: { virtualService: { name: 'shop', routes: ['primary'] } },
});
const primary = (route: JsonObject[]): JsonObject => ({ name: 'primary', route });
const docs: JsonObject = { name: 'docs', match: [{ uri: { prefix: '/docs' } }], route: [to('docs', 100)] };

const header = (name: string, headerName = 'X-Beta'): ManagedRoute => ({
  kind: 'header',
  name,
  match: [{ headerName, headerValue: { exact: 'yes' } }],
});
const headerEntry = (name: string): JsonObject => ({
  name,
  match: [{ headers: { 'x-beta': { exact: 'yes' } } }],
  route: [to('shop-canary', 100)],
});
const mirror: ManagedRoute = {
  kind: 'mirror',
  name: 'shadow',
  percentage: 30,
  match: [{ method: { exact: 'GET' }, path: { prefix: '/api' }, headers: { 'X-Shadow': { regex: '.+' } } }],
};
const mirrorEntry = (stable: number, canary: number): JsonObject => ({
  name: 'shadow',
  match: [{ method: { exact: 'GET' }, uri: { prefix: '/api' }, headers: { 'x-shadow': { regex: '.+' } } }],
  route: split(stable, canary),
  mirror: { host: 'shop-canary' },
  mirrorPercentage: { value: 30 },
});

describe('header routes', () => {
  it('puts an entry with the header before all others, for the canary only [Rollout.spec.strategy.canary.trafficRouting.managedRoutes[].name, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.exact]', () => {
    const before = [aService([docs, primary(split(100, 0))])];

    const writes = istio.plan(rollout, aPlan(10, { managed: [header('beta')] }), holding(...before));

    expect(written(before, writes)).toEqual([aService([headerEntry('beta'), docs, primary(split(90, 10))])]);
  });

  it('makes one match of each header, and of no value one for presence [Rollout.spec.strategy.canary.steps[].setHeaderRoute.match, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.prefix, Rollout.spec.strategy.canary.steps[].setHeaderRoute.match[].headerValue.regex]', () => {
    const route: ManagedRoute = {
      kind: 'header',
      name: 'beta',
      match: [
        { headerName: 'A', headerValue: { prefix: 'x' } },
        { headerName: 'B', headerValue: { regex: '^y' } },
        { headerName: 'C' },
      ],
    };

    const writes = istio.plan(rollout, aPlan(0, { managed: [route] }), holding(aService([primary(split(100, 0))])));

    expect(writes).toMatchObject([
      {
        patch: {
          spec: {
            http: [
              {
                match: [
                  { headers: { a: { prefix: 'x' } } },
                  { headers: { b: { regex: '^y' } } },
                  { headers: { c: {} } },
                ],
              },
              primary(split(100, 0)),
            ],
          },
        },
      },
    ]);
  });

  it('takes over the port of the canary in the weighted route', () => {
    const port = { port: { number: 8080 } };

    const writes = istio.plan(
      rollout,
      aPlan(0, { managed: [header('beta')] }),
      holding(aService([primary(split(100, 0, port))])),
    );

    expect(writes).toMatchObject([{ patch: { spec: { http: [{ route: [to('shop-canary', 100, port)] }, {}] } } }]);
  });
});

describe('mirror routes', () => {
  it('copies the wanted share of matching requests and splits them like the rest [Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].method, Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].path, Rollout.spec.strategy.canary.steps[].setMirrorRoute.match[].headers, Rollout.spec.strategy.canary.steps[].setMirrorRoute.percentage]', () => {
    const before = [aService([primary(split(100, 0))])];

    const writes = istio.plan(rollout, aPlan(20, { managed: [mirror] }), holding(...before));

    expect(written(before, writes)).toEqual([aService([mirrorEntry(80, 20), primary(split(80, 20))])]);
  });

  it('moves the split of a mirror entry with every weight', () => {
    const before = [aService([mirrorEntry(80, 20), primary(split(80, 20))])];

    const writes = istio.plan(rollout, aPlan(50), holding(...before));

    expect(written(before, writes)).toEqual([aService([mirrorEntry(50, 50), primary(split(50, 50))])]);
  });

  it('reads a mirror entry whose split lags behind as not in force', () => {
    const state = istio.read(rollout, holding(aService([mirrorEntry(80, 20), primary(split(100, 0))])));

    expect(state).toMatchObject({ written: aPlan(20), lowest: aPlan(0), confirmed: 'no' });
  });
});

describe('all managed routes together', () => {
  const managed = [header('staff'), mirror, header('beta')];
  const inOrder = [headerEntry('beta'), mirrorEntry(90, 10), headerEntry('staff')];

  it('stands in the order of managedRoutes, whatever the order of steps was [Rollout.spec.strategy.canary.trafficRouting.managedRoutes]', () => {
    const before = [aService([docs, primary(split(100, 0))])];

    const after = written(before, istio.plan(rollout, aPlan(10, { managed }), holding(...before)));

    expect(after).toEqual([aService([...inOrder, docs, primary(split(90, 10))])]);
    expect(istio.plan(rollout, aPlan(10, { managed }), holding(...after))).toEqual([]);
  });

  it('repairs an entry that somebody changed, moved or removed', () => {
    const edited = { ...headerEntry('beta'), route: [to('shop-stable', 100)] };
    const before = [aService([docs, edited, primary(split(90, 10)), headerEntry('staff')])];

    const after = written(before, istio.plan(rollout, aPlan(10, { managed }), holding(...before)));

    expect(after).toEqual([aService([...inOrder, docs, primary(split(90, 10))])]);
  });

  it('goes with the abort, in the same write as the weight', () => {
    const before = [aService([...inOrder, docs, primary(split(90, 10))])];

    const writes = istio.plan(rollout, aPlan(0, { managed: [] }), holding(...before));

    expect(writes).toHaveLength(1);
    expect(written(before, writes)).toEqual([aService([docs, primary(split(100, 0))])]);
  });

  it('stays where it is while a plan says nothing about it', () => {
    const before = [aService([headerEntry('beta'), docs, primary(split(90, 10))])];

    expect(istio.plan(rollout, aPlan(10), holding(...before))).toEqual([]);
  });

  it('needs a weighted http route', () => {
    const tcpOnly = aMeshRollout({ istio: { virtualService: { name: 'shop' } } });
    const service = anObject('networking.istio.io/v1', 'VirtualService', 'shop', {
      spec: { tcp: [{ route: split(100, 0) }] },
    });

    expect(istio.plan(tcpOnly, aPlan(0, { managed: [header('beta')] }), holding(service))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/no weighted http route; header and mirror steps need one/),
    });
  });

  it('claims whole what steps added, and else the two weights only', () => {
    const live = aService([headerEntry('beta'), docs, primary([...split(85, 10), to('shop-a', 5)])]);

    expect(istio.claims(rollout, holding(live))).toEqual([
      {
        object: { group: 'networking.istio.io', kind: 'VirtualService', namespace: 'team', name: 'shop' },
        pointers: [
          '/spec/http/0',
          '/spec/http/2/route/0/weight',
          '/spec/http/2/route/1/weight',
          '/spec/http/2/route/2',
        ],
      },
    ]);
  });
});
