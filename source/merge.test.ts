import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitFiles } from '../test/bed/git-repository.ts';
import type { MergeRequest } from './contract.ts';
import { at, mergeWords, startWorkbench, type Workbench } from '../test/integration/source/workbench.ts';

let bench: Workbench;
let made = 0;

beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

const app = (image: string, extra = '') => `kind: Rollout\nimage: ${image}\n${'# filler\n'.repeat(10)}${extra}`;

interface Story {
  readonly name: string;
  readonly good: string;
  readonly bad: string;
}

/** A repository with a good commit and, on top, a bad one. */
async function story(goodFiles: GitFiles, badFiles: GitFiles): Promise<Story> {
  made += 1;
  const name = `story-${made}`;
  const good = await bench.repositories.createRepository(name, { 'README.md': 'hello\n', ...goodFiles });
  const bad = await bench.repositories.commit(name, 'main', badFiles, { message: 'bad' });
  return { name, good, bad };
}

function merge({ name, good, bad }: Story, tip: string, more: Partial<MergeRequest> = {}) {
  return bench.source.merge({
    ...at(bench.url(name)),
    branch: 'main',
    tip,
    paths: ['shop'],
    bad,
    good,
    ...mergeWords,
    ...more,
  });
}

/** Merges and pushes; what the branch then says. */
async function mergeAndPush(told: Story, tip: string, more: Partial<MergeRequest> = {}) {
  const merged = await merge(told, tip, more);
  if (merged.kind !== 'merged') throw new Error(`not merged: ${JSON.stringify(merged)}`);
  const pushed = await bench.source.push({
    ...at(bench.url(told.name)),
    branch: 'main',
    commit: merged.commit,
    expectedTip: tip,
  });
  return { merged, pushed, tip: await bench.repositories.tip(told.name) };
}

const treeOf = async (name: string, commit: string, path: string) =>
  (await bench.repositories.git(name, ['ls-tree', '-r', commit, '--', path])).trim();

