import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { istio } from './istio.ts';
import { aMeshRollout, anObject, aPlan, holding, written } from './testing/mesh.ts';

const version = 'networking.istio.io/v1';

const to = (host: string, weight?: number, rest: JsonObject = {}): JsonObject => ({
  destination: { host, ...rest },
  ...(weight === undefined ? {} : { weight }),
});
const split = (stable: number, canary: number): JsonObject[] => [to('shop-stable', stable), to('shop-canary', canary)];

function aService(spec: JsonObject, status?: JsonObject, name = 'shop'): KubeObject & JsonObject {
  return anObject(version, 'VirtualService', name, { spec, ...(status === undefined ? {} : { status }) });
}

const byHost = aMeshRollout({ istio: { virtualService: { name: 'shop', routes: ['primary'] } } });
const primary = (route: JsonObject[] = split(100, 0)): JsonObject => ({ name: 'primary', route });
const docs: JsonObject = { name: 'docs', match: [{ uri: { prefix: '/docs' } }], route: [to('docs')], timeout: '3s' };

describe('reading the weights of a VirtualService', () => {
  it('reads the named route; Istio reports nothing, so they are neither confirmed nor refused', () => {
    const state = istio.read(byHost, holding(aService({ http: [docs, primary(split(80, 20))] })));

    expect(state).toEqual({ written: aPlan(20), confirmed: 'unknown' });
  });

  it.each([
    ['an older generation', { observedGeneration: '2' }, 'no', /has not taken generation 3/],
    [
      'an error of its analysis',
      { validationMessages: [{ level: 'ERROR', type: { code: 'IST0101', name: 'ReferencedResourceNotFound' } }] },
      'no',
      /error in VirtualService\/shop \(IST0101 ReferencedResourceNotFound\)/,
    ],
    ['a warning only', { validationMessages: [{ level: 'WARNING' }] }, 'unknown', undefined],
    ['all proxies', { observedGeneration: 3, conditions: [{ type: 'Reconciled', status: 'True' }] }, 'yes', undefined],
    [
      'some proxies',
      { observedGeneration: 3, conditions: [{ type: 'Reconciled', status: 'False', message: '1/2 proxies' }] },
      'no',
      /not brought VirtualService\/shop to all proxies yet \(1\/2 proxies\)/,
    ],
  ])('where Istio reports, it counts: %s', (_name, status, confirmed, why) => {
    const state = istio.read(byHost, holding(aService({ http: [primary()] }, status as JsonObject)));

    expect(state.confirmed).toBe(confirmed);
    if (why) expect(state.why).toMatch(why as RegExp);
    else expect(state.why).toBeUndefined();
  });

  it('takes the highest canary share and the least one where routes differ', () => {
    const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop', routes: ['a', 'b'] } } });
    const http = [
      { name: 'a', route: split(100, 0) },
      { name: 'b', route: split(70, 30) },
    ];

    const state = istio.read(rollout, holding(aService({ http })));

    expect(state).toMatchObject({ written: aPlan(30), lowest: aPlan(0), confirmed: 'no' });
  });

  it('shows no weights when the VirtualService is gone', () => {
    expect(istio.read(byHost, holding())).toMatchObject({ written: undefined, confirmed: 'no' });
  });
});

