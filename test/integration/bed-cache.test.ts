/** The cache of built programs: made once, whole or not at all, whatever happens to the process that makes it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cached } from '../bed/cache.ts';
import { controlPlane, gateway, goPartKey } from '../bed/go-build.ts';
import { tryRun } from '../bed/run-command.ts';

describe('cached parts', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'tidegate-cache-'));
    vi.stubEnv('TIDEGATE_CACHE_DIR', root);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(root, { recursive: true, force: true });
  });

  it('makes a part once for processes that ask at the same time', async () => {
    const script = `
      const { appendFileSync, writeFileSync } = await import('node:fs');
      const { cached } = await import(${JSON.stringify(join(import.meta.dirname, '../bed/cache.ts'))});
      await cached('part-1', async (folder) => {
        appendFileSync(${JSON.stringify(join(root, 'made'))}, 'x');
        writeFileSync(folder + '/program', 'done');
      });`;
    const ask = () => tryRun(process.execPath, ['--input-type=module', '-e', script]);
    const results = await Promise.all([ask(), ask(), ask()]);
    expect(results.map((result) => result.code)).toEqual([0, 0, 0]);
    expect(readFileSync(join(root, 'made'), 'utf8')).toBe('x');
    expect(readdirSync(root).toSorted()).toEqual(['made', 'part-1']);
  });

  it('keeps nothing of a part that could not be made', async () => {
    const failing = cached('part-2', (folder) => {
      writeFileSync(join(folder, 'half'), '');
      return Promise.reject(new Error('compiler crashed'));
    });
    await expect(failing).rejects.toThrow('compiler crashed');
    expect(readdirSync(root)).toEqual([]);
  });

  it('takes over from a process that died while making the part', async () => {
    const dead = await tryRun('sh', ['-c', 'echo $$']);
    writeFileSync(join(root, 'part-3.lock'), dead.stdout.trim());
    mkdirSync(join(root, 'part-3.making-AbCdEf'));
    const path = await cached('part-3', (folder) => {
      writeFileSync(join(folder, 'program'), '');
      return Promise.resolve();
    });
    expect(existsSync(join(path, 'program'))).toBe(true);
    expect(readdirSync(root)).toEqual(['part-3']);
  });

  it('builds anew when a version or a flag changes', () => {
    expect(goPartKey(controlPlane)).toMatch(/^control-plane-v\d+\.\d+\.\d+-[0-9a-f]{8}$/);
    expect(goPartKey({ ...gateway, ldflags: '-X other=1' })).not.toBe(goPartKey(gateway));
  });
});
