/** What the gateway reports about a route: accepted or why not, references found or which is missing. */

import { describe, expect, test } from 'vitest';
import type { Surroundings } from './attachment.ts';
import type { GatewayObject, HttpRoute, Listener, ReferenceGrant, Service } from './kinds.ts';
import { controllerName, gatewayStatus, routeParents } from './route-status.ts';

const api = 'gateway.networking.k8s.io/v1';
const now = '2026-01-02T03:04:05Z';

function aGateway(listener: Partial<Listener> = {}): GatewayObject {
  const open = { namespaces: { from: 'All' } };
  return {
    apiVersion: api,
    kind: 'Gateway',
    metadata: { name: 'sandbox', namespace: 'default', uid: 'g' },
    spec: {
      gatewayClassName: 'sandbox',
      listeners: [{ name: 'web', protocol: 'HTTP', port: 80, allowedRoutes: open, ...listener }],
    },
  };
}

function aRoute(spec: Partial<HttpRoute['spec']> = {}, more: Partial<HttpRoute> = {}): HttpRoute {
  return {
    apiVersion: api,
    kind: 'HTTPRoute',
    metadata: { name: 'shop', namespace: 'shop', generation: 3 },
    spec: {
      parentRefs: [{ name: 'sandbox', namespace: 'default' }],
      rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
      ...spec,
    },
    ...more,
  };
}

function around(gateway: GatewayObject, grants: readonly ReferenceGrant[] = []): Surroundings {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { ports: [{ port: 80 }] },
  };
  return {
    gateway: (namespace, name) => (namespace === 'default' && name === 'sandbox' ? gateway : undefined),
    namespace: (name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { team: name } } }),
    service: (_, name) => (name === 'web' ? service : undefined),
    grants: () => grants,
  };
}

function conditions(route: HttpRoute, surroundings = around(aGateway())): Readonly<Record<string, string>> {
  const own = routeParents(route, surroundings, now)[0]?.conditions ?? [];
  return Object.fromEntries(own.map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

describe('a route', () => {
  test('that is in order is accepted for its generation', () => {
    const [parent] = routeParents(aRoute(), around(aGateway()), now);

    expect(parent).toMatchObject({ parentRef: { name: 'sandbox', namespace: 'default' }, controllerName });
    expect(parent?.conditions).toEqual(
      ['Accepted', 'ResolvedRefs'].map((type) => ({
        type,
        status: 'True',
        observedGeneration: 3,
        lastTransitionTime: now,
        reason: type,
        message: '',
      })),
    );
  });

  const ref = (backend: object) => ({ rules: [{ backendRefs: [{ name: 'web', port: 80, ...backend }] }] });
  const rows: readonly (readonly [string, Partial<HttpRoute['spec']>, Partial<Listener>, object])[] = [
    ['whose Service is missing', ref({ name: 'gone' }), {}, { ResolvedRefs: 'False BackendNotFound' }],
    ['whose Service has no such port', ref({ port: 81 }), {}, { ResolvedRefs: 'False BackendNotFound' }],
    ['to another kind', ref({ kind: 'Bucket', group: 'x' }), {}, { ResolvedRefs: 'False InvalidKind' }],
    ['to another namespace', ref({ namespace: 'pay' }), {}, { ResolvedRefs: 'False RefNotPermitted' }],
    [
      'whose mirror is missing',
      {
        rules: [{ filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'gone', port: 80 } } }] }],
      },
      {},
      { ResolvedRefs: 'False BackendNotFound' },
    ],
    [
      'to a listener that is not there',
      { parentRefs: [{ name: 'sandbox', namespace: 'default', sectionName: 'tls' }] },
      {},
      { Accepted: 'False NoMatchingParent' },
    ],
    [
      'of a namespace that the listener does not let in',
      {},
      { allowedRoutes: { namespaces: { from: 'Same' } } },
      { Accepted: 'False NotAllowedByListeners' },
    ],
    [
      'of a namespace that the listener selects',
      {},
      { allowedRoutes: { namespaces: { from: 'Selector', selector: { matchLabels: { team: 'shop' } } } } },
      { Accepted: 'True Accepted' },
    ],
    [
      'of a host that the listener does not serve',
      { hostnames: ['a.example'] },
      { hostname: '*.other' },
      { Accepted: 'False NoMatchingListenerHostname' },
    ],
  ];
  test.each(rows)('%s', (_, spec, listener, expected) => {
    expect(conditions(aRoute(spec), around(aGateway(listener)))).toMatchObject(expected);
  });

  test('may go to another namespace that grants it', () => {
    const grant: ReferenceGrant = {
      apiVersion: api,
      kind: 'ReferenceGrant',
      metadata: { name: 'g', namespace: 'pay' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
        to: [{ group: '', kind: 'Service', name: 'web' }],
      },
    };

    const found = conditions(aRoute(ref({ namespace: 'pay' })), around(aGateway(), [grant]));

    expect(found).toMatchObject({ ResolvedRefs: 'True ResolvedRefs' });
  });

  test('of another gateway alone is left alone, and so are the entries of other controllers', () => {
    const parents = [{ parentRef: { name: 'x' }, controllerName: 'other.io/gateway', conditions: [] }];
    const route = aRoute({ parentRefs: [{ name: 'x' }] }, { status: { parents } });

    expect(routeParents(route, around(aGateway()), now)).toEqual(parents);
  });

  test('keeps the time of a condition while its status stays', () => {
    const parents = routeParents(aRoute(), around(aGateway()), '2020-01-01T00:00:00Z');
    const changed = aRoute(ref({ name: 'gone' }), { status: { parents } });

    const [next] = routeParents(changed, around(aGateway()), now);

    expect(next?.conditions?.map((one) => one.lastTransitionTime)).toEqual(['2020-01-01T00:00:00Z', now]);
  });
});

test('a Gateway counts the routes attached to its listener', () => {
  const routes = [aRoute(), aRoute({ parentRefs: [{ name: 'x' }] }), aRoute()];

  const status = gatewayStatus(aGateway(), routes, around(aGateway()), now);

  expect(status.listeners).toMatchObject([{ name: 'web', attachedRoutes: 2 }]);
  expect(status.conditions.map(({ type, status: is }) => `${type}=${is}`)).toEqual([
    'Accepted=True',
    'Programmed=True',
  ]);
});
