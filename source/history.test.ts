import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, startWorkbench, type Workbench } from '../test/integration/source/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

describe('sync', () => {
  it('gives tip, author and the tree of each path', async () => {
    const first = await bench.repositories.createRepository(
      'tips',
      { 'apps/shop/a.yaml': 'a: 1\n', 'top.yaml': 'b: 1\n' },
      { at: new Date('2026-01-01T00:00:00Z'), message: 'one\n\nbody' },
    );

    const answer = await bench.source.sync({
      ...at(bench.url('tips')),
      branch: 'main',
      paths: ['apps/shop/', '.', 'top.yaml', 'none'],
    });

    expect(answer).toMatchObject({
      kind: 'ok',
      commit: first,
      subject: 'one',
      author: 'Dana Developer <dana@example.com>',
      committedAt: '2026-01-01T00:00:00.000Z',
    });
    expect(answer.kind === 'ok' && answer.trees['none']).toBe(null);
    expect(answer.kind === 'ok' && answer.trees['apps/shop/']).toMatch(/^[0-9a-f]{40}$/);
  });

  it('keeps the tree id of a path when only other paths change', async () => {
    await bench.repositories.createRepository('other', { 'a/x.yaml': '1', 'b/y.yaml': '1' });
    const before = await bench.source.sync({ ...at(bench.url('other')), branch: 'main', paths: ['a', 'b'] });
    await bench.repositories.commit('other', 'main', { 'b/y.yaml': '2' });

    const after = await bench.source.sync({ ...at(bench.url('other')), branch: 'main', paths: ['a', 'b'] });

    expect(
      before.kind === 'ok' &&
        after.kind === 'ok' && [before.trees['a'] === after.trees['a'], before.trees['b'] === after.trees['b']],
    ).toEqual([true, false]);
  });

  it('follows a branch that was rewound by force', async () => {
    const first = await bench.repositories.createRepository('rewound', { a: '1' });
    await bench.repositories.commit('rewound', 'main', { a: '2' });
    await bench.source.sync({ ...at(bench.url('rewound')), branch: 'main', paths: ['.'] });
    await bench.repositories.setBranch('rewound', 'main', first);

    const answer = await bench.source.sync({ ...at(bench.url('rewound')), branch: 'main', paths: ['.'] });

    expect(answer).toMatchObject({ kind: 'ok', commit: first });
  });

  it('follows branch "a" deleted and "a/b" made instead', async () => {
    const first = await bench.repositories.createRepository('df', { a: '1' });
    await bench.repositories.setBranch('df', 'a', first);
    await bench.source.sync({ ...at(bench.url('df')), branch: 'a', paths: ['.'] });
    await bench.repositories.setBranch('df', 'a', undefined);
    await bench.repositories.setBranch('df', 'a/b', first);

    expect(await bench.source.sync({ ...at(bench.url('df')), branch: 'a/b', paths: ['.'] })).toMatchObject({
      kind: 'ok',
      commit: first,
    });
  });

  it('names a branch that does not exist', async () => {
    await bench.repositories.createRepository('nobranch', { a: '1' });

    const answer = await bench.source.sync({ ...at(bench.url('nobranch')), branch: 'release', paths: ['.'] });

    expect(answer).toEqual({
      kind: 'not-found',
      message: `Repository ${bench.url('nobranch')} has no branch "release".`,
    });
  });

  it('names a repository that does not exist', async () => {
    const answer = await bench.source.sync({ ...at(bench.url('nowhere')), branch: 'main', paths: ['.'] });

    expect(answer).toMatchObject({ kind: 'not-found', message: expect.stringContaining(bench.url('nowhere')) });
  });

  it('gives bounded author and subject without control characters', async () => {
    await bench.repositories.createRepository('texts', { a: '1' }, { message: `evil \u001b[31m${'x'.repeat(500)}` });

    const answer = await bench.source.sync({ ...at(bench.url('texts')), branch: 'main', paths: ['.'] });

    expect(answer.kind === 'ok' && answer.subject.length).toBe(200);
    expect(answer.kind === 'ok' && answer.subject.includes('\u001b')).toBe(false);
  });

  it('shares one fetch among calls that come together', async () => {
    await bench.repositories.createRepository('many', { a: '1' });

    const answers = await Promise.all(
      Array.from({ length: 20 }, () => bench.source.sync({ ...at(bench.url('many')), branch: 'main', paths: ['.'] })),
    );

    expect(new Set(answers.map((answer) => answer.kind))).toEqual(new Set(['ok']));
  });
});

describe('compare', () => {
  it('says ancestry, distance and whether paths differ', async () => {
    const first = await bench.repositories.createRepository('cmp', { 'a/x': '1', 'b/y': '1' });
    await bench.repositories.commit('cmp', 'main', { 'b/y': '2' });
    await bench.repositories.commit('cmp', 'main', { 'a/x': '2' });
    const last = await bench.repositories.commit('cmp', 'main', { 'a/x': '1', 'b/y': '3' });

    const answer = await bench.source.compare({
      ...at(bench.url('cmp')),
      branch: 'main',
      commit: first,
      other: last,
      paths: ['a'],
    });

    expect(answer).toEqual({
      kind: 'ok',
      sameTree: true,
      isAncestor: true,
      commitsBetween: 3,
      commitsTouchingPaths: 2,
      noAutoRevert: [],
    });
  });

  it('names the commits on the paths whose trailer forbids a revert by machine', async () => {
    const first = await bench.repositories.createRepository('trailers', { 'a/x': '1', 'b/y': '1' });
    const message = 'migrate\n\nDrops a column.\n\nNo-Auto-Revert: schema';
    const migration = await bench.repositories.commit('trailers', 'main', { 'a/x': '2' }, { message });
    await bench.repositories.commit('trailers', 'main', { 'a/x': '3' }, { message: 'x\n\nno-auto-revert: false' });
    await bench.repositories.commit('trailers', 'main', { 'a/x': '4' }, { message: 'no-auto-revert: in a subject' });
    const other = await bench.repositories.commit('trailers', 'main', { 'b/y': '2' }, { message });
    const range = { ...at(bench.url('trailers')), branch: 'main', commit: first, other };

    expect(await bench.source.compare({ ...range, paths: ['a'] })).toMatchObject({ noAutoRevert: [migration] });
    expect(await bench.source.compare({ ...range, paths: ['.'] })).toMatchObject({ noAutoRevert: [other, migration] });
  });

  it('says not-found for a commit the repository does not have', async () => {
    const first = await bench.repositories.createRepository('cmp2', { a: '1' });

    const answer = await bench.source.compare({
      ...at(bench.url('cmp2')),
      branch: 'main',
      commit: first,
      other: 'a'.repeat(40),
      paths: ['.'],
    });

    expect(answer).toMatchObject({ kind: 'not-found' });
  });
});
