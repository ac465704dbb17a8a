/** The way to the API server: deadlines, credentials, pools, the write gate, metrics, faults. */

import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiRequest, Leadership, WatchLine } from './api.ts';
import { type Connection, fixedConnection } from './connection.ts';
import { type Asked, scriptedServer, type ScriptedServer, sendJson, status } from './testing/scripted-server.ts';
import { type ApiTransport, type RequestMetric, transport, type TransportOptions } from './transport.ts';

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const one of cleanUp.splice(0)) await one();
});

async function bed(
  answer: (asked: Asked) => void,
  more: Partial<TransportOptions> = {},
): Promise<{ api: ApiTransport; server: ScriptedServer }> {
  const server = await scriptedServer(answer);
  const api = transport({
    connection: fixedConnection(server.url, 'own-token'),
    userAgent: 'tidegate-test/1',
    ...more,
  });
  cleanUp.push(async () => {
    api.close();
    await server.close();
  });
  return { api, server };
}

const ok = (asked: Asked): void => sendJson(asked, 200, { kind: 'Anything' });
const read: ApiRequest = { method: 'GET', path: '/api/v1/namespaces/shop/pods/web', pool: 'read' };
const write: ApiRequest = { method: 'PATCH', path: '/api/v1/namespaces/shop/pods/web', pool: 'write', body: { a: 1 } };
const leaseWrite: ApiRequest = { ...write, pool: 'lease' };

function leadership(mayWrite: () => boolean): Leadership {
  return { term: 'term', signal: new AbortController().signal, mayWrite };
}

async function linesOf(lines: AsyncIterable<WatchLine>): Promise<WatchLine[]> {
  const all: WatchLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('transport', () => {
  it('sends its user agent, its token, the body and the query', async () => {
    const { api, server } = await bed(ok);

    await api.send({
      ...write,
      contentType: 'application/merge-patch+json',
      query: { dryRun: 'All', force: undefined },
    });

    const [asked] = server.asked;
    expect(asked?.headers).toMatchObject({
      'user-agent': 'tidegate-test/1',
      authorization: 'Bearer own-token',
      'content-type': 'application/merge-patch+json',
    });
    expect([asked?.body, asked?.query.toString()]).toEqual(['{"a":1}', 'dryRun=All']);
  });

  it('uses one connection for calls in a row', async () => {
    const { api, server } = await bed(ok);

    for (let call = 0; call < 50; call += 1) await api.send(read);

    expect(server.connections()).toBe(1);
  });

  it('renews a lease at once while reads fill their pool', async () => {
    const { api, server } = await bed((asked) => {
      if (asked.method !== 'GET') ok(asked);
    });
    const stop = new AbortController();
    const reads = Array.from({ length: 40 }, () => api.send({ ...read, signal: stop.signal }));
    await vi.waitFor(() => expect(server.asked).toHaveLength(16));

    const renewed = await api.send({ ...leaseWrite, timeoutMs: 1_000 });
    stop.abort();

    expect(renewed.kind).toBe('ok');
    expect((await Promise.all(reads)).every((result) => result.kind === 'unknown')).toBe(true);
  });

  it.each([
    ['no answer', () => undefined],
    ['half an answer', (asked: Asked) => void asked.response.writeHead(200).write('{"kind":')],
  ])('ends at its deadline with unknown: %s', async (_what, answer) => {
    const { api } = await bed(answer);

    const result = await api.send({ ...write, timeoutMs: 50 });

    expect(result.kind === 'unknown' && result.cause.message).toBe(
      'PATCH /api/v1/namespaces/shop/pods/web: no answer within 0.05 s',
    );
  });

  it('calls a write whose connection broke unknown and does not repeat it', async () => {
    const { api, server } = await bed((asked) => {
      if (server.asked.length > 1) asked.socket.resetAndDestroy();
      else ok(asked);
    });
    await api.send(write);

    const result = await api.send(write);

    expect(result.kind).toBe('unknown');
    expect(server.asked).toHaveLength(2);
  });

  it('repeats a read once when its kept connection turns out to be dead', async () => {
    const { api, server } = await bed((asked) => {
      if (server.asked.length === 2) asked.socket.resetAndDestroy();
      else ok(asked);
    });
    await api.send(read);

    expect((await api.send(read)).kind).toBe('ok');
    expect(server.asked).toHaveLength(3);
  });

  it('answers unknown when nobody listens', async () => {
    const { api, server } = await bed(ok);
    await server.close();

    expect((await api.send(read)).kind).toBe('unknown');
  });

  it('ends a call when its signal aborts', async () => {
    const { api, server } = await bed(() => undefined);
    const stop = new AbortController();
    const call = api.send({ ...read, signal: stop.signal });
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));

    stop.abort(new Error('shutting down'));

    expect(await call).toMatchObject({ kind: 'unknown', cause: { message: expect.stringContaining('shutting down') } });
  });

  it('asks for new credentials after a 401 and tries once more, writes too', async () => {
    let token = 'old';
    const connection: Connection = {
      ...fixedConnection(''),
      access: async () => ({ headers: { authorization: `Bearer ${token}` }, tls: { insecure: false } }),
      renew: () => {
        token = 'new';
      },
    };
    const server = await scriptedServer((asked) => {
      if (asked.headers.authorization === 'Bearer new') ok(asked);
      else sendJson(asked, 401, status(401, 'Unauthorized', 'Unauthorized'));
    });
    const api = transport({ connection: { ...connection, server: server.url }, userAgent: 'test' });
    cleanUp.push(() => server.close());

    expect((await api.send(write)).kind).toBe('ok');
    expect(server.asked).toHaveLength(2);
  });

  it('replaces its own credentials by the token it acts with, and refuses an empty one', async () => {
    const { api, server } = await bed(ok);

    await api.send({ ...write, as: { token: 'tenant' } });
    const empty = await api.send({ ...write, as: { token: '' } });

    expect(server.asked.map((asked) => asked.headers.authorization)).toEqual(['Bearer tenant']);
    expect(empty.kind === 'unknown' && empty.cause.message).toContain('empty');
  });

  it('sends no write while the gate is closed; reads and the lease go on', async () => {
    let open = true;
    const { api, server } = await bed(ok, { gate: () => leadership(() => open) });
    await api.send(write);
    open = false;

    const closed = await api.send(write);
    const others = await Promise.all([api.send(read), api.send(leaseWrite)]);

    expect(closed).toMatchObject({ kind: 'conflict', reason: 'NotLeader' });
    expect(others.map((result) => result.kind)).toEqual(['ok', 'ok']);
    expect(server.asked).toHaveLength(3);
  });

  it('sends no write before there is a leadership', async () => {
    const { api, server } = await bed(ok, { gate: () => undefined });

    expect(await api.send(write)).toMatchObject({ kind: 'conflict', reason: 'NotLeader' });
    expect(server.asked).toHaveLength(0);
  });

  it('ends writes under way when the leadership ends', async () => {
    const ended = new AbortController();
    const { api, server } = await bed(() => undefined, {
      gate: () => ({ ...leadership(() => true), signal: ended.signal }),
    });
    const call = api.send(write);
    await vi.waitFor(() => expect(server.asked).toHaveLength(1));

    ended.abort(new Error('lease lost'));

    expect((await call).kind).toBe('unknown');
  });

  it('tells each request by verb, group and resource, never by name', async () => {
    const seen: RequestMetric[] = [];
    const { api } = await bed(ok, { onRequest: (metric) => seen.push(metric) });
    const rollouts = '/apis/tidegate.io/v1alpha1/namespaces/shop/rollouts';

    await api.send({ method: 'GET', path: rollouts, pool: 'read' });
    await api.send({ method: 'PATCH', path: `${rollouts}/web/status`, pool: 'write', body: {} });
    await api.send({
      method: 'PATCH',
      path: '/api/v1/nodes/n1',
      pool: 'write',
      body: {},
      contentType: 'application/apply-patch+yaml',
    });
    await api.send({ method: 'GET', path: '/api/v1/namespaces/shop', pool: 'read' });
    await linesOf(api.watch({ path: '/api/v1/pods' }));

    expect(seen.map(({ verb, group, resource, code }) => [verb, group, resource, code])).toEqual([
      ['list', 'tidegate.io', 'rollouts', 200],
      ['patch', 'tidegate.io', 'rollouts/status', 200],
      ['apply', '', 'nodes', 200],
      ['get', '', 'namespaces', 200],
      ['watch', '', 'pods', 200],
    ]);
    expect(JSON.stringify(seen)).not.toMatch(/web|n1|shop/);
  });

  it('injects faults before and after a request', async () => {
    const lost = { kind: 'unknown', cause: new Error('lost') } as const;
    let at: 'before' | 'after' = 'before';
    const { api, server } = await bed(ok, { fault: () => ({ at, result: lost }) });

    expect(await api.send(write)).toBe(lost);
    expect(server.asked).toHaveLength(0);
    at = 'after';
    expect(await api.send(write)).toBe(lost);
    expect(server.asked).toHaveLength(1);
  });
});

