import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeTempDir, removeTempDir } from '../test/bed/temp-dir.ts';
import { runSource } from './main.ts';
import { at, mergeWords, sourceConfig, startWorkbench, type Workbench } from '../test/integration/source/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

const caches = (of: Workbench) => join(of.dataDir, 'caches');
const files = (folder: string) => readdirSync(folder, { recursive: true }).map(String);

async function synced(of: Workbench, url: string) {
  return of.source.sync({ ...at(url), branch: 'main', paths: ['.'] });
}

describe('the cache of a repository', () => {
  it('has no file contents until they are read', async () => {
    const own = await startWorkbench();
    const commit = await bench.repositories.createRepository('blobless', {
      'app/a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n',
      'big.bin': 'x'.repeat(300_000),
    });
    await synced(own, bench.url('blobless'));
    const before = sizeOf(caches(own));

    const rendered = await own.source.render({ ...at(bench.url('blobless')), commit, path: 'app', alsoPaths: [] });
    const { status } = { status: rendered.kind };
    await own.stop();

    expect(before).toBeLessThan(100_000);
    expect(status).toBe('ok');
  });

  it('works with a server that knows no filter', async () => {
    const commit = await bench.repositories.createRepository('nofilter', {
      'app/a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n',
    });
    await bench.repositories.git('nofilter', ['config', 'uploadpack.allowFilter', 'false']);

    const rendered = await bench.source.render({
      ...at(bench.url('nofilter')),
      branch: 'main',
      commit,
      path: 'app',
      alsoPaths: [],
    });

    expect(rendered).toMatchObject({ kind: 'ok' });
  });

  it('works with a server that takes a filter but sends no single objects', async () => {
    const bin = makeTempDir('bin');
    // Protocol 0 has that restriction; the wrapper makes git speak it.
    writeFileSync(join(bin, 'git'), '#!/bin/sh\nexec /usr/bin/git -c protocol.version=0 "$@"\n', { mode: 0o755 });
    const own = await startWorkbench({ programPath: `${bin}:/usr/bin:/bin` });
    const commit = await bench.repositories.createRepository('old-server', {
      'app/a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\n',
    });
    await bench.repositories.git('old-server', ['config', 'uploadpack.allowAnySHA1InWant', 'false']);

    const answer = await own.source.render({
      ...at(bench.url('old-server')),
      branch: 'main',
      commit,
      path: 'app',
      alsoPaths: [],
    });
    const left = files(own.dataDir).filter((name) => name.endsWith('tidegate-full'));
    await own.stop();
    removeTempDir(bin);

    expect(answer).toMatchObject({ kind: 'ok' });
    expect(left).toHaveLength(1);
  });

  it('does not grow beyond what the operator allows', async () => {
    const own = await startWorkbench({ maxRepositoryBytes: 40_000 });
    const noise = Array.from({ length: 20_000 }, (_, index) => `${index}: ${(index * 2654435761) % 4294967296}\n`).join(
      '',
    );
    const commit = await bench.repositories.createRepository('huge', { 'app/a.yaml': noise });

    const answer = await own.source.render({
      ...at(bench.url('huge')),
      branch: 'main',
      commit,
      path: 'app',
      alsoPaths: [],
    });
    await own.stop();

    expect(answer).toMatchObject({
      kind: 'too-large',
      message: expect.stringContaining('larger than the operator allows'),
    });
  });

  it('takes a repository that names submodules and attributes', async () => {
    const modules = '[submodule "lib"]\n\tpath = lib\n\turl = https://example.com/lib\n';
    const tip = await bench.repositories.createRepository('modules', {
      '.gitmodules': modules,
      '.gitattributes': '* filter=evil merge=evil\n',
      'a.yaml': 'a: 1\n',
    });

    expect(await synced(bench, bench.url('modules'))).toMatchObject({ kind: 'ok', commit: tip });
  });

  it('refuses a tree that could write into .git', async () => {
    await bench.repositories.createRepository('evil', { a: '1' });
    const blob = (await bench.repositories.git('evil', ['hash-object', '-w', '--stdin'], 'x')).trim();
    const inner = (await bench.repositories.git('evil', ['mktree'], `100644 blob ${blob}\tconfig\n`)).trim();
    const tree = (await bench.repositories.git('evil', ['mktree'], `040000 tree ${inner}\t.git\n`)).trim();
    const commit = (
      await bench.repositories.git('evil', [
        '-c',
        'user.name=e',
        '-c',
        'user.email=e@x',
        'commit-tree',
        '-m',
        'x',
        tree,
      ])
    ).trim();
    await bench.repositories.setBranch('evil', 'main', commit);

    expect(await synced(bench, bench.url('evil'))).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('does not accept'),
    });
  });

  it('is made anew when it is damaged', async () => {
    await bench.repositories.createRepository('damaged', { a: '1' });
    await synced(bench, bench.url('damaged'));
    const key =
      readdirSync(caches(bench)).find((name) =>
        readFileSync(join(caches(bench), name, 'tidegate'), 'utf8').includes('damaged'),
      ) ?? '';
    for (const pack of files(join(caches(bench), key)).filter((name) => name.endsWith('.pack')))
      truncateSync(join(caches(bench), key, pack), 20);

    expect(await synced(bench, bench.url('damaged'))).toMatchObject({ kind: 'ok' });
  });

  it('is made anew when half of it is missing', async () => {
    const tip = await bench.repositories.createRepository('halved', { a: '1' });
    await synced(bench, bench.url('halved'));
    const key =
      readdirSync(caches(bench)).find((name) =>
        readFileSync(join(caches(bench), name, 'tidegate'), 'utf8').includes('halved'),
      ) ?? '';
    rmSync(join(caches(bench), key, 'HEAD'));
    rmSync(join(caches(bench), key, 'objects'), { recursive: true });

    expect(await synced(bench, bench.url('halved'))).toMatchObject({ kind: 'ok', commit: tip });
  });

  it('is not shared between credentials', async () => {
    await bench.repositories.createRepository('private', { a: '1' });
    const before = readdirSync(caches(bench)).length;

    for (const token of ['one-token', 'two-token'])
      await bench.source.sync({ ...at(bench.url('private'), { kind: 'token', token }), branch: 'main', paths: ['.'] });

    expect(readdirSync(caches(bench)).length).toBe(before + 2);
    expect(files(bench.dataDir).join('\n')).not.toContain('token');
  });

  it('is repacked after many fetches and still has everything', async () => {
    const good = await bench.repositories.createRepository('busy', { 'shop/a.yaml': 'a: 0\n' });
    let tip = good;
    for (let count = 1; count <= 45; count += 1) {
      tip = await bench.repositories.commit('busy', 'main', { 'shop/a.yaml': `a: ${count}\n` });
      await synced(bench, bench.url('busy'));
    }
    const key =
      readdirSync(caches(bench)).find((name) =>
        readFileSync(join(caches(bench), name, 'tidegate'), 'utf8').includes('busy'),
      ) ?? '';

    expect(files(join(caches(bench), key)).filter((name) => name.endsWith('.pack')).length).toBeLessThan(20);
    expect(
      await bench.source.merge({
        ...at(bench.url('busy')),
        branch: 'main',
        tip,
        paths: ['shop'],
        bad: tip,
        good,
        ...mergeWords,
      }),
    ).toMatchObject({ kind: 'merged' });
  }, 60_000);

  it('gives way when the disk cap is reached; the one used last stays', async () => {
    const own = await startWorkbench({ maxCacheBytes: 1 });
    for (const name of ['cap-1', 'cap-2']) {
      await bench.repositories.createRepository(name, { a: '1' });
      await synced(own, bench.url(name));
    }
    const left = readdirSync(caches(own));
    const again = await synced(own, bench.url('cap-1'));
    await own.stop();

    expect(left).toHaveLength(1);
    expect(again).toMatchObject({ kind: 'ok' });
  });
});

