import { once } from 'node:events';
import { createServer } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { type HttpsServer, serveHttps } from './https.ts';
import { configMap, paths, pod, type TestServer, testServer } from './testing/test-server.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function served(): Promise<{ server: TestServer; https: HttpsServer }> {
  const server = testServer();
  const https = await serveHttps(server.api);
  stops.push(() => https.close());
  return { server, https };
}

interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly token?: string;
}

function send(
  https: HttpsServer,
  path: string,
  sent: Sent = {},
): Promise<{ status: number; text: string; warning: string }> {
  return new Promise((resolve, reject) => {
    const headers = {
      authorization: `Bearer ${sent.token ?? https.adminToken}`,
      'content-type': sent.contentType ?? 'application/json',
    };
    const ca = Buffer.from(https.caData, 'base64');
    const call = request(
      new URL(path, https.url),
      { method: sent.method ?? 'GET', headers, ca, agent: false },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.once('end', () => {
          resolve({ status: answer.statusCode ?? 0, text, warning: String(answer.headers.warning ?? '') });
        });
      },
    );
    call.once('error', reject);
    call.end(sent.body);
  });
}

it('answers those whose token it knows, over a certificate that its clients can check', async () => {
  const { https } = await served();

  const known = await send(https, '/api/v1/namespaces/default');
  const unknown = await send(https, '/api/v1/namespaces/default', { token: 'nobody' });

  expect(known.status).toBe(200);
  expect(unknown.status).toBe(401);
  expect(JSON.parse(unknown.text)).toMatchObject({ kind: 'Status', reason: 'Unauthorized' });
});

it('takes YAML for apply, and warns of unknown fields in a header', async () => {
  const { https, server } = await served();
  const body = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n';

  const applied = await send(https, `${paths.maps}/a?fieldManager=me`, {
    method: 'PATCH',
    body,
    contentType: 'application/apply-patch+yaml',
  });
  const warned = await send(https, paths.maps, {
    method: 'POST',
    body: JSON.stringify({ ...configMap('b'), dota: 1 }),
  });

  expect(applied.status).toBe(201);
  expect(server.get(`${paths.maps}/a`).body.data).toEqual({ x: '1' });
  expect(warned.warning).toBe('299 - "unknown field \\"dota\\""');
});

it('says what is wrong with a body that is no JSON, and with protobuf', async () => {
  const { https } = await served();

  const broken = await send(https, paths.maps, { method: 'POST', body: '{' });
  const protobuf = await send(https, paths.maps, {
    method: 'POST',
    body: 'k8s',
    contentType: 'application/vnd.kubernetes.protobuf',
  });

  expect([broken.status, protobuf.status]).toEqual([400, 415]);
  expect(JSON.parse(protobuf.text)).toMatchObject({
    reason: 'UnsupportedMediaType',
    message: expect.stringMatching(/protobuf bodies of kind ConfigMap.*kubectl apply --server-side/) as string,
  });
});

it('streams a watch line by line', async () => {
  const { https, server } = await served();
  const lines = new Promise<string>((resolve, reject) => {
    const headers = { authorization: `Bearer ${https.adminToken}` };
    const ca = Buffer.from(https.caData, 'base64');
    const call = request(new URL(`${paths.maps}?watch=true`, https.url), { headers, ca, agent: false }, (answer) => {
      answer.setEncoding('utf8').once('data', (chunk: string) => {
        call.destroy();
        resolve(chunk);
      });
      server.post(paths.maps, configMap('a'));
    });
    call.once('error', reject);
    call.end();
  });

  expect(JSON.parse(await lines)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'a' } } });
});

it('fetches log lines from the node that runs the pod', async () => {
  const { https, server } = await served();
  const kubelet = createServer((asked, answer) => answer.end(`lines of ${asked.url}`)).listen(0, '127.0.0.1');
  stops.push(() => kubelet.close());
  await once(kubelet, 'listening');
  const address = `http://127.0.0.1:${(kubelet.address() as AddressInfo).port}`;
  const metadata = { name: 'n', annotations: { 'sandbox.tidegate.io/kubelet': address } };
  server.post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata });
  server.post(paths.pods, pod('p', { nodeName: 'n' }));

  const answer = await send(https, `${paths.pods}/p/log?tailLines=5`);

  expect(answer.text).toBe('lines of /containerLogs/default/p/web?tailLines=5');
});
