/** The source process is killed in the middle of each of its calls and started again: the call is a fault, and repeating it does the work. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { sourceClient } from '../../../source/client.ts';
import type { Source } from '../../../source/contract.ts';
import { type GitRequestKind, type GitServer, gitServerMissing, startGitServer } from '../../bed/git-server.ts';
import { makeTempDir, removeTempDir } from '../../bed/temp-dir.ts';
import { at as base, mergeWords, sourceConfig, untilServed } from './workbench.ts';

const missing = gitServerMissing();

describe.skipIf(missing !== undefined)(`source killed${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
  let git: GitServer;
  let folder: string;
  let child: ChildProcess;
  let source: Source;
  let made = 0;

  beforeAll(async () => {
    git = await startGitServer();
  });
  afterAll(() => git.stop());
  beforeEach(async () => {
    folder = makeTempDir('source');
    await start();
  });
  afterEach(async () => {
    await kill();
    removeTempDir(folder);
  });

  async function start(): Promise<void> {
    child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'source-child.ts'), JSON.stringify(sourceConfig(folder))],
      { stdio: 'inherit' },
    );
    source = sourceClient({ socketPath: sourceConfig(folder).socketPath });
    await untilServed(source);
  }

  async function kill(): Promise<void> {
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  /** Kills the process while its request of this kind is held by the server, starts it again and repeats the call. */
  async function killedDuring<A>(
    name: string,
    kind: GitRequestKind,
    call: () => Promise<A>,
  ): Promise<{ first: A; second: A }> {
    const held = git.holdNext(name, kind);
    const answer = call();
    await held.arrived;
    await kill();
    held.release();
    const first = await answer;
    await start();
    return { first, second: await call() };
  }

  async function aStory() {
    made += 1;
    const name = `killed-${made}`;
    const good = await git.createRepository(name, {
      'shop/a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\nv: 1\n',
    });
    const bad = await git.commit(name, 'main', {
      'shop/a.yaml': 'apiVersion: v1\nkind: A\nmetadata: {name: a}\nv: 2\n',
    });
    const at = () => base(git.url(name), { kind: 'token', token: git.token });
    const plan = { branch: 'main', tip: bad, paths: ['shop'], bad, good, ...mergeWords };
    return { name, good, bad, at, plan };
  }

  const leftovers = () =>
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((entry) => /\.lock$|tmp_pack|access-|build-|init-/.test(entry));

  it('during sync', async () => {
    const told = await aStory();

    const { first, second } = await killedDuring(told.name, 'fetch', () =>
      source.sync({ ...told.at(), branch: 'main', paths: ['shop'] }),
    );

    expect([first.kind, second.kind]).toEqual(['unreachable', 'ok']);
    expect(leftovers()).toEqual([]);
  });

  it('during render', async () => {
    const told = await aStory();
    await source.sync({ ...told.at(), branch: 'main', paths: ['shop'] });

    const { first, second } = await killedDuring(told.name, 'fetch', () =>
      source.render({ ...told.at(), branch: 'main', commit: told.bad, path: 'shop', alsoPaths: [] }),
    );

    expect([first.kind, second.kind]).toEqual(['unreachable', 'ok']);
    expect(leftovers()).toEqual([]);
  });

  it('during compare', async () => {
    const told = await aStory();

    const { first, second } = await killedDuring(told.name, 'fetch', () =>
      source.compare({ ...told.at(), branch: 'main', commit: told.good, other: told.bad, paths: ['shop'] }),
    );

    expect([first.kind, second.kind]).toEqual(['unreachable', 'ok']);
  });

  it('during merge: the second makes the commit that the first would have made', async () => {
    const told = await aStory();

    const { first, second } = await killedDuring(told.name, 'fetch', () =>
      source.merge({ ...told.at(), ...told.plan }),
    );

    expect([first.kind, second.kind]).toEqual(['unreachable', 'merged']);
    expect(await source.merge({ ...told.at(), ...told.plan })).toEqual(second);
  });

  it('during push, before the server has it: one commit in the end', async () => {
    const told = await aStory();
    const merged = await source.merge({ ...told.at(), ...told.plan });
    const commit = merged.kind === 'merged' ? merged.commit : '';

    const { first, second } = await killedDuring(told.name, 'push', () =>
      source.push({ ...told.at(), branch: 'main', commit, expectedTip: told.bad }),
    );

    // Whether the server took the request that was cut off is up to the server; both ways end in one commit.
    expect(first.kind).toBe('unreachable');
    expect(['pushed', 'contained']).toContain(second.kind);
    expect(await git.tip(told.name)).toBe(commit);
    expect(git.pushes(told.name)).toHaveLength(1);
  });

  it('with its disk lost as well: the revert is made again and is the same', async () => {
    const told = await aStory();
    const before = await source.merge({ ...told.at(), ...told.plan });
    await kill();
    removeTempDir(folder);
    folder = makeTempDir('source');
    await start();
    const commit = before.kind === 'merged' ? before.commit : '';

    const lost = await source.push({ ...told.at(), branch: 'main', commit, expectedTip: told.bad });
    const again = await source.merge({ ...told.at(), ...told.plan });
    const pushed = await source.push({ ...told.at(), branch: 'main', commit, expectedTip: told.bad });

    expect(lost.kind).toBe('not-found');
    expect(again).toEqual(before);
    expect(pushed).toEqual({ kind: 'pushed' });
  });

  it('leaves no program running', async () => {
    const told = await aStory();
    const held = git.holdNext(told.name, 'fetch');
    const answer = source.sync({ ...told.at(), branch: 'main', paths: ['.'] });
    await held.arrived;
    await kill();
    await answer;
    held.release();
    await expect.poll(() => programsUsing(folder), { timeout: 5_000 }).toEqual([]);
    await start();
  });
});

/** Processes of this machine whose command line names the folder. */
function programsUsing(folder: string): string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => {
      const line = commandLine(pid);
      return line.includes(folder) && line.includes('git') ? [line] : [];
    });
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch (error) {
    // It has ended since the folder was listed.
    return error instanceof Error ? '' : 'unknown';
  }
}
