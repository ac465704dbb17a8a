/** The child that serves repositories: started, started again when it dies, never given the controller's environment, ended with it. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Log } from '../kube/api.ts';
import { systemClock } from '../kube/clock.ts';
import { startSourceProcess } from './source-process.ts';

describe('the source process', () => {
  let folder: string;
  let stop: AbortController;
  const told: string[] = [];
  const quiet = () => undefined;
  const log: Log = { debug: quiet, info: quiet, error: quiet, warn: (message) => void told.push(message) };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidegate-source-process-'));
    stop = new AbortController();
    told.length = 0;
  });
  afterEach(() => {
    stop.abort();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (script: string, more: { graceMs?: number } = {}) =>
    startSourceProcess({
      command: [process.execPath, '-e', script, join(folder, 'out')],
      env: { ONLY: 'this' },
      clock: systemClock,
      log,
      signal: stop.signal,
      firstDelayMs: 5,
      maxDelayMs: 20,
      ...more,
    });
  const lines = (): string[] =>
    readFileSync(join(folder, 'out'), { encoding: 'utf8', flag: 'a+' }).split('\n').filter(Boolean);
  const until = async (test: () => boolean): Promise<void> => {
    while (!test()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const append =
    "require('node:fs').appendFileSync(process.argv[1], JSON.stringify(Object.keys(process.env)) + '\\n');";

  it('is started again whenever it dies, with a word in the log', async () => {
    const child = start(`${append} process.exit(3)`);
    await until(() => lines().length >= 3);
    stop.abort();
    await child.ended;

    expect(child.restarts()).toBeGreaterThanOrEqual(2);
    expect(told[0]).toBe('source process ended, starting it again');
  });

  it('gets nothing of the environment but what it is given', async () => {
    const child = start(`${append} setInterval(() => {}, 1000)`);
    await until(() => lines().length === 1);
    stop.abort();
    await child.ended;

    expect(JSON.parse(lines()[0] ?? '')).toEqual(['ONLY']);
  });

  it('ends with its controller, by force when it does not listen', async () => {
    const child = start(`process.on('SIGTERM', () => {}); ${append} setInterval(() => {}, 1000)`, { graceMs: 50 });
    await until(() => lines().length === 1);
    stop.abort();
    await child.ended;

    expect(child.pid()).toBeUndefined();
    expect(child.restarts()).toBe(0);
  });

  it('that can not be started is tried again, and nothing throws', async () => {
    const child = startSourceProcess({
      command: [join(folder, 'missing')],
      env: {},
      clock: systemClock,
      log,
      signal: stop.signal,
      firstDelayMs: 5,
      maxDelayMs: 10,
    });
    await until(() => child.restarts() >= 2);
    stop.abort();
    await child.ended;

    expect(told.length).toBeGreaterThanOrEqual(2);
  });
});
