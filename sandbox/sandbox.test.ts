/** The whole sandbox as its users meet it: ready at once, closed to strangers, pods that serve, and nothing left behind. */

import { existsSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { dirname } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { KubeClient, KubeObject } from '../kube/api.ts';
import { kubeClient } from '../kube/client.ts';
import { loadKubeConfig } from '../kube/config.ts';
import { discovery } from '../kube/discovery.ts';
import { numberOf } from '../kube/json.ts';
import { type ApiTransport, transport } from '../kube/transport.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts';

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Running {
  readonly sandbox: Sandbox;
  readonly api: ApiTransport;
  readonly client: KubeClient;
}

async function running(options: SandboxOptions = {}): Promise<Running> {
  const sandbox = await startSandbox({ startDelayMs: 10, drainMs: 10, scrapeIntervalMs: 100, ...options });
  stops.push(() => sandbox.stop());
  const api = transport({ connection: await loadKubeConfig({ path: sandbox.kubeconfigPath }), userAgent: 'test/1' });
  stops.push(async () => api.close());
  return { sandbox, api, client: kubeClient(api, discovery(api)) };
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + 15_000;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within 15 s`);
}

async function create(client: KubeClient, ...objects: readonly object[]): Promise<void> {
  for (const object of objects) {
    const made = await client.create(object as KubeObject);
    if (made.kind !== 'ok') throw new Error(JSON.stringify(made));
  }
}

const namespace = 'default';
const labels = { app: 'web' };
const web = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { 'prometheus.io/scrape': 'true' } },
        spec: { containers: [{ name: 'app', image: 'tidegate.dev/app:v1', ports: [{ containerPort: 8080 }] }] },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace },
    spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
  },
  {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace },
    spec: {
      parentRefs: [{ name: 'sandbox', namespace: 'default' }],
      rules: [{ backendRefs: [{ name: 'web', port: 80 }] }],
    },
  },
];

const untilReady = (client: KubeClient) =>
  until('2 pods are ready', async () => {
    const found = await client.get({ group: 'apps', kind: 'Deployment', namespace, name: 'web' });
    return found.kind === 'ok' && numberOf(found.object, 'status', 'readyReplicas') === 2 ? true : undefined;
  });

describe('sandbox', () => {
  it('serves an app through its gateway, measures it and has its logs', async () => {
    const { sandbox, api, client } = await running();
    await create(client, ...web);
    await untilReady(client);
    const answer = await until('the gateway answers', async () => {
      const response = await fetch(sandbox.gatewayUrl);
      return response.status === 200 ? ((await response.json()) as { pod: string; version: string }) : undefined;
    });

    expect(answer.version).toBe('v1');
    const query = encodeURIComponent('sum(http_requests_total{app="web",job="pods"})');
    await until('the requests are counted', async () => {
      const result = await (await fetch(`${sandbox.prometheusUrl}/api/v1/query?query=${query}`)).text();
      return /"value":\[[\d.]+,"[1-9]/.test(result) ? true : undefined;
    });
    const log = await until('the log', async () => {
      const { server, caData, adminToken } = sandbox;
      return logOf({ server, caData, adminToken }, `/api/v1/namespaces/${namespace}/pods/${answer.pod}/log`);
    });
    expect(log).toMatch(/^tidegate.dev\/app:v1 starts in pod web-/);
    expect(log).toContain('GET / 200');
    expect((await api.send({ method: 'GET', path: '/version', pool: 'read' })).kind).toBe('ok');
  });

  it('lets nobody in without its token, and only its user read the kubeconfig', async () => {
    const { sandbox } = await running();
    const { server, caData } = sandbox;

    expect(statSync(sandbox.kubeconfigPath).mode & 0o777).toBe(0o600);
    expect(await logOf({ server, caData, adminToken: 'guess' }, '/api/v1/pods')).toContain('Unauthorized');
    expect(new URL(server).hostname).toBe('127.0.0.1');
  });

  it('has the same token never again, though the seed is the same', async () => {
    const [a, b] = [await running({ seed: 5 }), await running({ seed: 5 })];

    expect(a.sandbox.adminToken).not.toBe(b.sandbox.adminToken);
  });

  it('plays faster', async () => {
    const { sandbox, client } = await running({ rate: 20, startDelayMs: 10_000 });
    const startedAt = sandbox.clock.now();
    await create(client, ...web);
    await untilReady(client);

    expect(sandbox.clock.now() - startedAt).toBeGreaterThan(10_000);
  });

  it('leaves nothing behind', async () => {
    const { sandbox, client, api } = await running();
    await create(client, ...web);
    await untilReady(client);
    const pods = sandbox.kubelet.pods().flatMap(({ urls }) => Object.values(urls));
    api.close();
    await sandbox.stop();
    await sandbox.stop();

    expect(existsSync(dirname(sandbox.kubeconfigPath))).toBe(false);
    for (const url of [sandbox.gatewayUrl, sandbox.prometheusUrl, ...pods]) {
      await expect(fetch(url)).rejects.toThrow('fetch failed');
    }
    expect(pods).toHaveLength(2);
  });
});

interface Access {
  readonly server: string;
  readonly caData: string;
  readonly adminToken: string;
}

function logOf({ server, caData, adminToken }: Access, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${adminToken}` };
    const call = request(new URL(path, server), { ca: Buffer.from(caData, 'base64'), headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text));
    });
    call.once('error', reject);
    call.end();
  });
}
