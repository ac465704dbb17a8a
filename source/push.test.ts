import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at, mergeWords, startWorkbench, type Workbench } from '../test/integration/source/workbench.ts';

let bench: Workbench;
let made = 0;

beforeAll(async () => {
  bench = await startWorkbench();
});
afterAll(() => bench.stop());

/** A repository with a good and a bad commit, and the revert of the bad one, not pushed yet. */
async function aRevert() {
  made += 1;
  const name = `push-${made}`;
  const good = await bench.repositories.createRepository(name, { 'shop/a.yaml': 'a: 1\n' });
  const bad = await bench.repositories.commit(name, 'main', { 'shop/a.yaml': 'a: 2\n' });
  const merged = await bench.source.merge({
    ...at(bench.url(name)),
    branch: 'main',
    tip: bad,
    paths: ['shop'],
    bad,
    good,
    ...mergeWords,
  });
  if (merged.kind !== 'merged') throw new Error(JSON.stringify(merged));
  const push = (expectedTip = bad, commit = merged.commit, branch = 'main') =>
    bench.source.push({ ...at(bench.url(name)), branch, commit, expectedTip });
  return { name, good, bad, commit: merged.commit, push };
}

describe('push', () => {
  it('moves the branch to the commit', async () => {
    const told = await aRevert();

    expect(await told.push()).toEqual({ kind: 'pushed' });
    expect(await bench.repositories.tip(told.name)).toBe(told.commit);
  });

  it('finds a commit that an earlier push brought, also under later ones', async () => {
    const told = await aRevert();
    await told.push();
    const again = await told.push();
    await bench.repositories.commit(told.name, 'main', { x: '1' });

    expect([again, await told.push()]).toEqual([{ kind: 'contained' }, { kind: 'contained' }]);
  });

  it('says where the branch has moved to', async () => {
    const told = await aRevert();
    const tip = await bench.repositories.commit(told.name, 'main', { x: '1' });

    expect(await told.push()).toEqual({ kind: 'moved', tip });
    expect(await bench.repositories.tip(told.name)).toBe(tip);
  });

  it('does not bring back commits of a rewound branch', async () => {
    const told = await aRevert();
    await bench.repositories.setBranch(told.name, 'main', told.good);

    expect(await told.push()).toEqual({ kind: 'moved', tip: told.good });
    expect(await bench.repositories.tip(told.name)).toBe(told.good);
  });

  it('never drops commits, whatever tip the caller names', async () => {
    const told = await aRevert();
    const tip = await bench.repositories.commit(told.name, 'main', { x: '1' });

    expect(await told.push(tip)).toMatchObject({
      kind: 'refused',
      message: expect.stringContaining('would drop commits'),
    });
    expect(await bench.repositories.tip(told.name)).toBe(tip);
  });

  it('says why a protected branch declined', async () => {
    const told = await aRevert();
    bench.repositories.protectBranches(told.name, ['main']);

    expect(await told.push()).toMatchObject({
      kind: 'denied',
      why: expect.stringContaining('protected branch: pushes to main are declined'),
    });
  });

  it('says not-found for a commit that this cache never had', async () => {
    const told = await aRevert();

    expect(await told.push(told.bad, 'e'.repeat(40))).toMatchObject({
      kind: 'not-found',
      message: expect.stringContaining('merge again'),
    });
  });

  it('says not-found when branch or repository are gone', async () => {
    const told = await aRevert();

    expect(await told.push(told.bad, told.commit, 'gone')).toMatchObject({ kind: 'not-found' });
  });

  it('lets one of two pushers win and tells the other', async () => {
    const told = await aRevert();
    const second = await startWorkbench();
    const other = await second.source.merge({
      ...at(bench.url(told.name)),
      branch: 'main',
      tip: told.bad,
      paths: ['shop'],
      bad: told.bad,
      good: told.good,
      ...mergeWords,
      message: 'other\n',
    });
    const commit = other.kind === 'merged' ? other.commit : '';

    const answers = await Promise.all([
      told.push(),
      second.source.push({ ...at(bench.url(told.name)), branch: 'main', commit, expectedTip: told.bad }),
    ]);
    await second.stop();

    expect(answers.map((answer) => answer.kind).toSorted()).toEqual(['moved', 'pushed']);
    expect(await bench.repositories.log(told.name)).toHaveLength(3);
  });

  it('runs no hook and writes no configuration in the cache', async () => {
    const told = await aRevert();
    await told.push();
    const caches = join(bench.dataDir, 'caches');

    for (const key of readdirSync(caches)) {
      const config = readFileSync(join(caches, key, 'config'), 'utf8');
      expect(config).not.toMatch(/remote|promisor|partial/i);
    }
  });
});