describe('starting', () => {
  it('clears what a killed process left behind', async () => {
    const folder = makeTempDir('source');
    const dataDir = join(folder, 'data');
    const first = await startWorkbench({ dataDir });
    await bench.repositories.createRepository('left', { a: '1' });
    await synced(first, bench.url('left'));
    const [key = ''] = readdirSync(caches(first));
    await first.stop();
    for (const name of ['shallow.lock', 'refs/tidegate/tips/x.lock', 'objects/pack/tmp_pack_1', 'config.lock'])
      writeFileSync(join(dataDir, 'caches', key, name), 'x');
    writeFileSync(join(dataDir, 'tmp', 'access-left'), 'key');

    const second = await startWorkbench({ dataDir });
    const answer = await synced(second, bench.url('left'));
    await second.stop();

    expect(answer).toMatchObject({ kind: 'ok' });
    expect(files(dataDir).filter((name) => /\.lock$|tmp_pack|access-/.test(name))).toEqual([]);
    removeTempDir(folder);
  });

  it('refuses a socket that another process serves', async () => {
    const config = { ...sourceConfig(bench.dataDir), socketPath: bench.socketPath };

    await expect(runSource(config, new AbortController().signal)).rejects.toThrow('Another source process');
  });
});

function sizeOf(folder: string): number {
  return files(folder)
    .filter((name) => name.includes('objects'))
    .reduce((sum, name) => sum + (readable(join(folder, name))?.length ?? 0), 0);
}

function readable(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return undefined;
    throw error;
  }
}
