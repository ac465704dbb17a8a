import { connect } from 'node:net';
import { createServer, request } from 'node:http';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../test/bed/temp-dir.ts';
import { sourceClient } from './client.ts';
import { serve } from './server.ts';
import { at, startWorkbench, type Workbench } from '../test/integration/source/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench({ version: '1.2.3' });
});
afterAll(() => bench.stop());

function raw(path: string, body: string, method = 'POST'): Promise<{ status: number; body: unknown }> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: bench.socketPath, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    call.on('error', reject);
    call.end(body);
  });
}

describe('the server', () => {
  it('answers ping with its versions', async () => {
    expect(await bench.source.ping({ deadlineMs: 1000 })).toMatchObject({
      kind: 'ok',
      version: '1.2.3',
      git: expect.stringMatching(/^\d+\.\d+/),
    });
  });

  it('lets nobody else open its socket', () => {
    expect(statSync(bench.socketPath).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(bench.socketPath)).mode & 0o777).toBe(0o700);
  });

  it('refuses what the contract does not know, without quoting it', async () => {
    const answers = await Promise.all([
      raw('/v1/sync', 'not json'),
      raw('/v1/sync', JSON.stringify({ ...at('https://h/x'), branch: 'main', paths: ['.'], extra: 1 })),
      raw(
        '/v1/sync',
        JSON.stringify({
          repository: 'https://h/x',
          credentials: { kind: 'token', token: 5, secret: 'hidden' },
          deadlineMs: 1,
          branch: 'x',
          paths: ['.'],
        }),
      ),
    ]);

    expect(answers.map((answer) => answer.body)).toEqual(Array(3).fill(expect.objectContaining({ kind: 'refused' })));
    expect(JSON.stringify(answers)).not.toContain('hidden');
  });

  it('knows no other paths and methods', async () => {
    expect(await raw('/v1/exec', '{}')).toMatchObject({ status: 404 });
    expect(await raw('/v1/toString', '{}')).toMatchObject({ status: 404 });
    expect(await raw('/', '{}')).toMatchObject({ status: 404 });
  });

  it('refuses a body that is too large', async () => {
    expect(await raw('/v1/sync', 'x'.repeat(3 * 1024 * 1024))).toMatchObject({ status: 413 });
  });

  it('goes on when a caller breaks off', async () => {
    const socket = connect(bench.socketPath);
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('POST /v1/ping HTTP/1.1\r\ncontent-length: 100\r\n\r\n{');
    socket.destroy();

    expect(await bench.source.ping({ deadlineMs: 1000 })).toMatchObject({ kind: 'ok' });
  });

  it('does not serve when its end was asked for while it started, as after the death of the controller', async () => {
    const folder = makeTempDir('source');
    const socketPath = join(folder, 's', 's');
    const stop = new AbortController();
    const never = () => Promise.reject(new Error('not called'));

    const serving = serve({
      socketPath,
      handlers: { ping: never, sync: never, render: never, compare: never, merge: never, push: never },
      maxCalls: 1,
      maxDeadlineMs: 1000,
      signal: stop.signal,
      prepare: () => Promise.resolve(stop.abort(new Error('the controller died'))),
    });

    await expect(serving).rejects.toThrow('the controller died');
    expect((await sourceClient({ socketPath }).ping({ deadlineMs: 1_000 })).kind).toBe('unreachable');
    removeTempDir(folder);
  });

  it('tells those who come too many to come back', async () => {
    const folder = makeTempDir('source');
    const socketPath = join(folder, 's', 's');
    const gate = Promise.withResolvers<void>();
    const stop = new AbortController();
    const slow = async () => {
      await gate.promise;
      return { kind: 'ok' as const, version: '1', git: '1' };
    };
    const never = () => Promise.reject(new Error('not called'));
    await serve({
      socketPath,
      handlers: { ping: slow, sync: never, render: never, compare: never, merge: never, push: never },
      maxCalls: 1,
      maxDeadlineMs: 1000,
      signal: stop.signal,
      prepare: () => Promise.resolve(),
    });
    const client = sourceClient({ socketPath });
    const first = client.ping({ deadlineMs: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 50));

    const second = await client.ping({ deadlineMs: 5_000 });
    gate.resolve();

    expect(second).toMatchObject({ kind: 'unreachable', retryAfterMs: expect.any(Number) });
    expect(await first).toMatchObject({ kind: 'ok' });
    stop.abort();
    removeTempDir(folder);
  });
});

describe('the client', () => {
  it('says unreachable when nobody serves', async () => {
    const client = sourceClient({ socketPath: '/nonexistent/s' });

    expect(await client.sync({ ...at('https://user:pw@h/x'), branch: 'main', paths: ['.'] })).toEqual({
      kind: 'unreachable',
      message: 'The source process gave no answer to sync of https://h/x: ENOENT.',
    });
  });

  it.each<[string, string, (socket: string) => Promise<() => void>]>([
    ['hangs', 'timeout', (socket) => listenWith(socket, () => undefined)],
    ['answers rubbish', 'unreachable', (socket) => listenWith(socket, (end) => end('rubbish'))],
    ['answers outside the contract', 'internal', (socket) => listenWith(socket, (end) => end('{"kind":"odd"}'))],
  ])('gives a fault when the process %s', async (_what, kind, listen) => {
    const folder = makeTempDir('source');
    const socketPath = join(folder, 's');
    const close = await listen(socketPath);

    const answer = await sourceClient({ socketPath, graceMs: 50 }).ping({ deadlineMs: 100 });
    close();
    removeTempDir(folder);

    expect(answer.kind).toBe(kind);
  });

  it('gives up with its caller', async () => {
    const folder = makeTempDir('source');
    const socketPath = join(folder, 's');
    const close = await listenWith(socketPath, () => undefined);
    const stop = new AbortController();
    const answer = sourceClient({ socketPath }).ping({ deadlineMs: 60_000 }, stop.signal);
    stop.abort();

    expect((await answer).kind).toBe('unreachable');
    close();
    removeTempDir(folder);
  });
});

async function listenWith(socketPath: string, answer: (end: (text: string) => void) => void): Promise<() => void> {
  const server = createServer((_request, response) => answer((text) => response.end(text)));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return () => {
    server.closeAllConnections();
    server.close();
  };
}
