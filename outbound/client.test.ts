import { gzipSync } from 'node:zlib';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { outboundClient } from './client.ts';
import type { OutboundRequest } from './outcome.ts';
import type { ResolvedAddress } from './resolve.ts';

const loopback = { allow: ['127.0.0.0/8'] };
const servers: http.Server[] = [];

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function serve(
  handler: (request: Seen, response: http.ServerResponse) => void,
): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const one = {
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(one);
      handler(one, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, seen };
}

function aRequest(url: string, changes: Partial<OutboundRequest> = {}): OutboundRequest {
  return { url, method: 'GET', timeoutMs: 5000, signal: new AbortController().signal, ...changes };
}

function client(options: { policy?: object; resolver?: (host: string) => Promise<readonly ResolvedAddress[]> } = {}) {
  return outboundClient({ policy: loopback, userAgent: 'tidegate-test', ...options });
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('answers', () => {
  test('any status is an answer, with headers and text', async () => {
    const { port } = await serve((_, response) =>
      response.writeHead(503, { 'retry-after': '7' }).end('<html>busy</html>'),
    );

    const outcome = await client().send(aRequest(`http://127.0.0.1:${port}/`));

    expect(outcome).toMatchObject({
      kind: 'response',
      status: 503,
      body: '<html>busy</html>',
      headers: { 'retry-after': '7' },
    });
  });

  test('a body and headers are sent as given', async () => {
    const { port, seen } = await serve((_, response) => response.end('ok'));

    await client().send(
      aRequest(`http://127.0.0.1:${port}/q?a=1`, {
        method: 'POST',
        body: '{"x":1}',
        headers: { 'content-type': 'application/json', 'x-scope-orgid': 't1' },
      }),
    );

    expect(seen[0]).toMatchObject({ method: 'POST', url: '/q?a=1', body: '{"x":1}' });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-scope-orgid': 't1',
      'user-agent': 'tidegate-test',
    });
  });

  test.each([
    [{ kind: 'basic', username: 'u', password: 'p:ü' } as const, `Basic ${Buffer.from('u:p:ü').toString('base64')}`],
    [{ kind: 'bearer', token: 't0' } as const, 'Bearer t0'],
  ])('credentials become an Authorization header', async (credentials, expected) => {
    const { port, seen } = await serve((_, response) => response.end('ok'));

    await client().send(aRequest(`http://127.0.0.1:${port}/`, { credentials }));

    expect(seen[0]?.headers.authorization).toBe(expected);
  });

  test('user info in the URL counts as basic authentication', async () => {
    const { port, seen } = await serve((_, response) => response.end('ok'));

    await client().send(aRequest(`http://me:s%40fe@127.0.0.1:${port}/`));

    expect(seen[0]?.headers.authorization).toBe(`Basic ${Buffer.from('me:s@fe').toString('base64')}`);
  });
});

describe('what goes wrong', () => {
  test('a server that never answers ends in a timeout, within the time', async () => {
    const { port } = await serve(() => undefined);

    const outcome = await client().send(aRequest(`http://127.0.0.1:${port}/`, { timeoutMs: 80 }));

    expect(outcome).toEqual({ kind: 'timeout', why: `127.0.0.1:${port} did not answer in time` });
  });

  test('a server that drips bytes for ever ends in a timeout too', async () => {
    const { port } = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });

    expect((await client().send(aRequest(`http://127.0.0.1:${port}/`, { timeoutMs: 120 }))).kind).toBe('timeout');
  });

  test('giving up by signal is told apart from a timeout', async () => {
    const stop = new AbortController();
    const { port } = await serve(() => stop.abort());

    expect((await client().send(aRequest(`http://127.0.0.1:${port}/`, { signal: stop.signal }))).kind).toBe(
      'cancelled',
    );
  });

  test('a body over the cap is refused, also when it grows by decompression', async () => {
    const { port } = await serve((seen, response) => {
      if (seen.url === '/gz')
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(200_000)));
      else response.end(Buffer.alloc(200_000));
    });

    for (const path of ['plain', 'gz']) {
      const outcome = await client().send(aRequest(`http://127.0.0.1:${port}/${path}`, { maxBytes: 50_000 }));
      expect(outcome).toEqual({ kind: 'too-large', why: `127.0.0.1:${port} sent more than 50000 bytes` });
    }
  });

  test('a closed port and a cut connection are unreachable', async () => {
    const { port } = await serve((_, response) => response.destroy());
    expect(await client().send(aRequest(`http://127.0.0.1:${port}/`))).toMatchObject({ kind: 'unreachable' });

    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    expect(await client().send(aRequest(`http://127.0.0.1:${port}/?token=s3cret`))).toEqual({
      kind: 'unreachable',
      why: `127.0.0.1:${port} refused the connection`,
    });
  });

  test.each(['ftp://example.com/', 'file:///etc/passwd', 'prometheus:9090', '', 'http://'])(
    '%s is no address we ask',
    async (url) => {
      expect((await client().send(aRequest(url))).kind).toBe('refused');
    },
  );

  test.each([
    'http://127.0.0.1:1/',
    'http://2130706433:1/',
    'http://0x7f.1:1/',
    'http://[::ffff:127.0.0.1]:1/',
    'http://localhost:1/',
    'http://[::1]:1/',
  ])('%s is refused by default', async (url) => {
    const strict = outboundClient({ policy: {}, userAgent: 'tidegate-test' });

    expect((await strict.send(aRequest(url))).kind).toBe('refused');
  });
});

