/** A cluster with two versions behind a gateway, made by hand: Services, EndpointSlices and pods that are servers of this process. */

import { createServer, type IncomingHttpHeaders, type Server, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { KubeClient, KubeObject, Transport } from '../../kube/api.ts';
import { kubeClient, sentenceOf } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { discovery } from '../../kube/discovery.ts';
import { gatewayCrds } from '../../sandbox/gateway/crds.ts';
import { type Gateway, startGateway } from '../../sandbox/gateway/gateway.ts';
import { gatewayObjects } from '../../sandbox/gateway/objects.ts';
import { eventually } from '../bed/eventually.ts';

export interface Asked {
  readonly version: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface GatewayWorld {
  readonly client: KubeClient;
  readonly gateway: Gateway;
  /** What the pods were asked since the last `forget`. */
  readonly asked: Asked[];
  apply(...objects: readonly KubeObject[]): Promise<void>;
  /** Makes a route the only one of its name and waits until it is reported as accepted in this generation. */
  route(name: string, spec: object): Promise<void>;
  /** One request; the host is `shop.test` when not told otherwise. */
  ask(path?: string, options?: { host?: string; method?: string; headers?: object; body?: string }): Promise<Answer>;
  /** Requests per version of so many in a row. */
  share(count: number, headers?: object): Promise<Readonly<Record<string, number>>>;
  /** Which of `web-stable`'s two pods are ready. */
  ready(service: string, ready: boolean): Promise<void>;
  stop(): Promise<void>;
}

const namespace = 'default';

/** `settled` resolves when freshly made CRDs are served. */
export async function gatewayTestWorld(transport: Transport): Promise<GatewayWorld> {
  const found = discovery(transport);
  const client = kubeClient(transport, found);
  const asked: Asked[] = [];
  const servers: Server[] = [];
  const apply: GatewayWorld['apply'] = async (...objects) => {
    for (const object of objects) {
      const result = await client.apply(object, { fieldManager: 'test', force: true });
      if (result.kind !== 'ok') throw new Error(`${object.kind} ${object.metadata.name}: ${sentenceOf(result)}`);
    }
  };
  await apply(...(gatewayCrds() as unknown as KubeObject[]));
  await eventually('the CRDs are served', async () => {
    found.forget('gateway.networking.k8s.io');
    return (await client.list({ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' })).kind === 'ok';
  });
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } };
  await apply(account, ...gatewayObjects());
  for (const [version, address] of [
    ['stable', 1],
    ['canary', 2],
  ] as const) {
    const server = await podServer(version, asked);
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    await apply(...podObjects(version, `10.244.0.${address}`, port));
  }
  const gateway = await startGateway({ transport, clock: systemClock, random: () => 0.5 });
  return {
    client,
    gateway,
    asked,
    apply,
    route: (name, spec) => putRoute(client, apply, name, spec),
    ask: (path = '/', options = {}) => ask(gateway.url, path, options),
    async share(count, headers = {}) {
      const seen: Record<string, number> = {};
      for (let at = 0; at < count; at += 1) {
        const { status, text } = await ask(gateway.url, '/', { headers });
        const who = status === 200 ? text : String(status);
        seen[who] = (seen[who] ?? 0) + 1;
      }
      return seen;
    },
    ready: (service, ready) => apply(slice(service.replace('web-', ''), ready)),
    async stop() {
      await gateway.stop();
      await Promise.all(servers.map((server) => closed(server)));
    },
  };
}

const Parents = z.object({
  metadata: z.object({ generation: z.number() }),
  status: z
    .object({
      parents: z.array(
        z.object({
          conditions: z.array(z.object({ type: z.string(), status: z.string(), observedGeneration: z.number() })),
        }),
      ),
    })
    .optional(),
});

async function putRoute(client: KubeClient, apply: GatewayWorld['apply'], name: string, spec: object): Promise<void> {
  const parentRefs = [{ name: 'sandbox', namespace: 'default' }];
  const route = { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name, namespace } };
  await apply({ ...route, spec: { parentRefs, hostnames: ['shop.test'], ...spec } } as KubeObject);
  await eventually(`HTTPRoute/${name} is reported`, async () => {
    const key = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace, name };
    const result = await client.get(key);
    if (result.kind !== 'ok') return false;
    const { metadata, status } = Parents.parse(result.object);
    const conditions = status?.parents.flatMap((one) => one.conditions) ?? [];
    return conditions.length === 2 && conditions.every((one) => one.observedGeneration === metadata.generation);
  });
}

function podObjects(version: string, address: string, port: number): readonly KubeObject[] {
  const name = `web-${version}`;
  const labels = { app: 'web', 'rollouts-pod-template-hash': `hash-${version}` };
  const annotations = { 'sandbox.tidegate.io/listens': `8080=127.0.0.1:${port}` };
  const objects = [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels, annotations },
      spec: { containers: [{ name: 'web', image: 'web:1', ports: [{ containerPort: 8080 }] }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: { version }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    },
    slice(version, true, address),
  ];
  return objects;
}

function slice(
  version: string,
  ready: boolean,
  address = version === 'stable' ? '10.244.0.1' : '10.244.0.2',
): KubeObject {
  const targetRef = { kind: 'Pod', namespace, name: `web-${version}` };
  const object = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `web-${version}-1`, namespace, labels: { 'kubernetes.io/service-name': `web-${version}` } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address], conditions: { ready }, targetRef }],
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
  return object;
}

async function podServer(version: string, asked: Asked[]): Promise<Server> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.once('end', () => {
      asked.push({ version, method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
      response.setHeader('x-version', version);
      // Whoever asks for it waits until it gives up.
      if (request.url !== '/slow') response.end(version);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** node:http, because fetch won't send a host name of one's choice. */
function ask(url: string, path: string, options: Parameters<GatewayWorld['ask']>[1] = {}): Promise<Answer> {
  const { host = 'shop.test', method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const call = httpRequest(new URL(path, url), { method, headers: { host, ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      response.once('error', reject);
    });
    call.once('error', reject);
    call.end(body);
  });
}
