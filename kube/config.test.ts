/** Credentials: kubeconfig files, the service account of a pod, token files, client certificates, exec plugins, proxies. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadKubeConfig } from './config.ts';
import type { Connection } from './connection.ts';
import { makeAuthority, makePair, type Pair } from './testing/certificates.ts';
import { transport } from './transport.ts';

let folder: string;
let ca: Pair;
let client: Pair;
let server: { url: string; close(): Promise<void> };

/** An HTTPS server that answers with who it thinks is asking. */
async function whoAmI(pair: Pair): Promise<typeof server> {
  const https = createServer(
    { cert: pair.cert, key: pair.key, ca: ca.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket;
      const subject = socket.authorized ? socket.getPeerCertificate().subject.CN : undefined;
      response.end(
        JSON.stringify({
          authorization: request.headers.authorization,
          subject,
          as: request.headers['impersonate-user'],
        }),
      );
    },
  );
  await new Promise<void>((resolve) => https.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(https.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        https.close(() => resolve());
        https.closeAllConnections();
      }),
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-config-'));
  ca = makeAuthority(folder);
  client = makePair(folder, 'jane');
  server = await whoAmI(makePair(folder, 'server', ['IP:127.0.0.1']));
});
afterAll(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

let files = 0;
function write(content: string | object): string {
  files += 1;
  const path = join(folder, `file-${files}`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content), { mode: 0o700 });
  return path;
}

