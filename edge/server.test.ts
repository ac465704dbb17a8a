import { afterEach, describe, expect, it } from 'vitest';
import type { Log } from '../kube/api.ts';
import type { Hint } from './hint.ts';
import { type Edge, type EdgeOptions, maxWebhookBytes, startEdge } from './server.ts';
import { hmacOf } from './webhook.ts';

const secret = 'the-webhook-secret';
const told: string[] = [];
const say = (message: string, fields?: object): void => void told.push(`${message} ${JSON.stringify(fields ?? {})}`);
const log: Log = { debug: say, info: say, warn: say, error: say };

let edge: Edge | undefined;
let sent: (readonly Hint[])[] = [];
afterEach(async () => {
  await edge?.close();
  edge = undefined;
  sent = [];
  told.length = 0;
});

async function start(changes: Partial<EdgeOptions> = {}): Promise<void> {
  edge = await startEdge({
    port: 0,
    address: '127.0.0.1',
    secrets: async () => [secret],
    forward: (hints) => void sent.push(hints),
    log,
    monotonicMs: () => 0,
    windowMs: 60_000,
    ...changes,
  });
}

/** Ends the server, which sends what waits. */
async function flushed(): Promise<readonly (readonly Hint[])[]> {
  await edge?.close();
  edge = undefined;
  return sent;
}

function push(branch: string, number = 1): string {
  return JSON.stringify({
    ref: `refs/heads/${branch}`,
    number,
    repository: { clone_url: 'https://git.test/shop.git' },
  });
}

function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
  const signed = { 'x-hub-signature-256': `sha256=${hmacOf(Buffer.from(body), secret)}` };
  return fetch(`http://127.0.0.1:${edge?.port}/hooks`, { method: 'POST', body, headers: { ...signed, ...headers } });
}

describe('POST /hooks', () => {
  it('takes a signed push and sends one hint', async () => {
    await start();

    expect((await post(push('main'))).status).toBe(202);

    expect(await flushed()).toEqual([[{ repository: 'https://git.test/shop.git', branch: 'main' }]]);
  });

  it('sends hints that come together once per branch', async () => {
    await start();
    for (const [index, branch] of ['main', 'main', 'next', 'main'].entries()) await post(push(branch, index));

    expect((await flushed()).flat().map(({ branch }) => branch)).toEqual(['main', 'next']);
  });

  it('refuses what is not signed, and neither answer nor log shows a secret', async () => {
    await start();

    const wrong = await post(push('main'), { 'x-hub-signature-256': 'sha256=00' });
    const unsigned = await fetch(`http://127.0.0.1:${edge?.port}/hooks`, { method: 'POST', body: push('main') });

    expect([wrong.status, unsigned.status]).toEqual([401, 401]);
    const token = await fetch(`http://127.0.0.1:${edge?.port}/hooks`, {
      method: 'POST',
      body: push('main'),
      headers: { 'x-gitlab-token': 'a-guess' },
    });
    expect(`${await wrong.text()}${await token.text()}${told.join()}`).not.toMatch(/the-webhook-secret|a-guess/);
    expect(await flushed()).toEqual([]);
  });

  it('takes a delivery once: neither its number nor its body can be used again', async () => {
    await start();
    const answers = [];
    for (const [body, number] of [
      [push('main'), 'a'],
      [push('main'), 'b'],
      [push('next'), 'a'],
      [push('other'), 'c'],
    ] as const)
      answers.push(await (await post(body, { 'x-github-delivery': number })).text());

    expect(answers.map((text) => text.trim())).toEqual([
      'Taken.',
      'This delivery was here before.',
      'This delivery was here before.',
      'Taken.',
    ]);
    expect((await flushed()).flat().map(({ branch }) => branch)).toEqual(['main', 'other']);
  });

  it('answers 413 to a body over 1 MiB, whether its length is told or not', async () => {
    await start();
    const big = 'x'.repeat(maxWebhookBytes + 1);
    const stream = new ReadableStream({
      start(controller) {
        for (let sentBytes = 0; sentBytes <= maxWebhookBytes; sentBytes += 65_536)
          controller.enqueue(new TextEncoder().encode('x'.repeat(65_536)));
        controller.close();
      },
    });
    const url = `http://127.0.0.1:${edge?.port}/hooks`;

    expect((await fetch(url, { method: 'POST', body: big })).status).toBe(413);
    const streamed = await fetch(url, { method: 'POST', body: stream, duplex: 'half' });
    expect(streamed.status).toBe(413);
  });

  it('answers 429 with Retry-After to a source that sends too much, until time has passed', async () => {
    let now = 0;
    await start({ perMinute: 60, burst: 2, monotonicMs: () => now });
    const statuses = [];
    for (let index = 0; index < 3; index += 1) statuses.push((await post(push('main', index))).status);
    const refused = await post(push('main', 9));
    now = 1_000;

    expect(statuses).toEqual([202, 202, 429]);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await post(push('main', 10))).status).toBe(202);
  });

  it('answers 400, 404 and 405 in words', async () => {
    await start();
    const base = `http://127.0.0.1:${edge?.port}`;

    expect(await (await post('{}')).text()).toMatch(/^The body names no repository and branch/);
    expect((await post('{}')).status).toBe(400);
    expect((await fetch(`${base}/`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${base}/hooks`)).status).toBe(405);
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
  });
});