describe('a revert', () => {
  it('puts the closure back to the good content in one commit on the tip', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });

    const { merged, pushed, tip } = await mergeAndPush(told, told.bad);

    expect(pushed).toEqual({ kind: 'pushed' });
    expect(merged).toEqual({ kind: 'merged', commit: tip, parent: told.bad, changed: ['shop/app.yaml'] });
    const [commit] = await bench.repositories.log(told.name);
    expect(commit).toMatchObject({
      parents: [told.bad],
      author: mergeWords.author,
      committer: mergeWords.author,
      committedAtS: 1767323045,
      message: mergeWords.message,
    });
    expect(await treeOf(told.name, 'main', 'shop')).toBe(await treeOf(told.name, told.good, 'shop'));
  });

  it('is the same commit for the same input', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });

    const [first, second] = [await merge(told, told.bad), await merge(told, told.bad)];

    expect(first).toEqual(second);
  });

  it('is the same commit when the cache was lost in between', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const other = await startWorkbench();

    const [first, second] = [
      await merge(told, told.bad),
      await other.source.merge({
        ...at(bench.url(told.name)),
        branch: 'main',
        tip: told.bad,
        paths: ['shop'],
        bad: told.bad,
        good: told.good,
        ...mergeWords,
      }),
    ];
    await other.stop();

    expect(first).toEqual(second);
  });

  it('keeps a later edit elsewhere in the same file', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const tip = await bench.repositories.commit(told.name, 'main', { 'shop/app.yaml': app('2', 'note: kept\n') });

    await mergeAndPush(told, tip);

    expect(await bench.repositories.readFile(told.name, 'main', 'shop/app.yaml')).toBe(app('1', 'note: kept\n'));
  });

  it('keeps what others changed in other files of the path and elsewhere', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const tip = await bench.repositories.commit(told.name, 'main', {
      'shop/new.yaml': 'new: 1\n',
      'pay/x.yaml': 'x: 1\n',
    });

    const { merged } = await mergeAndPush(told, tip);

    expect(merged).toMatchObject({ changed: ['shop/app.yaml'] });
    expect(await bench.repositories.readFile(told.name, 'main', 'shop/new.yaml')).toBe('new: 1\n');
    expect(await bench.repositories.readFile(told.name, 'main', 'pay/x.yaml')).toBe('x: 1\n');
  });

  it('leaves another app of the same bad commit alone', async () => {
    const told = await story(
      { 'shop/app.yaml': app('1'), 'pay/app.yaml': app('1') },
      { 'shop/app.yaml': app('2'), 'pay/app.yaml': app('2') },
    );

    await mergeAndPush(told, told.bad);

    expect(await bench.repositories.changedFiles(told.name, 'main')).toEqual(['shop/app.yaml']);
    expect(await bench.repositories.readFile(told.name, 'main', 'pay/app.yaml')).toBe(app('2'));
  });

  it('undoes a range of commits at once', async () => {
    const told = await story({ 'shop/app.yaml': app('1'), 'shop/conf.yaml': 'a: 1\n' }, { 'shop/app.yaml': app('2') });
    const later = await bench.repositories.commit(told.name, 'main', { 'shop/conf.yaml': 'a: 2\n' });

    const { merged } = await mergeAndPush({ ...told, bad: later }, later);

    expect(merged).toMatchObject({ changed: ['shop/app.yaml', 'shop/conf.yaml'] });
  });

  it('needs no mainline when the bad commit is a merge', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'pay/app.yaml': app('1') });
    await bench.repositories.setBranch(told.name, 'feature', told.good);
    const side = await bench.repositories.commit(told.name, 'feature', { 'shop/app.yaml': app('2') });
    const bad = await bench.repositories.commit(
      told.name,
      'main',
      { 'shop/app.yaml': app('2') },
      { mergeOf: [side], message: 'merge' },
    );

    const { merged } = await mergeAndPush({ ...told, bad }, bad);

    expect(merged).toMatchObject({ parent: bad, changed: ['shop/app.yaml'] });
    expect(await bench.repositories.readFile(told.name, 'main', 'pay/app.yaml')).toBe(app('1'));
  });

  it('covers several paths, also one inside another and one that is a file', async () => {
    const told = await story(
      { 'shop/app.yaml': app('1'), 'base/b.yaml': 'b: 1\n', 'one.yaml': 'o: 1\n' },
      { 'shop/app.yaml': app('2'), 'base/b.yaml': 'b: 2\n', 'one.yaml': 'o: 2\n', 'two.yaml': 't: 2\n' },
    );

    const { merged } = await mergeAndPush(told, told.bad, { paths: ['shop', 'shop/app.yaml', 'base', 'one.yaml'] });

    expect(merged).toMatchObject({ changed: ['base/b.yaml', 'one.yaml', 'shop/app.yaml'] });
  });

  it('covers the whole repository for "."', async () => {
    const told = await story({ 'a.yaml': 'a: 1\n' }, { 'a.yaml': 'a: 2\n', 'b/c.yaml': 'c: 1\n' });

    const { merged } = await mergeAndPush(told, told.bad, { paths: ['.'] });

    expect(merged).toMatchObject({ changed: ['a.yaml', 'b/c.yaml'] });
    expect(await treeOf(told.name, 'main', '.')).toBe(await treeOf(told.name, told.good, '.'));
  });

  it('brings back deleted and renamed files, modes, symlinks and line ends byte by byte', async () => {
    const told = await story(
      {
        'shop/deep/gone.yaml': 'gone: 1\n',
        'shop/old-name.yaml': app('1'),
        'shop/run.sh': { content: '#!/bin/sh\n', mode: '100755' },
        'shop/link': { content: 'old-name.yaml', mode: '120000' },
        'shop/crlf.txt': 'a\r\nb\r\n',
        'shop/.gitattributes': '* text=auto eol=lf\n*.bin filter=lfs diff=lfs merge=lfs\n',
        'shop/big.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n',
      },
      {
        'shop/deep/gone.yaml': null,
        'shop/old-name.yaml': null,
        'shop/new-name.yaml': app('2'),
        'shop/run.sh': { content: '#!/bin/sh\n', mode: '100644' },
        'shop/link': { content: 'new-name.yaml', mode: '120000' },
        'shop/crlf.txt': 'a\nb\n',
        'shop/big.bin': 'version https://git-lfs.github.com/spec/v1\noid sha256:11\nsize 2\n',
      },
    );

    await mergeAndPush(told, told.bad);

    expect(await treeOf(told.name, 'main', 'shop')).toBe(await treeOf(told.name, told.good, 'shop'));
  });

  it('is made on a rewritten branch while the closure is exactly the bad content', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    await bench.source.sync({ ...at(bench.url(told.name)), branch: 'main', paths: ['.'] });
    await bench.repositories.setBranch(told.name, 'main', told.good);
    const tip = await bench.repositories.commit(
      told.name,
      'main',
      { 'shop/app.yaml': app('2'), 'pay/x.yaml': 'x: 1\n' },
      { message: 'amended' },
    );

    const { merged } = await mergeAndPush(told, tip);

    expect(merged).toMatchObject({ parent: tip, changed: ['shop/app.yaml'] });
  });

  it('moves an edit made after a rename back to the old name', async () => {
    const told = await story({ 'shop/old.yaml': app('1') }, { 'shop/old.yaml': null, 'shop/new.yaml': app('2') });
    const tip = await bench.repositories.commit(told.name, 'main', { 'shop/new.yaml': app('2', 'note: kept\n') });

    await mergeAndPush(told, tip);

    expect(await bench.repositories.readFile(told.name, 'main', 'shop/old.yaml')).toBe(app('1', 'note: kept\n'));
    expect(await bench.repositories.readFile(told.name, 'main', 'shop/new.yaml')).toBe(undefined);
  });

  it('copies a submodule entry as it was', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const good = await addSubmodule(told.name, told.good, '1'.repeat(40));
    const bad = await addSubmodule(told.name, good, '2'.repeat(40));

    await mergeAndPush({ ...told, good, bad }, bad);

    expect(await treeOf(told.name, 'main', 'shop/lib')).toContain(`160000 commit ${'1'.repeat(40)}`);
  });
});

