/** Logs of simulated pods as the API server asks for them. */

import { afterEach, describe, expect, it } from 'vitest';
import { type LogLines, logLines } from './log-lines.ts';
import { type LogServer, startLogServer } from './log-server.ts';

let server: LogServer | undefined;
afterEach(() => server?.close());

async function serving(): Promise<{
  readonly lines: LogLines;
  readonly url: string;
  readonly tick: (ms: number) => void;
}> {
  let now = Date.UTC(2026, 0, 1);
  const lines = logLines(() => now);
  server = await startLogServer({
    now: () => now,
    find: (namespace, pod, container) => (`${namespace}/${pod}/${container}` === 'shop/web-1/app' ? lines : undefined),
  });
  const tick = (ms: number): void => {
    now += ms;
  };
  return { lines, url: `${server.url}/containerLogs/shop/web-1/app`, tick };
}

const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

describe('log server', () => {
  it('gives what is kept, its tail, its recent part, with times', async () => {
    const { lines, url, tick } = await serving();
    lines.write('one');
    tick(60_000);
    lines.write('two');

    expect(await textOf(url)).toBe('one\ntwo\n');
    expect(await textOf(`${url}?tailLines=1`)).toBe('two\n');
    expect(await textOf(`${url}?tailLines=0`)).toBe('');
    expect(await textOf(`${url}?sinceSeconds=10&timestamps=true`)).toBe('2026-01-01T00:01:00.000Z two\n');
    expect(await textOf(`${url}?limitBytes=3`)).toBe('one');
  });

  it('follows until the container is gone', async () => {
    const { lines, url } = await serving();
    lines.write('before');
    const response = await fetch(`${url}?follow=true`);
    lines.write('after');
    lines.end();

    expect(await response.text()).toBe('before\nafter\n');
  });

  it('says that it keeps no log of others', async () => {
    const { url } = await serving();

    expect((await fetch(url.replace('web-1', 'web-2'))).status).toBe(404);
  });

  it('keeps the newest thousand lines', () => {
    const lines = logLines(() => 0);
    for (let at = 0; at < 5_000; at += 1) lines.write(String(at));

    expect(lines.kept()).toHaveLength(1_000);
    expect(lines.kept().at(-1)?.text).toBe('4999');
  });
});
