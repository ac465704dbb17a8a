import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { run, type RunSpec } from './run.ts';

function shell(script: string, more: Partial<RunSpec> = {}) {
  return run({
    program: '/bin/sh',
    args: ['-c', script],
    env: { PATH: '/usr/bin:/bin' },
    cwd: tmpdir(),
    timeoutMs: 10_000,
    signal: new AbortController().signal,
    ...more,
  });
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error);
  }
};

describe('run', () => {
  it('gives exit code, output and errors', async () => {
    const result = await shell('cat; echo oops >&2; exit 3', { input: 'hello' });

    expect(result).toMatchObject({ kind: 'done', code: 3, stderr: 'oops\n' });
    expect(result.kind === 'done' && result.stdout.toString()).toBe('hello');
  });

  it('hands on nothing of our environment', async () => {
    const result = await shell('env', { env: { A: 'b', PATH: '/usr/bin:/bin' } });

    const names =
      result.kind === 'done'
        ? result.stdout
            .toString()
            .split('\n')
            .map((line) => line.split('=')[0])
            .filter((name) => name !== '' && !['_', 'PWD', 'SHLVL', 'OLDPWD'].includes(name ?? ''))
        : [];
    expect(new Set(names)).toEqual(new Set(['A', 'PATH']));
  });

  it('ends a slow program and everything it started', async () => {
    const result = await shell('sleep 60 & echo $!; wait', { timeoutMs: 200 });
    expect(result).toEqual({ kind: 'timeout' });
  });

  it('ends a program that ignores being asked', async () => {
    const startedAt = performance.now();

    const result = await shell('trap "" TERM; while :; do sleep 1; done', { timeoutMs: 100 });

    expect(result).toEqual({ kind: 'timeout' });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('ends with its signal, children included', async () => {
    const stop = new AbortController();
    const marker = `6${process.pid}.5`;
    const running = shell(`sleep ${marker} & wait`, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);

    expect(await running).toEqual({ kind: 'aborted' });
    const left = await shell(`pgrep -f 'sleep ${marker}' | grep -v $$ || true`);
    const pids = left.kind === 'done' ? left.stdout.toString().split('\n').filter(Boolean).map(Number) : [];
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('ends a program that writes too much', async () => {
    expect(await shell('yes', { maxOutputBytes: 10_000 })).toEqual({ kind: 'too-large' });
  });

  it('keeps first and last of endless error output', async () => {
    const result = await shell(
      'echo first >&2; i=0; while [ $i -lt 3000 ]; do echo "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" >&2; i=$((i+1)); done; echo last >&2',
    );

    expect(result.kind === 'done' && result.stderr.length).toBeLessThan(140_000);
    expect(result.kind === 'done' && [result.stderr.startsWith('first'), result.stderr.endsWith('last\n')]).toEqual([
      true,
      true,
    ]);
  });

  it('says when a program can not be started', async () => {
    const result = await run({
      program: '/nonexistent/x',
      args: [],
      env: {},
      cwd: '/nonexistent',
      timeoutMs: 1000,
      signal: new AbortController().signal,
    });

    expect(result.kind).toBe('no-program');
  });

  it('starts nothing for a signal that has ended', async () => {
    expect(await shell('echo x', { signal: AbortSignal.abort() })).toEqual({ kind: 'aborted' });
  });
});
