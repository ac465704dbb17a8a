/** The simulated gateway with real requests, on a real API server and on the sandbox's own: the same rules on both. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Transport } from '../../kube/api.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { transport } from '../../kube/transport.ts';
import { systemClock } from '../../kube/clock.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { type GatewayWorld, gatewayTestWorld } from './sandbox-gateway-world.ts';

interface Way {
  readonly transport: Transport;
  stop(): Promise<void>;
}

async function realServer(): Promise<Way> {
  const cluster = await startCluster({ controllerManager: false });
  const connection = await loadKubeConfig({ path: cluster.kubeconfigPath });
  const api = transport({ connection, userAgent: 'tidegate-sandbox-gateway/test' });
  return {
    transport: api,
    async stop() {
      api.close();
      await cluster.stop();
    },
  };
}

async function sandboxServer(): Promise<Way> {
  const server = apiServer({ clock: systemClock, random: seededRandom(1, 'gateway') });
  const caller = { user: 'kubernetes-admin', userAgent: 'tidegate-sandbox-gateway/test' };
  const api = memoryTransport(server, caller, { freeze: true });
  return { transport: api, stop: async () => api.close() };
}

const missing = clusterMissing();
const servers: readonly (readonly [string, string | undefined, () => Promise<Way>])[] = [
  ['a real API server', missing, realServer],
  ['the API server of the sandbox', undefined, sandboxServer],
];

const stable = { name: 'web-stable', port: 80 };
const canary = { name: 'web-canary', port: 80 };
const weights = (first: number, second: number) => ({
  rules: [
    {
      backendRefs: [
        { ...stable, weight: first },
        { ...canary, weight: second },
      ],
    },
  ],
});

describe.each(servers)('the gateway on %s', (_, why, start) => {
  describe.skipIf(why !== undefined)(`obeys${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
    let way: Way;
    let world: GatewayWorld;

    beforeAll(async () => {
      way = await start();
      world = await gatewayTestWorld(way.transport);
    });

    afterAll(async () => {
      await world?.stop();
      await way?.stop();
    });

    it('has every destination with 0 before the first request', async () => {
      await world.route('web', weights(100, 0));

      for (const [version, code] of [
        ['stable', 200],
        ['canary', 500],
      ])
        expect(world.gateway.metricsText()).toContain(
          `gateway_requests_total{namespace="default",route="web",service="web-${version}",rollouts_pod_template_hash="hash-${version}",code="${code}"} 0`,
        );
    });

    it('splits by weight: 20 of 100, exactly, and a change holds for the next request', async () => {
      await world.route('web', weights(80, 20));
      expect(await world.share(2_000)).toEqual({ stable: 1_600, canary: 400 });

      await world.route('web', weights(0, 100));
      expect(await world.share(50)).toEqual({ canary: 50 });

      await world.route('web', weights(100, 0));
      expect(await world.share(50)).toEqual({ stable: 50 });
    });

    it('counts per route, Service, version and code, for programs and for Prometheus', async () => {
      const rows = world.gateway.counts().filter((one) => one.service === 'web-canary' && one.code === 200);

      expect(rows).toEqual([
        { namespace: 'default', route: 'web', service: 'web-canary', podHash: 'hash-canary', code: 200, count: 450 },
      ]);
      const page = await (await fetch(world.gateway.metricsUrl)).text();
      expect(page).toContain(
        'gateway_requests_total{namespace="default",route="web",service="web-canary",rollouts_pod_template_hash="hash-canary",code="200"} 450',
      );
      expect((await world.ask('/metrics', { host: 'other.test' })).status).toBe(404);
    });

    it('sends whoever has the header to the canary, before the longer list of weights', async () => {
      await world.route('web', {
        rules: [
          ...weights(100, 0).rules,
          { matches: [{ headers: [{ name: 'X-Canary', value: 'yes' }] }], backendRefs: [canary] },
        ],
      });

      expect(await world.share(10, { 'x-canary': 'yes' })).toEqual({ canary: 10 });
      expect(await world.share(10, { 'x-canary': 'no' })).toEqual({ stable: 10 });
    });

    it('prefers the exact path, then the longest prefix, by whole elements', async () => {
      await world.route('web', {
        rules: [
          { matches: [{ path: { type: 'PathPrefix', value: '/' } }], backendRefs: [stable] },
          { matches: [{ path: { type: 'PathPrefix', value: '/new' } }], backendRefs: [canary] },
          { matches: [{ path: { type: 'Exact', value: '/new/old' } }], backendRefs: [stable] },
        ],
      });

      const answers = await Promise.all(
        ['/', '/new', '/new/x?a=1', '/newer', '/new/old'].map((path) => world.ask(path)),
      );

      expect(answers.map(({ text }) => text)).toEqual(['stable', 'canary', 'canary', 'stable', 'stable']);
    });

    it('mirrors a share of the requests, whose answers nobody sees', async () => {
      await world.route('web', {
        rules: [
          {
            filters: [{ type: 'RequestMirror', requestMirror: { backendRef: canary, percent: 25 } }],
            backendRefs: [stable],
          },
        ],
      });
      world.asked.length = 0;

      for (let at = 0; at < 40; at += 1) await world.ask('/a?b=c', { method: 'POST', body: 'hello' });

      const copies = () => world.asked.filter((one) => one.version === 'canary');
      await eventually('10 copies have come', () => copies().length === 10);
      expect(copies()[0]).toMatchObject({ method: 'POST', url: '/a?b=c', body: 'hello' });
      expect(world.asked.filter((one) => one.version === 'stable')).toHaveLength(40);
    });

    it('changes headers and paths, and redirects', async () => {
      await world.route('web', {
        rules: [
          {
            matches: [{ path: { value: '/old' } }],
            filters: [
              { type: 'RequestRedirect', requestRedirect: { hostname: 'new.test', port: 80, statusCode: 301 } },
            ],
          },
          {
            matches: [{ path: { value: '/api' } }],
            filters: [
              {
                type: 'RequestHeaderModifier',
                requestHeaderModifier: { set: [{ name: 'x-a', value: '1' }], remove: ['x-b'] },
              },
              { type: 'ResponseHeaderModifier', responseHeaderModifier: { remove: ['x-version'] } },
              { type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v2' } } },
            ],
            backendRefs: [stable],
          },
        ],
      });
      world.asked.length = 0;

      const moved = await world.ask('/old/page?q=1');
      const answer = await world.ask('/api/users?q=1', { headers: { 'x-b': 'gone' } });

      expect([moved.status, moved.headers.location]).toEqual([301, 'http://new.test/old/page?q=1']);
      expect(answer.headers['x-version']).toBeUndefined();
      expect(world.asked[0]).toMatchObject({ url: '/v2/users?q=1', headers: { 'x-a': '1', host: 'shop.test' } });
      expect(world.asked[0]?.headers['x-b']).toBeUndefined();
    });

    it('waits for a backend as long as the rule allows', async () => {
      const [first] = weights(100, 0).rules;
      await world.route('web', { rules: [{ ...first, timeouts: { request: '1s', backendRequest: '100ms' } }] });

      expect((await world.ask('/slow')).status).toBe(504);
      expect((await world.ask('/')).status).toBe(200);
    });

    it('answers 404, 500 and 503 as the specification has it', async () => {
      await world.route('web', weights(0, 0));
      expect((await world.ask()).status).toBe(500);
      expect((await world.ask('/', { host: 'unknown.test' })).status).toBe(404);

      await world.route('web', { rules: [{ backendRefs: [{ name: 'gone', port: 80 }] }] });
      expect((await world.ask()).status).toBe(500);

      await world.route('web', weights(100, 0));
      await world.ready('web-stable', false);
      await eventually('the pod is out', async () => (await world.ask()).status === 503);
      await world.ready('web-stable', true);
      await eventually('the pod is back', async () => (await world.ask()).status === 200);
    });
  });
});
