/**
 * The sandbox's own Gateway API definitions against the real ones, on two real API servers and on the sandbox's: what the
 * product and its users write must come back the same, whatever fills defaults in and records field owners.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../kube/clock.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { serveHttps } from '../../sandbox/api-server/https.ts';
import { gatewayCrds } from '../../sandbox/gateway/crds.ts';
import { gatewayObjects } from '../../sandbox/gateway/objects.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { type ApiAnswer, type BedApi, bedApi, type BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { shopFiles } from '../e2e/shop-app.ts';

const missing = clusterMissing() ?? gatewayApiMissing();
const routes = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes';
const paths: Readonly<Record<string, string>> = {
  HTTPRoute: routes,
  Gateway: '/apis/gateway.networking.k8s.io/v1/namespaces/default/gateways',
  GatewayClass: '/apis/gateway.networking.k8s.io/v1/gatewayclasses',
  ReferenceGrant: '/apis/gateway.networking.k8s.io/v1beta1/namespaces/default/referencegrants',
};

function aRoute(name: string, spec: object): BedObject {
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name }, spec };
}

function parsed(yaml: string): BedObject {
  return load(yaml) as BedObject;
}

const shopRoute = parsed(
  shopFiles({ name: 'shop', version: 'v1', errorPct: 0, greeting: 'hi', prometheusUrl: '' })['apps/shop/route.yaml'] ??
    '',
);
const exampleRoute = parsed(readFileSync(join(import.meta.dirname, '../../examples/canary/route.yaml'), 'utf8'));

const backend = { name: 'web', port: 80 };
const accepted: readonly (readonly [string, BedObject])[] = [
  ['the route of the end-to-end tests', shopRoute],
  // Names of rules came to the standard channel after v1.3, which would drop this one.
  ['the example', { ...exampleRoute, spec: withoutRuleNames(exampleRoute.spec) }],
  ['a route without rules', aRoute('empty', { parentRefs: [{ name: 'sandbox' }] })],
  [
    'matches, filters and weights',
    aRoute('full', {
      parentRefs: [
        { name: 'sandbox', sectionName: 'web' },
        { name: 'web', group: '', kind: 'Service', port: 80 },
      ],
      hostnames: ['*.example.com'],
      rules: [
        {
          matches: [
            { headers: [{ name: 'x-canary', value: 'yes' }], method: 'GET' },
            { path: { value: '/a' }, queryParams: [{ name: 'v', value: '2', type: 'RegularExpression' }] },
          ],
          filters: [
            { type: 'RequestMirror', requestMirror: { backendRef: backend, fraction: { numerator: 5 } } },
            {
              type: 'RequestHeaderModifier',
              requestHeaderModifier: { set: [{ name: 'a', value: 'b' }], remove: ['c'] },
            },
            { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/b' } } },
          ],
          backendRefs: [backend, { ...backend, name: 'canary', weight: 0 }],
          timeouts: { request: '10s' },
        },
        { filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }] },
      ],
    }),
  ],
  ...gatewayObjects().map(
    (one) => [`the sandbox's ${one.kind}`, structuredClone(one) as unknown as BedObject] as const,
  ),
  [
    'a ReferenceGrant',
    {
      apiVersion: 'gateway.networking.k8s.io/v1beta1',
      kind: 'ReferenceGrant',
      metadata: { name: 'grant' },
      spec: {
        from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }],
        to: [{ group: '', kind: 'Service' }],
      },
    },
  ],
];

const refused: readonly (readonly [string, object])[] = [
  ['a weight below 0', { rules: [{ backendRefs: [{ ...backend, weight: -1 }] }] }],
  ['a weight above a million', { rules: [{ backendRefs: [{ ...backend, weight: 1_000_001 }] }] }],
  ['a Service without port', { rules: [{ backendRefs: [{ name: 'web' }] }] }],
  ['a backend without name', { rules: [{ backendRefs: [{ port: 80 }] }] }],
  ['an unknown type of path', { rules: [{ matches: [{ path: { type: 'Glob', value: '/' } }] }] }],
  ['a relative path', { rules: [{ matches: [{ path: { value: 'a' } }] }] }],
  ['a filter without its field', { rules: [{ filters: [{ type: 'RequestMirror' }] }] }],
  [
    'a filter with the field of another',
    { rules: [{ filters: [{ type: 'URLRewrite', urlRewrite: {}, requestRedirect: {} }] }] },
  ],
  [
    'a mirror with percent and fraction',
    {
      rules: [
        {
          filters: [
            { type: 'RequestMirror', requestMirror: { backendRef: backend, percent: 1, fraction: { numerator: 1 } } },
          ],
        },
      ],
    },
  ],
  ['a host name with a port', { hostnames: ['a.example:80'] }],
  ['17 rules', { rules: Array.from({ length: 17 }, () => ({ backendRefs: [backend] })) }],
];

let ours: Cluster;
let theirs: Cluster;
let sandbox: Side & { close(): Promise<void> };

interface Side {
  readonly api: BedApi;
}

describe.skipIf(missing !== undefined)(
  `the sandbox's Gateway API${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    beforeAll(async () => {
      const options = { controllerManager: false };
      [ours, theirs] = await Promise.all([startCluster(options), startCluster(options)]);
      await Promise.all([applyGatewayApi(theirs), installOurs(ours), sandboxSide().then((side) => (sandbox = side))]);
    });

    afterAll(async () => {
      await Promise.all([ours?.stop(), theirs?.stop(), sandbox?.close()]);
    });

    it.each(accepted)('gives back %s as the real one does, created and applied', async (_, object) => {
      const answers = await Promise.all([written(ours, object), written(theirs, object)]);

      expect(answers[0]).toEqual(answers[1]);
      expect(answers[0].map(({ status }) => status)).toEqual([201, 201, 200]);
    });

    it('drops an unknown field', async () => {
      const object = aRoute('pruned', { rules: [{ backendRefs: [{ ...backend, colour: 'red' }] }] });

      const answers = await Promise.all([ours, theirs].map((cluster) => cluster.api.request('POST', routes, object)));

      expect(answers.map(seen)[0]).toEqual(answers.map(seen)[1]);
      expect(answers[0]?.status).toBe(201);
    });

    it('takes the controller’s merge patch of all rules and keeps its owners apart', async () => {
      const rules = [
        {
          backendRefs: [
            { ...backend, weight: 80 },
            { ...backend, name: 'canary', weight: 20 },
          ],
        },
      ];
      const patch = { spec: { rules } };

      const answers = await Promise.all(
        [ours, theirs].map(async (cluster) => {
          await cluster.api.request('POST', `${routes}?fieldManager=git`, aRoute('patched', { rules }));
          const path = `${routes}/patched?fieldManager=tidegate`;
          return seen(await cluster.api.request('PATCH', path, patch, 'application/merge-patch+json'));
        }),
      );

      expect(answers[0]).toEqual(answers[1]);
    });

    it.each(refused)('refuses %s, as the real one does', async (_, spec) => {
      const answers = await Promise.all(
        [ours, theirs, sandbox].map((cluster) =>
          cluster.api.request('POST', `${routes}?dryRun=All`, aRoute('bad', spec)),
        ),
      );

      expect(answers.map(({ status }) => status)).toEqual([422, 422, 422]);
    });
  },
);

function withoutRuleNames(spec: unknown): object {
  const { rules, ...rest } = z.looseObject({ rules: z.array(z.looseObject({})) }).parse(spec);
  return { ...rest, rules: rules.map(({ name: _name, ...rule }) => rule) };
}

async function installOurs(cluster: Cluster): Promise<void> {
  const crds = gatewayCrds() as unknown as BedObject[];
  await cluster.api.apply(...crds);
  const names = crds.map((crd) => `crd/${crd.metadata.name}`);
  await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...names]);
}

async function sandboxSide(): Promise<Side & { close(): Promise<void> }> {
  const token = 'admin';
  const server = apiServer({ clock: systemClock, random: seededRandom(1, 'definitions'), adminToken: token });
  const https = await serveHttps(server);
  const api = bedApi({ server: https.url, caData: https.caData, token });
  await api.apply(...(gatewayCrds() as unknown as BedObject[]));
  return { api, close: () => https.close() };
}

/** Created by one manager, then the same applied as new and over it by another. */
async function written(cluster: Side, object: BedObject): Promise<ApiAnswer[]> {
  const path = paths[object.kind] ?? '';
  const { name } = object.metadata;
  const applied = { ...object, metadata: { ...object.metadata, name: `${name}-applied` } };
  const apply = (body: BedObject): Promise<ApiAnswer> =>
    cluster.api.request(
      'PATCH',
      `${path}/${body.metadata.name}?fieldManager=apply&force=true`,
      body,
      'application/apply-patch+yaml',
    );
  return [
    seen(await cluster.api.request('POST', `${path}?fieldManager=create`, object)),
    seen(await apply(applied)),
    seen(await apply(object)),
  ];
}

/** Without what differs between any two servers. */
function seen(answer: ApiAnswer): ApiAnswer {
  const text = JSON.stringify(answer.body, (key, value: unknown) =>
    ['uid', 'resourceVersion', 'creationTimestamp', 'time', 'lastTransitionTime'].includes(key) ? 'masked' : value,
  );
  return { status: answer.status, body: JSON.parse(text) };
}