describe('planning weights by host', () => {
  it('writes the two weights and keeps foreign routes and fields as they are [router:istio, Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.name, Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.routes]', () => {
    const own = { ...primary(), retries: { attempts: 2 } };
    const before = [aService({ hosts: ['shop'], http: [docs, own] })];

    const writes = istio.plan(byHost, aPlan(20), holding(...before));

    expect(writes).toMatchObject([
      { kind: 'patch', patch: { spec: { http: [docs, { ...own, route: split(80, 20) }] } } },
    ]);
    const after = written(before, writes);
    expect(istio.plan(byHost, aPlan(20), holding(...after))).toEqual([]);
    expect(istio.read(byHost, holding(...after)).written).toEqual(aPlan(20));
  });

  it('repairs a weight that somebody else set', () => {
    const writes = istio.plan(byHost, aPlan(20), holding(aService({ http: [primary(split(50, 50))] })));

    expect(writes).toMatchObject([{ patch: { spec: { http: [primary(split(80, 20))] } } }]);
  });

  it.each([
    ['short names', 'shop-stable', 'shop-canary'],
    ['names with the namespace', 'shop-stable.team', 'shop-canary.team'],
    ['whole names', 'shop-stable.team.svc.cluster.local', 'shop-canary.team.svc.cluster.local'],
  ])('finds the Services by %s', (_name, stable, canary) => {
    const http = [primary([to(stable, 100), to(canary, 0)])];

    const writes = istio.plan(byHost, aPlan(10), holding(aService({ http })));

    expect(writes).toMatchObject([{ patch: { spec: { http: [primary([to(stable, 90), to(canary, 10)])] } } }]);
  });

  it('takes a Service of the same name in another namespace for another one', () => {
    const http = [primary([to('shop-stable', 100), to('shop-canary.other', 0)])];

    expect(istio.plan(byHost, aPlan(10), holding(aService({ http })))).toMatchObject({
      kind: 'refused',
      message: expect.stringMatching(/no destination with host "shop-canary" for the canary/),
    });
  });

  it('needs no route name where there is one route, and leaves managed ones out of the count', () => {
    const rollout = aMeshRollout({ managedRoutes: [{ name: 'beta' }], istio: { virtualService: { name: 'shop' } } });
    const beta = { name: 'beta', match: [], route: [to('shop-canary', 100)] };

    const writes = istio.plan(rollout, aPlan(10), holding(aService({ http: [beta, { route: split(100, 0) }] })));

    expect(writes).toMatchObject([{ patch: { spec: { http: [beta, { route: split(90, 10) }] } } }]);
  });

  it('weights every VirtualService of the list [Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].name, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].routes, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices]', () => {
    const rollout = aMeshRollout({
      istio: { virtualServices: [{ name: 'inner' }, { name: 'outer.team', routes: ['primary'] }] },
    });
    const inner = aService({ http: [{ route: split(100, 0) }] }, undefined, 'inner');
    const outer = aService({ http: [docs, primary()] }, undefined, 'outer');

    const writes = istio.plan(rollout, aPlan(10), holding(inner, outer));

    expect(writes).toMatchObject([
      { object: { metadata: { name: 'inner' } }, patch: { spec: { http: [{ route: split(90, 10) }] } } },
      { object: { metadata: { name: 'outer' } }, patch: { spec: { http: [docs, primary(split(90, 10))] } } },
    ]);
  });

  it('on the way down raises no route that is lower already', () => {
    const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop', routes: ['a', 'b'] } } });
    const http = [
      { name: 'a', route: split(100, 0) },
      { name: 'b', route: split(70, 30) },
    ];

    const writes = istio.plan(rollout, aPlan(10), holding(aService({ http })), 'lower');

    expect(writes).toMatchObject([{ patch: { spec: { http: [http[0], { name: 'b', route: split(90, 10) }] } } }]);
  });

  it('adds the Services of an experiment, takes their weight from stable and removes them afterwards', () => {
    const extras = [{ service: 'shop-a', weight: 5 }];
    const before = [aService({ http: [primary(split(90, 10))] })];

    const during = written(before, istio.plan(byHost, aPlan(10, { extras }), holding(...before)));
    const after = written(during, istio.plan(byHost, aPlan(10), holding(...during)));

    expect(during).toMatchObject([{ spec: { http: [primary([...split(85, 10), to('shop-a', 5)])] } }]);
    expect(istio.read(byHost, holding(...during)).written).toEqual(aPlan(10, { extras }));
    expect(after).toEqual(before);
  });
});

