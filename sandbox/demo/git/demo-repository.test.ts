import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRepository } from './demo-repository.ts';
import { isRevert, parseLog } from './git-log.ts';

describe('the repository of the demo', () => {
  let folder: string;
  const saved = { ...process.env };
  const clock = { now: () => Date.parse('2026-11-22T12:00:00.500Z') };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-repository-'));
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes commits whatever the configuration of the user says', async () => {
    writeFileSync(
      join(folder, '.gitconfig'),
      '[commit]\n\tgpgSign = true\n[init]\n\tdefaultBranch = trunk\n[core]\n\thooksPath = /nowhere\n[push]\n\tdefault = nothing\n',
    );
    Object.assign(process.env, { HOME: folder, GIT_DIR: '/nowhere', GIT_AUTHOR_NAME: '' });
    const repository = await createRepository(folder, clock);

    const first = await repository.push({ 'apps/web/a.yaml': 'a: 1\n' }, 'First');
    const second = await repository.push({ 'apps/web/a.yaml': 'a: 2\n' }, 'Second');

    expect(await repository.head()).toBe(second);
    const log = await repository.log();
    expect(log.map(({ subject, author, parents }) => [subject, author, parents])).toEqual([
      ['Second', 'Ada', [first]],
      ['First', 'Ada', []],
    ]);
  });

  it('dates commits by simulated time', async () => {
    const repository = await createRepository(folder, clock);
    await repository.push({ a: '1\n' }, 'First');

    const args = ['log', '-1', '--format=%aI %cI', 'main'];
    const dates = execFileSync('git', args, { cwd: repository.bareFolder, encoding: 'utf8' }).trim().split(' ');
    expect(dates.map((date) => Date.parse(date))).toEqual([clock.now() - 500, clock.now() - 500]);
  });

  it('goes on from what somebody else pushed in between', async () => {
    const repository = await createRepository(folder, clock);
    const first = await repository.push({ a: '1\n' }, 'First');
    const env = { PATH: process.env['PATH'], GIT_CONFIG_GLOBAL: '/dev/null', HOME: folder };
    const identity = ['-c', 'user.name=x', '-c', 'user.email=x@x'];
    const args = [
      ...identity,
      'commit-tree',
      `${first}^{tree}`,
      '-p',
      first,
      '-m',
      'Revert\n\nTidegate-Revert-Of: abc',
    ];
    const sha = execFileSync('git', args, { cwd: repository.bareFolder, env, encoding: 'utf8' }).trim();
    execFileSync('git', ['update-ref', 'refs/heads/main', sha], { cwd: repository.bareFolder, env });

    await repository.push({ b: '2\n' }, 'Third');

    const log = await repository.log();
    expect(log.map(({ subject }) => subject)).toEqual(['Third', 'Revert', 'First']);
    expect(log.map(isRevert)).toEqual([false, true, false]);
  });

  it('takes only the last paragraph for trailers', () => {
    const [commit] = parseLog('s\u001fp q\u001ft\u001fa\u001fsub\u001fsub\n\nTidegate-Good: no\n\nmore\u001e\n');
    expect(commit).toEqual({ sha: 's', parents: ['p', 'q'], tree: 't', author: 'a', subject: 'sub', trailers: {} });
  });
});
