/** Runs git for the demo: nothing of the user's configuration, hooks, signing keys or GIT_* variables reaches it. */

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { parse } from 'node:path';
import type { Instant } from '../../../kube/api.ts';

const timeoutMs = 30_000;
const nobody = '/nonexistent';

export interface Author {
  readonly name: string;
  readonly email: string;
  /** Date of the commit. */
  readonly at: Instant;
}

/** Gives stdout. @throws Error with git's own words when it fails. */
export function runGit(folder: string, args: readonly string[], author?: Author): Promise<string> {
  const options = { cwd: folder, env: gitEnv(author), timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    execFile('git', [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      // A folder that is gone gives the same code as a program that is missing.
      else if (error.code === 'ENOENT' && existsSync(folder)) reject(new Error(missingGit));
      else reject(new Error(`"git ${args[0] ?? ''}" failed: ${stderr.trim() || error.message}`));
    });
  });
}

const missingGit = 'The demo needs git 2.38 or newer on the PATH: install it and run the command again.';
const leastVersion = [2, 38] as const;

/** @throws Error with one sentence when there is no git, or one that is too old for the controller. */
export async function requireGit(): Promise<void> {
  const text = await runGit(parse(process.cwd()).root, ['--version']);
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? [];
  const isOld =
    Number(major) < leastVersion[0] || (Number(major) === leastVersion[0] && Number(minor) < leastVersion[1]);
  if (isOld) throw new Error(`git on the PATH is ${text.trim().replace('git version ', '')}. ${missingGit}`);
}

function gitEnv(author: Author | undefined): NodeJS.ProcessEnv {
  const { PATH, TMPDIR } = process.env;
  return {
    ...(PATH === undefined ? {} : { PATH }),
    ...(TMPDIR === undefined ? {} : { TMPDIR }),
    HOME: nobody,
    LC_ALL: 'C',
    TZ: 'UTC',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_TEMPLATE_DIR: '',
    GIT_TERMINAL_PROMPT: '0',
    ...(author === undefined ? {} : identity(author)),
  };
}

function identity({ name, email, at }: Author): NodeJS.ProcessEnv {
  const date = `@${Math.floor(at / 1000)} +0000`;
  return {
    GIT_AUTHOR_NAME: name,
    GIT_AUTHOR_EMAIL: email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: name,
    GIT_COMMITTER_EMAIL: email,
    GIT_COMMITTER_DATE: date,
  };
}
