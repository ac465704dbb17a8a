/** Requests and watches without a socket mean the same as over HTTP. */

import { describe, expect, it } from 'vitest';
import type { WatchLine } from '../kube/api.ts';
import type { ApiCall, ApiReply, ApiServer, WatchSink } from './api-server/contract.ts';
import { type MemoryTransportOptions, memoryTransport } from './memory-transport.ts';

interface Double extends ApiServer {
  readonly calls: ApiCall[];
  readonly sinks: WatchSink[];
  ended: number;
}

function serverThat(answers: (call: ApiCall) => ApiReply | undefined): Double {
  const double: Double = {
    calls: [],
    sinks: [],
    ended: 0,
    handle(call) {
      double.calls.push(call);
      const open = (sink: WatchSink) => {
        double.sinks.push(sink);
        return () => {
          double.ended += 1;
        };
      };
      return answers(call) ?? { kind: 'watch', open };
    },
    adminToken: 'admin',
    authenticate: (token) => (token === 'good' ? 'system:serviceaccount:shop:deployer' : undefined),
    onCommit: () => () => undefined,
    revision: () => 1,
    size: () => ({ objects: 0 }),
  };
  return double;
}

const caller = { user: 'kubernetes-admin', userAgent: 'test/1' };
const pods = '/api/v1/namespaces/shop/pods';
const pod = (name: string, resourceVersion: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', resourceVersion },
});
const refusal = (status: number, reason: string): ApiReply => ({
  kind: 'object',
  status,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message: `it says ${reason}`, code: status },
});

function transportTo(server: ApiServer, options: MemoryTransportOptions = {}) {
  return memoryTransport(server, caller, options);
}

async function read(lines: AsyncIterable<WatchLine>): Promise<WatchLine[]> {
  const all: WatchLine[] = [];
  for await (const line of lines) all.push(line);
  return all;
}

describe('requests', () => {
  it('hands the request over as JSON and gives the object back', async () => {
    const server = serverThat(() => ({ kind: 'object', status: 201, body: pod('web', '7') }));
    const body = { ...pod('web', ''), spec: { left: undefined } };

    const result = await transportTo(server).send({
      method: 'POST',
      path: pods,
      pool: 'write',
      body,
      query: { a: undefined },
    });

    expect(result).toEqual({ kind: 'ok', object: pod('web', '7') });
    expect(server.calls[0]).toMatchObject({
      caller,
      method: 'POST',
      path: pods,
      query: {},
      contentType: 'application/json',
    });
    expect(server.calls[0]?.body).toEqual({ ...pod('web', ''), spec: {} });
  });

  it.each([
    [409, 'AlreadyExists', { kind: 'conflict', reason: 'AlreadyExists' }],
    [404, 'NotFound', { kind: 'not-found', message: 'it says NotFound' }],
    [422, 'Invalid', { kind: 'invalid' }],
    [500, 'InternalError', { kind: 'unknown' }],
  ])('reads %i %s as over HTTP', async (status, reason, expected) => {
    const server = serverThat(() => refusal(status, reason));

    expect(await transportTo(server).send({ method: 'GET', path: pods, pool: 'read' })).toMatchObject(expected);
  });

  it('acts as the tenant whose token it is given, and as nobody with a wrong one', async () => {
    const server = serverThat(() => ({ kind: 'object', status: 200, body: pod('web', '7') }));
    const as = (token: string) => transportTo(server).send({ method: 'GET', path: pods, pool: 'read', as: { token } });

    expect(await as('good')).toMatchObject({ kind: 'ok' });
    expect(await as('bad')).toMatchObject({ kind: 'forbidden' });
    expect(server.calls.map((call) => call.caller)).toEqual([
      { user: 'system:serviceaccount:shop:deployer', userAgent: 'test/1' },
    ]);
  });

  it('keeps writes back while the gate is closed, and loses answers when told to', async () => {
    const server = serverThat(() => ({ kind: 'object', status: 200, body: pod('web', '7') }));
    const write = { method: 'DELETE', path: `${pods}/web`, pool: 'write' } as const;
    const lost = { kind: 'unknown', cause: new Error('lost') } as const;

    expect(await transportTo(server, { gate: () => undefined }).send(write)).toMatchObject({ reason: 'NotLeader' });
    expect(server.calls).toHaveLength(0);
    expect(await transportTo(server, { fault: () => ({ at: 'after', result: lost }) }).send(write)).toBe(lost);
    expect(server.calls).toHaveLength(1);
  });
});

describe('watches', () => {
  it('reads lines in order, then the end', async () => {
    const server = serverThat(() => undefined);
    const reading = read(transportTo(server).watch({ path: pods }));
    await Promise.resolve();
    await Promise.resolve();

    server.sinks[0]?.line({ type: 'ADDED', object: pod('a', '1') });
    server.sinks[0]?.line({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '5' } } });
    server.sinks[0]?.end();

    expect(await reading).toEqual([
      { kind: 'event', type: 'ADDED', object: pod('a', '1') },
      { kind: 'bookmark', resourceVersion: '5', initialEventsEnd: false },
    ]);
    expect(server.calls[0]?.query).toEqual({ watch: 'true' });
    expect(server.ended).toBe(1);
  });

  it('ends without a word at its signal, and with one when the transport is closed', async () => {
    const server = serverThat(() => undefined);
    const stop = new AbortController();
    const transport = transportTo(server);
    const stopped = read(transport.watch({ path: pods, signal: stop.signal }));
    const closed = read(transport.watch({ path: pods }));
    await Promise.resolve();
    await Promise.resolve();

    stop.abort();
    transport.close();

    expect(await stopped).toEqual([]);
    expect(await closed).toMatchObject([{ kind: 'error', code: 0 }]);
    expect(server.ended).toBe(2);
  });

  it('tells a refusal with its code', async () => {
    const server = serverThat(() => refusal(410, 'Expired'));

    expect(await read(transportTo(server).watch({ path: pods }))).toEqual([
      { kind: 'error', code: 410, message: 'it says Expired' },
    ]);
  });
});