function kubeconfig(user: object, cluster: object = {}): string {
  return write({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'main',
    contexts: [{ name: 'main', context: { cluster: 'one', user: 'me', namespace: 'shop' } }],
    clusters: [{ name: 'one', cluster: { server: server.url, 'certificate-authority': 'ca.crt', ...cluster } }],
    users: [{ name: 'me', user }],
  });
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function ask(connection: Connection, as?: string): Promise<unknown> {
  const api = transport({ connection, userAgent: 'test' });
  closing.push(() => api.close());
  const result = await api.send({
    method: 'GET',
    path: '/',
    pool: 'read',
    ...(as === undefined ? {} : { as: { token: as } }),
  });
  return result.kind === 'ok' ? result.object : result.kind === 'unknown' ? result.cause.message : result.kind;
}

describe('kubeconfig', () => {
  it('authenticates by a token and trusts the named authority', async () => {
    const connection = await loadKubeConfig({ path: kubeconfig({ token: 'abc' }) });

    expect(await ask(connection)).toEqual({ authorization: 'Bearer abc' });
    expect(connection.namespace).toBe('shop');
  });

  it('refuses a server whose authority it does not know, unless told to skip the check', async () => {
    const stranger = await loadKubeConfig({
      path: kubeconfig({ token: 'abc' }, { 'certificate-authority': undefined }),
    });
    const careless = await loadKubeConfig({
      path: kubeconfig({ token: 'abc' }, { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true }),
    });

    expect(await ask(stranger)).toContain('certificate');
    expect(await ask(careless)).toEqual({ authorization: 'Bearer abc' });
  });

  it('authenticates by a client certificate, from files or inline', async () => {
    const byFile = kubeconfig({ 'client-certificate': 'jane.crt', 'client-key': 'jane.key' });
    const inline = kubeconfig({
      'client-certificate-data': Buffer.from(client.cert).toString('base64'),
      'client-key-data': Buffer.from(client.key).toString('base64'),
    });

    expect(await ask(await loadKubeConfig({ path: byFile }))).toEqual({ subject: 'jane' });
    expect(await ask(await loadKubeConfig({ path: inline }))).toEqual({ subject: 'jane' });
  });

  it('leaves the client certificate out when it acts with a token', async () => {
    const connection = await loadKubeConfig({
      path: kubeconfig({ 'client-certificate': 'jane.crt', 'client-key': 'jane.key', as: 'boss' }),
    });

    expect(await ask(connection)).toEqual({ subject: 'jane', as: 'boss' });
    expect(await ask(connection, 'tenant')).toEqual({ authorization: 'Bearer tenant' });
  });

  it('reads a token file again after a minute and after a 401', async () => {
    const tokenFile = write('first\n');
    let now = 0;
    const connection = await loadKubeConfig({ path: kubeconfig({ tokenFile }), monotonicMs: () => now });
    const seen: unknown[] = [(await connection.access()).headers.authorization];
    writeFileSync(tokenFile, 'second\n');
    now = 59_000;
    seen.push((await connection.access()).headers.authorization);
    now = 61_000;
    seen.push((await connection.access()).headers.authorization);
    writeFileSync(tokenFile, 'third\n');
    connection.renew();
    seen.push((await connection.access()).headers.authorization);
    rmSync(tokenFile);
    connection.renew();
    seen.push((await connection.access()).headers.authorization);

    expect(seen).toEqual(['Bearer first', 'Bearer first', 'Bearer second', 'Bearer third', 'Bearer third']);
  });

  it('refuses an empty token', async () => {
    const tokenFile = write('\n');
    const connection = await loadKubeConfig({ path: kubeconfig({ tokenFile }) });

    expect(await ask(connection)).toContain(`the token in ${tokenFile} is empty`);
  });

  it('authenticates by an exec plugin, which is told of the cluster and runs again for a new credential', async () => {
    const script = write(`#!/bin/sh
n=$(cat "$COUNTER" 2>/dev/null || echo 0); n=$((n+1)); echo $n > "$COUNTER"
case "$KUBERNETES_EXEC_INFO" in *'"interactive":false'*) ;; *) exit 3;; esac
echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"$1-$n\\"}}"
`);
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: script,
      args: ['plugin'],
      env: [{ name: 'COUNTER', value: join(folder, 'counter') }],
      interactiveMode: 'Never',
    };
    const connection = await loadKubeConfig({ path: kubeconfig({ exec }) });

    expect(await ask(connection)).toEqual({ authorization: 'Bearer plugin-1' });
    expect(await ask(connection)).toEqual({ authorization: 'Bearer plugin-1' });
    connection.renew();
    expect(await ask(connection)).toEqual({ authorization: 'Bearer plugin-2' });
  });

  it('says which exec plugin failed and what it said', async () => {
    const command = write('#!/bin/sh\necho "please log in" >&2; exit 1\n');
    const connection = await loadKubeConfig({
      path: kubeconfig({ exec: { command, apiVersion: 'client.authentication.k8s.io/v1' } }),
    });

    expect(await ask(connection)).toContain(
      `credential plugin "${command}" of kubeconfig user "me" failed: please log in`,
    );
  });

  it('merges the files of KUBECONFIG, the first mention of a name wins, missing files are skipped', async () => {
    const first = write({ 'current-context': 'main', users: [{ name: 'me', user: { token: 'first' } }] });
    const second = kubeconfig({ token: 'second' });
    const env = { KUBECONFIG: `${first}:${join(folder, 'nowhere')}:${second}` };

    expect(await ask(await loadKubeConfig({ env }))).toEqual({ authorization: 'Bearer first' });
  });

  it('says what is missing', async () => {
    const path = kubeconfig({ token: 'abc' });

    await expect(loadKubeConfig({ path, context: 'other' })).rejects.toThrow(
      `kubeconfig ${path}: context "other" is not in it; known: main`,
    );
    await expect(loadKubeConfig({ path: join(folder, 'nowhere') })).rejects.toThrow('no kubeconfig found');
    const broken = write('clusters: {a: 1}');
    await expect(loadKubeConfig({ path: broken })).rejects.toThrow(`kubeconfig ${broken}: clusters: `);
  });

  it('goes through the proxy of the cluster entry', async () => {
    const tunnels: string[] = [];
    const proxy = createHttpServer();
    proxy.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      const [host, port] = (request.url ?? '').split(':');
      const target = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        target.pipe(socket).pipe(target);
      });
      target.on('error', () => socket.destroy());
      socket.on('error', () => target.destroy());
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    closing.push(() => proxy.close());
    const proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;

    const answer = await ask(await loadKubeConfig({ path: kubeconfig({ token: 'abc' }, { 'proxy-url': proxyUrl }) }));

    expect(answer).toEqual({ authorization: 'Bearer abc' });
    expect(tunnels).toEqual([new URL(server.url).host]);
  });
});

describe('in a pod', () => {
  it('uses the service account, its namespace and its authority, and follows a rotated token', async () => {
    const account = join(folder, 'account');
    mkdirSync(account, { recursive: true });
    writeFileSync(join(account, 'token'), 'pod-token');
    writeFileSync(join(account, 'namespace'), 'tidegate');
    writeFileSync(join(account, 'ca.crt'), ca.cert);
    const { hostname, port } = new URL(server.url);
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port, HOME: folder };
    const connection = await loadKubeConfig({ env, serviceAccountFolder: account });
    const before = await ask(connection);
    writeFileSync(join(account, 'token'), 'rotated');
    connection.renew();

    expect(connection.namespace).toBe('tidegate');
    expect(before).toEqual({ authorization: 'Bearer pod-token' });
    expect(await ask(connection)).toEqual({ authorization: 'Bearer rotated' });
  });

  it('says that it is not in a cluster', async () => {
    await expect(loadKubeConfig({ inCluster: true, env: {} })).rejects.toThrow('not in a cluster');
  });
});