describe('names', () => {
  test('the connection goes to the judged address, with the name as Host', async () => {
    const { port, seen } = await serve((_, response) => response.end('ok'));
    const resolver = async () => [{ address: '127.0.0.1', family: 4 as const }];

    const outcome = await client({ resolver }).send(aRequest(`http://metrics.test:${port}/`));

    expect(outcome.kind).toBe('response');
    expect(seen[0]?.headers.host).toBe(`metrics.test:${port}`);
  });

  test('a name that rebinds after the check is asked once only', async () => {
    const { port } = await serve((_, response) => response.end('ok'));
    let asked = 0;
    const resolver = async (): Promise<readonly ResolvedAddress[]> => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
    };
    const policy = { allow: ['127.0.0.2/32'] };

    const outcome = await outboundClient({ policy, userAgent: 'tidegate-test', resolver }).send(
      aRequest(`http://rebind.test:${port}/`),
    );

    expect(asked).toBe(1);
    expect(outcome.kind).toBe('unreachable');
  });

  test('a redirect to the same name is judged anew', async () => {
    const { port } = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    let asked = 0;
    const resolver = async (): Promise<readonly ResolvedAddress[]> => {
      asked += 1;
      return [{ address: asked === 1 ? '127.0.0.1' : '169.254.169.254', family: 4 }];
    };

    const outcome = await client({ resolver }).send(aRequest(`http://rebind.test:${port}/`));

    expect(outcome).toMatchObject({ kind: 'refused', why: expect.stringContaining('metadata') });
  });
});

describe('redirects', () => {
  test('to the same server are followed, 307 with its body, 302 as GET', async () => {
    const { port, seen } = await serve((one, response) => {
      if (one.url === '/a') response.writeHead(307, { location: '/b' }).end();
      else if (one.url === '/b') response.writeHead(302, { location: '/c' }).end();
      else response.end('done');
    });

    const outcome = await client().send(aRequest(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'q=1' }));

    expect(outcome).toMatchObject({ kind: 'response', body: 'done' });
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual([
      ['POST', '/a', 'q=1'],
      ['POST', '/b', 'q=1'],
      ['GET', '/c', ''],
    ]);
  });

  test('to another host, another port or a local file are refused and never sent credentials', async () => {
    const other = await serve((_, response) => response.end('stolen'));
    let location = '';
    const { port } = await serve((_, response) => response.writeHead(302, { location }).end());

    for (location of [
      `http://127.0.0.1:${other.port}/`,
      `http://127.0.0.2:${port}/`,
      'http://evil.test/',
      'file:///etc/passwd',
      'http://169.254.169.254/',
    ]) {
      const outcome = await client().send(
        aRequest(`http://127.0.0.1:${port}/`, { credentials: { kind: 'bearer', token: 't0' } }),
      );
      expect(outcome.kind).toBe('refused');
    }
    expect(other.seen).toEqual([]);
  });

  test('without end are refused', async () => {
    const { port, seen } = await serve((_, response) => response.writeHead(301, { location: '/' }).end());

    expect((await client().send(aRequest(`http://127.0.0.1:${port}/`))).kind).toBe('refused');
    expect(seen).toHaveLength(6);
  });
});
