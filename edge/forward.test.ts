import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fakeClock } from '../kube/fake-clock.ts';
import { silentLog } from '../kube/silent-log.ts';
import { serveHints } from '../controller/server/hints.ts';
import { forwardHints } from './forward.ts';
import { maxHintBytes, type Hint } from './hint.ts';

const hint: Hint = { repository: 'https://git.test/shop.git', branch: 'main' };
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function controller(token: string): Promise<{ url: string; taken: Hint[] }> {
  const taken: Hint[] = [];
  const server = await serveHints({
    port: 0,
    address: '127.0.0.1',
    token: async () => token,
    hint: (one) => void taken.push(one),
  });
  open.push(server);
  return { url: `http://127.0.0.1:${server.port}`, taken };
}

function options(controllers: readonly string[]) {
  const clock = { ...fakeClock(0), sleep: () => Promise.resolve() };
  return { controllers, token: async () => 'shared', clock, log: silentLog, signal: new AbortController().signal };
}

describe('hints on their way to the controllers', () => {
  it('reach every replica', async () => {
    const [one, two] = [await controller('shared'), await controller('shared')];

    await forwardHints([hint], options([one.url, two.url]));

    expect([one.taken, two.taken]).toEqual([[hint], [hint]]);
  });

  it('are not taken without the shared token, nor with an empty one', async () => {
    const [other, empty] = [await controller('another'), await controller('')];

    await forwardHints([hint], options([other.url, empty.url]));

    expect([other.taken, empty.taken]).toEqual([[], []]);
    const answer = await fetch(`${empty.url}/hints`, { method: 'POST', headers: { authorization: 'Bearer ' } });
    expect(answer.status).toBe(401);
  });

  it('are sent again to a controller that has no time, and given up after three times', async () => {
    let asked = 0;
    const busy: Server = createServer((_, response) => {
      asked += 1;
      response.writeHead(503).end();
    });
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    open.push({ close: () => busy.close() });

    await forwardHints([hint], options([`http://127.0.0.1:${(busy.address() as AddressInfo).port}`]));

    expect(asked).toBe(3);
  });
});

describe('when edge ends', () => {
  it('what waits is sent once more, and nothing is tried again', async () => {
    const { url, taken } = await controller('shared');
    const ended = { ...options([url, 'http://127.0.0.1:1']), signal: AbortSignal.abort() };

    await forwardHints([hint], ended);

    expect(taken).toEqual([hint]);
  });
});

describe('the hint port of a controller', () => {
  it.each([
    ['too long', 'x'.repeat(maxHintBytes + 1), 413],
    ['no JSON', 'main', 400],
    ['more than a hint', JSON.stringify({ ...hint, commit: 'abc' }), 400],
    ['a hint', JSON.stringify(hint), 202],
  ])('answers a body that is %s', async (_, body, status) => {
    const { url } = await controller('shared');

    const answer = await fetch(`${url}/hints`, { method: 'POST', body, headers: { authorization: 'Bearer shared' } });

    expect(answer.status).toBe(status);
  });
});