async function addSubmodule(name: string, parent: string, target: string): Promise<string> {
  await bench.repositories.setBranch(name, 'main', parent);
  await bench.repositories.git(
    name,
    ['fast-import', '--quiet', '--force'],
    `commit refs/heads/main\ncommitter d <d@x> 1700000000 +0000\ndata 1\nx\nfrom ${parent}\nM 160000 ${target} shop/lib\n\n`,
  );
  return (await bench.repositories.tip(name)) ?? '';
}

describe('no revert is made', () => {
  it('when the tip already has the good content', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const tip = await bench.repositories.commit(
      told.name,
      'main',
      { 'shop/app.yaml': app('1') },
      { message: 'human revert' },
    );

    expect(await merge(told, tip)).toEqual({ kind: 'already-reverted' });
  });

  it('when the bad part is gone although other things in the path changed', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const tip = await bench.repositories.commit(told.name, 'main', {
      'shop/app.yaml': app('1'),
      'shop/more.yaml': 'm: 1\n',
    });

    expect(await merge(told, tip)).toEqual({ kind: 'already-reverted' });
  });

  it('on a conflict, and the files are named', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    const tip = await bench.repositories.commit(told.name, 'main', { 'shop/app.yaml': app('3') });

    expect(await merge(told, tip)).toEqual({ kind: 'conflict', files: ['shop/app.yaml'] });
  });

  it('on a conflict of edit and deletion', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('1'), 'shop/extra.yaml': 'e: 1\n' });
    const tip = await bench.repositories.commit(told.name, 'main', { 'shop/extra.yaml': 'e: 2\n' });

    expect(await merge(told, tip)).toEqual({ kind: 'conflict', files: ['shop/extra.yaml'] });
  });

  it('from a commit that the branch has never had', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });

    expect(await merge({ ...told, good: 'f'.repeat(40) }, told.bad)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('outside the history'),
    });
  });

  it('when the closure does not exist in the good commit', async () => {
    const told = await story({}, { 'shop/app.yaml': app('2') });

    expect(await merge(told, told.bad)).toMatchObject({
      kind: 'refused',
      why: expect.stringContaining('nothing to go back to'),
    });
  });

  it('when the branch was rewritten and the content has changed since', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    await bench.source.sync({ ...at(bench.url(told.name)), branch: 'main', paths: ['.'] });
    await bench.repositories.setBranch(told.name, 'main', told.good);
    const tip = await bench.repositories.commit(told.name, 'main', { 'shop/app.yaml': app('2', 'more: 1\n') });

    expect(await merge(told, tip)).toMatchObject({ kind: 'refused', why: expect.stringContaining('was rewritten') });
  });

  it('of names that are no branch, path or author', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });

    const answers = await Promise.all([
      merge(told, told.bad, { paths: ['../etc'] }),
      merge(told, told.bad, { paths: ['--output=x'] }),
      merge(told, told.bad, { branch: '--upload-pack=touch /tmp/x' }),
      merge(told, told.bad, { branch: 'a:refs/heads/b' }),
      merge(told, told.bad, { author: { name: 'a\nb', email: 'x' } }),
    ]);

    expect(answers.map((answer) => answer.kind)).toEqual(Array(5).fill('refused'));
  });
});

describe('a shallow source', () => {
  it('is refused: reverting from it would delete files', async () => {
    const told = await story({ 'shop/app.yaml': app('1') }, { 'shop/app.yaml': app('2') });
    await bench.repositories.createRepository('shallow', { x: '1' });
    await bench.repositories.git('shallow', [
      'fetch',
      '--quiet',
      '--depth=1',
      bench.url(told.name),
      '+refs/heads/main:refs/heads/main',
    ]);

    const synced = await bench.source.sync({ ...at(bench.url('shallow')), branch: 'main', paths: ['shop'] });
    const merged = await merge({ ...told, name: 'shallow' }, told.bad);

    expect(synced).toMatchObject({ kind: 'refused', message: expect.stringContaining('shallow') });
    expect(merged.kind).toBe('refused');
  });
});