describe('watch lines', () => {
  const event = (name: string): string =>
    `${JSON.stringify({ type: 'ADDED', object: { apiVersion: 'v1', kind: 'Pod', metadata: { name } } })}\n`;

  it('puts lines together from any pieces, also within a character', async () => {
    const { api } = await bed((asked) => {
      asked.response.writeHead(200);
      const bytes = Buffer.from(event('grün') + event('b'));
      const cut = bytes.indexOf(0xc3) + 1;
      asked.response.write(bytes.subarray(0, cut));
      setTimeout(() => asked.response.end(bytes.subarray(cut)), 10);
    });

    const lines = await linesOf(api.watch({ path: '/api/v1/pods' }));

    expect(lines.map((line) => line.kind === 'event' && line.object.metadata.name)).toEqual(['grün', 'b']);
  });

  it('says by an error line what went wrong, and never throws', async () => {
    const { api, server } = await bed((asked) => {
      sendJson(asked, 403, status(403, 'Forbidden', 'pods is forbidden'), { 'retry-after': '4' });
    });

    const refused = await linesOf(api.watch({ path: '/api/v1/pods' }));
    await server.close();
    const dead = await linesOf(api.watch({ path: '/api/v1/pods' }));

    expect(refused).toEqual([{ kind: 'error', code: 403, message: 'pods is forbidden', retryAfterMs: 4_000 }]);
    expect(dead).toEqual([{ kind: 'error', code: 0, message: expect.stringContaining('ECONNREFUSED') }]);
  });

  it('ends without an error when the reader goes away or its signal aborts', async () => {
    let closed = 0;
    const { api } = await bed((asked) => {
      asked.socket.on('close', () => {
        closed += 1;
      });
      asked.response.writeHead(200);
      asked.response.write(event('a'));
    });
    for await (const line of api.watch({ path: '/api/v1/pods' })) {
      expect(line.kind).toBe('event');
      break;
    }
    const stop = new AbortController();
    const seen: WatchLine[] = [];
    for await (const line of api.watch({ path: '/api/v1/pods', signal: stop.signal })) {
      seen.push(line);
      stop.abort();
    }

    expect(seen.map((line) => line.kind)).toEqual(['event']);
    await vi.waitFor(() => expect(closed).toBe(2));
  });
});