describe('TLS and TCP routes', () => {
  const tls = (port: number, sniHosts: string[], route: JsonObject[] = split(100, 0)): JsonObject => ({
    match: [{ port, sniHosts }],
    route,
  });
  const tcp = (port: number, route: JsonObject[] = split(100, 0)): JsonObject => ({ match: [{ port }], route });

  it('weights the TLS routes of a port and its SNI hosts [Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.tlsRoutes, Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.tlsRoutes[].port, Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.tlsRoutes[].sniHosts]', () => {
    const tlsRoutes = [{ port: 443, sniHosts: ['b.example', 'a.example'] }];
    const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop', tlsRoutes } } });
    const all = [tls(443, ['a.example', 'b.example']), tls(443, ['a.example']), tls(8443, ['a.example', 'b.example'])];

    const writes = istio.plan(rollout, aPlan(25), holding(aService({ tls: all })));

    const moved = tls(443, ['a.example', 'b.example'], split(75, 25));
    expect(writes).toMatchObject([{ patch: { spec: { tls: [moved, all[1], all[2]] } } }]);
  });

  it('weights the TCP routes of a port [Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.tcpRoutes, Rollout.spec.strategy.canary.trafficRouting.istio.virtualService.tcpRoutes[].port]', () => {
    const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop', tcpRoutes: [{ port: 3306 }] } } });

    const writes = istio.plan(rollout, aPlan(25), holding(aService({ tcp: [tcp(5432), tcp(3306)] })));

    expect(writes).toMatchObject([{ patch: { spec: { tcp: [tcp(5432), tcp(3306, split(75, 25))] } } }]);
  });

  it('does the same for each VirtualService of a list [Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].tlsRoutes, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].tlsRoutes[].port, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].tlsRoutes[].sniHosts, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].tcpRoutes, Rollout.spec.strategy.canary.trafficRouting.istio.virtualServices[].tcpRoutes[].port]', () => {
    const rollout = aMeshRollout({
      istio: {
        virtualServices: [
          { name: 'one', tlsRoutes: [{ port: 443, sniHosts: ['a.example'] }] },
          { name: 'two', tcpRoutes: [{ port: 3306 }] },
        ],
      },
    });
    const one = aService({ tls: [tls(443, ['a.example']), tls(8443, ['a.example'])] }, undefined, 'one');
    const two = aService({ tcp: [tcp(3306), tcp(5432)] }, undefined, 'two');

    const writes = istio.plan(rollout, aPlan(25), holding(one, two));

    expect(writes).toMatchObject([
      { patch: { spec: { tls: [tls(443, ['a.example'], split(75, 25)), tls(8443, ['a.example'])] } } },
      { patch: { spec: { tcp: [tcp(3306, split(75, 25)), tcp(5432)] } } },
    ]);
  });

  it('weights one route of each protocol when none is selected', () => {
    const rollout = aMeshRollout({ istio: { virtualService: { name: 'shop' } } });

    const writes = istio.plan(
      rollout,
      aPlan(25),
      holding(aService({ http: [{ route: split(100, 0) }], tcp: [tcp(3306)] })),
    );

    expect(writes).toMatchObject([
      { patch: { spec: { http: [{ route: split(75, 25) }], tcp: [tcp(3306, split(75, 25))] } } },
    ]);
  });
});

describe('refusing', () => {
  const named = (virtualService: JsonObject) => aMeshRollout({ istio: { virtualService: virtualService as never } });

  it.each([
    [
      'the VirtualService does not exist',
      named({ name: 'gone' }),
      {},
      /VirtualService\/gone does not exist in namespace team/,
    ],
    ['it is of another namespace', named({ name: 'shop.other' }), {}, /in namespace other; allowed is only .* team/],
    ['a named route does not exist', named({ name: 'shop', routes: ['x'] }), {}, /has no http route "x"/],
    [
      'a TLS route does not exist',
      named({ name: 'shop', tlsRoutes: [{ port: 1, sniHosts: ['a'] }] }),
      {},
      /has no tls route with port 1 and sniHosts a/,
    ],
    ['a TCP route does not exist', named({ name: 'shop', tcpRoutes: [{ port: 1 }] }), {}, /no tcp route with port 1/],
    [
      'several routes and none is named',
      named({ name: 'shop' }),
      { http: [docs, primary()] },
      /has 2 http routes; allowed is exactly one where routes is unset/,
    ],
    ['there is no route at all', named({ name: 'shop' }), { http: [] }, /has no http, tls or tcp route/],
    [
      'a side is missing',
      named({ name: 'shop' }),
      { http: [{ route: [to('shop-canary', 100)] }] },
      /no destination with host "shop-stable" for the stable revision/,
    ],
  ])('says one sentence when %s', (_name, rollout, spec, message) => {
    const refusal = istio.plan(rollout, aPlan(20), holding(aService({ http: [primary()], ...spec })));

    expect(refusal).toMatchObject({ kind: 'refused', message: expect.stringMatching(message) });
    expect(istio.read(rollout, holding(aService({ http: [primary()], ...spec })))).toMatchObject({
      written: undefined,
    });
  });

  it('asks for nothing of another namespace', () => {
    expect(istio.needs(named({ name: 'shop.other' }))).toEqual([]);
  });
});
