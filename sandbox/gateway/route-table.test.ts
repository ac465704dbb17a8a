/** Which rule a request meets when several fit: one row per rule of precedence. */

import { expect, test } from 'vitest';
import type { Surroundings } from './attachment.ts';
import type { GatewayObject, HttpRoute, Match } from './kinds.ts';
import { routeTable } from './route-table.ts';
import type { SeenRequest } from './request-match.ts';

const gateway: GatewayObject = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'sandbox', namespace: 'default' },
  spec: { gatewayClassName: 'sandbox', listeners: [{ name: 'web', protocol: 'HTTP', port: 80 }] },
};
const around: Surroundings = {
  gateway: () => gateway,
  namespace: () => undefined,
  service: () => undefined,
  grants: () => [],
};

function aRoute(name: string, matches: readonly Match[], more: { host?: string; made?: string } = {}): HttpRoute {
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name, namespace: 'default', creationTimestamp: more.made ?? '2026-01-01T00:00:00Z' },
    spec: {
      parentRefs: [{ name: 'sandbox' }],
      ...(more.host === undefined ? {} : { hostnames: [more.host] }),
      rules: [{ matches }],
    },
  };
}

function aRequest(more: Partial<SeenRequest> = {}): SeenRequest {
  return {
    method: 'GET',
    host: 'a.shop.test',
    path: '/a/b',
    query: new URLSearchParams('v=2'),
    headers: { 'x-user': 'jane' },
    ...more,
  };
}

const prefix = (value: string): Match => ({ path: { type: 'PathPrefix', value } });
const header = { name: 'X-User', value: 'jane' };

const rows: readonly (readonly [string, HttpRoute, HttpRoute])[] = [
  ['the exact host name', aRoute('win', [prefix('/')], { host: 'a.shop.test' }), aRoute('b', [prefix('/a/b')])],
  [
    'the longer wildcard',
    aRoute('win', [prefix('/')], { host: '*.shop.test' }),
    aRoute('b', [prefix('/')], { host: '*.test' }),
  ],
  [
    'the exact path',
    aRoute('win', [{ path: { type: 'Exact', value: '/a/b' } }]),
    aRoute('b', [{ ...prefix('/a/b'), headers: [header], method: 'GET' }]),
  ],
  ['the longest prefix', aRoute('win', [prefix('/a')]), aRoute('b', [{ headers: [header], method: 'GET' }])],
  ['a method', aRoute('win', [{ method: 'GET' }]), aRoute('b', [{ headers: [header] }])],
  ['more headers', aRoute('win', [{ headers: [header] }]), aRoute('b', [{ queryParams: [{ name: 'v', value: '2' }] }])],
  ['a query parameter', aRoute('win', [{ queryParams: [{ name: 'v', value: '2' }] }]), aRoute('b', [{}])],
  ['the older route', aRoute('win', [{}], { made: '2020-01-01T00:00:00Z' }), aRoute('a', [{}])],
  ['the name that comes first', aRoute('win', [{}]), aRoute('xyz', [{}])],
  [
    'a prefix before an expression',
    aRoute('win', [prefix('/')]),
    aRoute('b', [{ path: { type: 'RegularExpression', value: '/a/.*' } }]),
  ],
];

test.each(rows)('%s goes first', (_, first, second) => {
  const names = [
    [first, second],
    [second, first],
  ].map((routes) => routeTable(routes, around).find(aRequest())?.route.metadata.name);

  expect(names).toEqual(['win', 'win']);
});

const misses: readonly (readonly [string, Match])[] = [
  ['another method', { method: 'POST' }],
  ['another value of a header', { headers: [{ name: 'x-user', value: 'joe' }] }],
  ['a header that is missing', { headers: [{ name: 'x-none', value: '.*', type: 'RegularExpression' }] }],
  ['half a path element', prefix('/a/bee')],
  ['a part of a value only', { headers: [{ name: 'x-user', value: 'jan', type: 'RegularExpression' }] }],
  ['an expression nobody can read', { headers: [{ name: 'x-user', value: '(', type: 'RegularExpression' }] }],
];

test.each(misses)('%s does not fit', (_, match) => {
  expect(routeTable([aRoute('web', [match])], around).find(aRequest())).toBeUndefined();
});

test('a wildcard does not cover the bare name', () => {
  const table = routeTable([aRoute('web', [{}], { host: '*.test' })], around);

  expect(table.find(aRequest({ host: 'test' }))).toBeUndefined();
  expect(table.find(aRequest({ host: 'x.test' }))?.hostname).toBe('*.test');
});
