/** The Git side of the demo: a bare repository as the remote, a working clone of a developer, and reading what is in them. */

import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock, Instant } from '../../../kube/api.ts';
import { type GitCommit, logFormat, parseLog } from './git-log.ts';
import { type Author, runGit } from './git-command.ts';

export const branch = 'main';
export const developer: Omit<Author, 'at'> = { name: 'Ada', email: 'ada@shop.example' };

export interface DemoRepository {
  /** file:// address for the GitSync. */
  readonly url: string;
  readonly bareFolder: string;
  /** Where people may commit and push from; `origin` is the bare repository. */
  readonly cloneFolder: string;
  /** Brings the clone up to date, commits these files and pushes; gives the commit. */
  push(files: Readonly<Record<string, string>>, subject: string): Promise<string>;
  /** Of the branch in the bare repository, newest first. */
  log(): Promise<readonly GitCommit[]>;
  /** The branch's commit, read without starting git. */
  head(): Promise<string>;
}

/** `clock` dates the developer's commits: simulated time, as everything else in the demo. */
export async function createRepository(folder: string, clock: Pick<Clock, 'now'>): Promise<DemoRepository> {
  const bareFolder = join(folder, 'shop.git');
  const cloneFolder = join(folder, 'shop');
  await runGit(folder, ['init', '--quiet', '--bare', `--initial-branch=${branch}`, bareFolder]);
  // As the usual hosts have it; and no clean-up in the background, which would outlive the demo.
  for (const [key, value] of Object.entries(bareConfig)) await runGit(bareFolder, ['config', key, value]);
  await runGit(folder, ['clone', '--quiet', bareFolder, cloneFolder]);
  for (const [key, value] of Object.entries(cloneConfig)) await runGit(cloneFolder, ['config', key, value]);
  return {
    url: pathToFileURL(bareFolder).href,
    bareFolder,
    cloneFolder,
    push: (files, subject) => push(cloneFolder, files, subject, clock.now()),
    log: async () => parseLog(await runGit(bareFolder, ['log', `--format=${logFormat}`, branch])),
    head: () => headOf(bareFolder),
  };
}

const bareConfig = {
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  'gc.auto': '0',
  'receive.autogc': 'false',
};

/** So that people can commit in the clone without any configuration of their own, and whatever theirs says of signing. */
const cloneConfig = {
  'user.name': developer.name,
  'user.email': developer.email,
  'commit.gpgSign': 'false',
  'core.hooksPath': '/dev/null',
  'pull.ff': 'only',
  'gc.auto': '0',
};

async function push(
  clone: string,
  files: Readonly<Record<string, string>>,
  subject: string,
  at: Instant,
): Promise<string> {
  await runGit(clone, ['fetch', '--quiet', 'origin']);
  const isEmpty = (await runGit(clone, ['branch', '--remotes'])).trim() === '';
  if (!isEmpty) await runGit(clone, ['merge', '--quiet', '--ff-only', `origin/${branch}`]);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(clone, path)), { recursive: true });
    await writeFile(join(clone, path), text);
  }
  await runGit(clone, ['add', '--all', '.']);
  await runGit(clone, ['commit', '--quiet', '--message', subject], { ...developer, at });
  await runGit(clone, ['push', '--quiet', '--set-upstream', 'origin', branch]);
  return (await runGit(clone, ['rev-parse', 'HEAD'])).trim();
}

async function headOf(bareFolder: string): Promise<string> {
  try {
    // Asked for many times a second: 41 bytes are read sooner than waited for.
    return readFileSync(join(bareFolder, 'refs', 'heads', branch), 'utf8').trim();
  } catch {
    // Packed, when somebody played with the repository.
    return (await runGit(bareFolder, ['rev-parse', branch])).trim();
  }
}
