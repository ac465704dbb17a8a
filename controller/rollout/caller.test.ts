import { createHmac } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { outboundClient } from '../../outbound/client.ts';
import { type Addressed, type Caller, caller, type CallFrom } from './caller.ts';
import type { Call } from './calls.ts';

const from: CallFrom = { uid: 'u1', namespace: 'shop', name: 'web' };
const outbound = outboundClient({ policy: { allow: ['127.0.0.0/8'] }, userAgent: 'test' });
const call = (key: string): Call => ({
  key,
  target: { kind: 'plugin', name: 'warm', operation: 'Run' },
  request: { podHash: 'v2' },
});
const servers: http.Server[] = [];

interface Seen {
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function serve(answer: (response: http.ServerResponse) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      seen.push({ headers: request.headers, body });
      answer(response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/run`, seen };
}

function callerAt(addressed: Addressed, signal = new AbortController().signal): Caller {
  return caller({ address: () => Promise.resolve(addressed), clock: { now: () => 1_700_000_000_500 }, signal });
}

/** Resolves when the call is answered. */
function answered(calls: Caller, key: string): Promise<unknown> {
  return new Promise((resolve) => {
    calls.onChange(() => {
      const answer = calls.answers('u1').get(key);
      if (answer !== undefined && answer.kind !== 'open') resolve(answer);
    });
    calls.start(call(key), from);
  });
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a call', () => {
  it('carries its key and a signature that the service can check, and keeps the answer', async () => {
    const { url, seen } = await serve((response) =>
      response.setHeader('content-type', 'application/json').end('{"a":1}'),
    );
    const calls = callerAt({ kind: 'ok', url, timeoutMs: 5_000, outbound, signingKey: 'secret' });

    expect(await answered(calls, 'u1/v2/1')).toEqual({
      kind: 'response',
      status: 200,
      type: 'application/json',
      body: '{"a":1}',
    });
    const [{ headers, body } = { headers: {}, body: '' }] = seen;
    const at = String(headers['x-tidegate-timestamp']);
    const digest = createHmac('sha256', 'secret').update(`${at}.u1/v2/1.${body}`).digest('hex');
    expect([headers['idempotency-key'], at]).toEqual(['u1/v2/1', '1700000000']);
    expect(headers['x-tidegate-signature']).toBe(`sha256=${digest}`);
    expect(JSON.parse(body)).toEqual({ podHash: 'v2' });
  });

  it('is made once while it is under way and once it is answered', async () => {
    const { url, seen } = await serve((response) => response.end());
    const calls = callerAt({ kind: 'ok', url, timeoutMs: 5_000, outbound });
    const done = answered(calls, 'k');
    calls.start(call('k'), from);

    expect(calls.answers('u1').get('k')).toEqual({ kind: 'open' });
    await done;
    calls.start(call('k'), from);
    expect(seen).toHaveLength(1);
    expect(seen[0]?.headers['x-tidegate-signature']).toBeUndefined();
  });

  it('ends at its deadline without an answer', async () => {
    const { url } = await serve(() => undefined);
    const calls = callerAt({ kind: 'ok', url, timeoutMs: 50, outbound });

    expect(await answered(calls, 'k')).toMatchObject({ kind: 'none', why: expect.stringContaining('in time') });
  });

  it('is not made to an address that tenants may not name', async () => {
    const { url, seen } = await serve((response) => response.end());
    const strict = outboundClient({ policy: {}, userAgent: 'test' });
    const calls = callerAt({ kind: 'ok', url, timeoutMs: 5_000, outbound: strict });

    expect(await answered(calls, 'k')).toMatchObject({ kind: 'none', why: expect.stringContaining('loopback') });
    expect(seen).toEqual([]);
  });

  it('without address or key is no answer, and says why', async () => {
    const calls = callerAt({ kind: 'refused', why: 'Secret shop/gate does not exist' });
    expect(await answered(calls, 'k')).toEqual({ kind: 'none', why: 'Secret shop/gate does not exist' });

    const broken = caller({
      address: () => Promise.reject(new Error('boom')),
      clock: { now: () => 0 },
      signal: new AbortController().signal,
    });
    expect(await answered(broken, 'k')).toMatchObject({ kind: 'none' });
  });

  it('is forgotten with its Rollout, and old answers give way to new ones', async () => {
    const calls = callerAt({ kind: 'refused', why: 'no' });
    for (let index = 0; index < 100; index += 1) await answered(calls, `k${index}`);

    expect(calls.answers('u1').size).toBe(64);
    expect(calls.answers('u1').has('k99')).toBe(true);
    calls.forget('u1');
    expect(calls.answers('u1').size).toBe(0);
  });

  it('is never forgotten while it is under way, however many others are answered', async () => {
    let open: (addressed: Addressed) => void = () => undefined;
    const addressed = new Promise<Addressed>((resolve) => (open = resolve));
    const refused: Addressed = { kind: 'refused', why: 'no' };
    const address = ({ name }: { name: string }) => (name === 'slow' ? addressed : Promise.resolve(refused));
    const calls = caller({ address, clock: { now: () => 0 }, signal: new AbortController().signal });
    calls.start({ ...call('slow'), target: { kind: 'plugin', name: 'slow', operation: 'Run' } }, from);
    for (let index = 0; index < 70; index += 1) await answered(calls, `k${index}`);

    expect(calls.answers('u1').get('slow')).toEqual({ kind: 'open' });
    const woken = new Promise<void>((resolve) => calls.onChange(() => resolve()));
    open(refused);
    await woken;
    expect(calls.answers('u1').get('slow')).toMatchObject({ kind: 'none', why: 'no' });
  });

  it('that is answered after its Rollout has gone leaves nothing behind', async () => {
    const calls = callerAt({ kind: 'refused', why: 'no' });
    let woken = 0;
    calls.start(call('late'), from);
    calls.onChange(() => (woken += 1));
    calls.forget('u1');
    await new Promise((resolve) => setImmediate(resolve));

    expect(woken).toBe(0);
    expect(calls.answers('u1').size).toBe(0);
  });

  it('to AWS is answered by whoever asks AWS, and by nobody where that is not wanted', async () => {
    const question = { kind: 'targets', namespace: 'shop', service: 'web', mustExist: false } as const;
    const asked: unknown[] = [];
    const said = { kind: 'response', status: 200, type: 'application/json', body: '{}' } as const;
    const address = () => Promise.reject(new Error('AWS has no address'));
    const parts = { address, clock: { now: () => 0 }, signal: new AbortController().signal };
    const ask = (calls: Caller) =>
      new Promise<unknown>((resolve) => {
        calls.onChange(() => {
          const answer = calls.answers('u1').get('a');
          if (answer !== undefined && answer.kind !== 'open') resolve(answer);
        });
        calls.start({ key: 'a', target: { kind: 'aws', name: 'aws', question }, request: {} }, from);
      });
    const aws = (one: unknown) => {
      asked.push(one);
      return Promise.resolve(said);
    };

    expect(await ask(caller({ ...parts, aws }))).toEqual(said);
    expect(asked).toEqual([question]);
    expect(await ask(caller(parts))).toEqual({ kind: 'none', why: 'this controller does not ask AWS' });
  });
});
