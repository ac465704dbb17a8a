/** The reporting gateway under virtual time, on the sandbox's API server without sockets. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ApiResult, JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { type FakeClock, fakeClock } from '../../kube/fake-clock.ts';
import { listOf, numberOf, textOf } from '../../kube/json.ts';
import { apiServer } from '../api-server/api-server.ts';
import type { Commit } from '../api-server/contract.ts';
import { memoryTransport } from '../memory-transport.ts';
import { seededRandom } from '../seeded-random.ts';
import { gatewayCrds } from './crds.ts';
import { gatewayObjects } from './objects.ts';
import { type RouterStatus, startRouterStatus } from './router-status.ts';

const group = 'gateway.networking.k8s.io';
const key = { group, kind: 'HTTPRoute', namespace: 'default', name: 'web' };

let clock: FakeClock;
let client: KubeClient;
let router: RouterStatus;
let written: Commit[];

beforeEach(async () => {
  clock = fakeClock();
  const server = apiServer({ clock, random: seededRandom(1, 'router') });
  const as = (userAgent: string) => memoryTransport(server, { user: 'kubernetes-admin', userAgent });
  const transport = as('test/1');
  for (const crd of gatewayCrds())
    await kubeClient(transport, discovery(transport)).create(crd as unknown as KubeObject);
  client = kubeClient(transport, discovery(transport));
  for (const object of gatewayObjects()) await good(client.create(object));
  written = [];
  server.onCommit((commit) => {
    if (commit.caller.userAgent.startsWith('tidegate-sandbox-gateway')) written.push(commit);
  });
  router = await startRouterStatus({
    transport: as('tidegate-sandbox-gateway/1'),
    clock,
    random: seededRandom(1, 'back-off'),
    reportDelayMs: 250,
  });
  await clock.advance(1_000);
  written.length = 0;
});

afterEach(() => router.stop());

async function good(result: Promise<ApiResult>): Promise<KubeObject & JsonObject> {
  const got = await result;
  if (got.kind !== 'ok') throw new Error(JSON.stringify(got));
  return got.object;
}

function aRoute(weight: number): KubeObject & JsonObject {
  const backendRefs = [{ name: 'web', port: 80, weight }];
  return {
    apiVersion: `${group}/v1`,
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace: 'default' },
    spec: { parentRefs: [{ name: 'sandbox' }], rules: [{ backendRefs }] },
  };
}

function aService(): KubeObject & JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'default' },
    spec: { ports: [{ port: 80 }] },
  };
}

/** "Accepted=True@1 ResolvedRefs=True@1" */
async function reported(): Promise<string> {
  const route = await good(client.get(key));
  const [parent] = listOf(route, 'status', 'parents') as readonly JsonObject[];
  const conditions = listOf(parent, 'conditions') as readonly JsonObject[];
  return conditions
    .map((one) => `${textOf(one, 'type')}=${textOf(one, 'status')}@${numberOf(one, 'observedGeneration')}`)
    .join(' ');
}

test('a change is reported after the delay, and not before', async () => {
  await good(client.create(aService()));
  await good(client.create(aRoute(1)));

  await clock.advance(249);
  expect(await reported()).toBe('');
  await clock.advance(2);
  expect(await reported()).toBe('Accepted=True@1 ResolvedRefs=True@1');

  await good(client.merge(key, { spec: aRoute(5)['spec'] }, {}));
  await clock.advance(249);
  expect(await reported()).toBe('Accepted=True@1 ResolvedRefs=True@1');
  await clock.advance(2);
  expect(await reported()).toBe('Accepted=True@2 ResolvedRefs=True@2');
});

test('a Service that comes and goes changes what is reported', async () => {
  await good(client.create(aRoute(1)));
  await clock.advance(1_000);
  expect(await reported()).toBe('Accepted=True@1 ResolvedRefs=False@1');

  await good(client.create(aService()));
  await clock.advance(1_000);
  expect(await reported()).toBe('Accepted=True@1 ResolvedRefs=True@1');

  await client.delete({ group: '', kind: 'Service', namespace: 'default', name: 'web' });
  await clock.advance(1_000);
  expect(await reported()).toBe('Accepted=True@1 ResolvedRefs=False@1');
});

test('what is reported already is not written again', async () => {
  await good(client.create(aService()));
  await good(client.create(aRoute(1)));
  await clock.advance(1_000);
  expect(written.map((one) => one.kind).toSorted()).toEqual(['Gateway', 'HTTPRoute']);

  await good(client.merge(key, { metadata: { labels: { a: 'b' } } }, {}));
  await clock.advance(10_000);

  expect(written).toHaveLength(2);
  const gateway = await good(client.get({ ...key, kind: 'Gateway', name: 'sandbox' }));
  expect(listOf(gateway, 'status', 'listeners')).toMatchObject([{ name: 'web', attachedRoutes: 1 }]);
});
