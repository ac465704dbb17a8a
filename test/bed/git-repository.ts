/** Bare repositories of a test: made, written by "developers", and read, straight on disk. */
import { existsSync, readFileSync, writeFileSync, chmodSync } from 'node:fs';
import { join } from 'node:path';
import { run, tryRun } from './run-command.ts';

/** A file's new content; null removes it. An object also sets the mode (120000 is a symbolic link to `content`). */
export type GitFile = string | null | { content: string | Buffer; mode: '100644' | '100755' | '120000' };
export type GitFiles = Readonly<Record<string, GitFile>>;

export interface Person {
  name: string;
  email: string;
}

export interface CommitOptions {
  message?: string;
  author?: Person;
  /** Author and committer time (default now). */
  at?: Date;
  /** More parents, which makes it a merge. */
  mergeOf?: string[];
}

export interface LoggedCommit {
  sha: string;
  parents: string[];
  author: Person;
  committer: Person;
  /** Committer time, seconds since 1970. */
  committedAtS: number;
  subject: string;
  /** Whole message with trailers. */
  message: string;
}

/** One ref update that a push made, from the repository's post-receive hook. */
export interface PushRecord {
  atMs: number;
  /** Account that pushed: the HTTP user, or `ssh`. */
  pusher: string;
  from: string;
  to: string;
  ref: string;
}

export interface RepositoryStore {
  /** Folder that holds `<name>.git` for each repository. */
  readonly root: string;
  /** Makes a bare repository with one commit of the files on `main`; gives its sha. */
  createRepository(name: string, files: GitFiles, options?: CommitOptions): Promise<string>;
  /** Commits as a developer who has pushed, without the HTTP server; gives the sha. */
  commit(repository: string, branch: string, files: GitFiles, options?: CommitOptions): Promise<string>;
  /** Newest first; of one path only when given. */
  log(repository: string, branch?: string, path?: string): Promise<LoggedCommit[]>;
  /** Content of a file at a ref, undefined when it isn't there. */
  readFile(repository: string, ref: string, path: string): Promise<string | undefined>;
  /** Paths that a commit changed against its first parent. */
  changedFiles(repository: string, sha: string): Promise<string[]>;
  /** The branch's commit, undefined when there is no such branch. */
  tip(repository: string, branch?: string): Promise<string | undefined>;
  /** Points a branch at a commit, as a forced push does; undefined deletes the branch. */
  setBranch(repository: string, branch: string, sha: string | undefined): Promise<void>;
  /** Branches that refuse pushes, as a host's branch protection does. */
  protectBranches(repository: string, branches: string[]): void;
  /** Every ref update pushed so far, over HTTP or SSH. */
  pushes(repository: string): PushRecord[];
  /** Runs git in the bare repository. */
  git(repository: string, args: string[], input?: string): Promise<string>;
}

export const developer: Person = { name: 'Dana Developer', email: 'dana@example.com' };

const POST_RECEIVE = `#!/bin/sh
while read -r from to ref; do
  echo "$(date +%s%3N) \${REMOTE_USER:-ssh} $from $to $ref" >> "$GIT_DIR/pushes.log"
done
`;

const PRE_RECEIVE = `#!/bin/sh
test -f "$GIT_DIR/protected-branches" || exit 0
while read -r from to ref; do
  if grep -qxF "\${ref#refs/heads/}" "$GIT_DIR/protected-branches"; then
    echo "protected branch: pushes to \${ref#refs/heads/} are declined" >&2
    exit 1
  fi
done
`;

/** As the usual hosts have it: partial clones, fetching by commit. No clean-up may run under a test. */
const REPOSITORY_CONFIG = {
  'http.receivepack': 'true',
  'uploadpack.allowFilter': 'true',
  'uploadpack.allowAnySHA1InWant': 'true',
  'gc.auto': '0',
};

/** No configuration of the machine's or the user's reaches git here. */
export const cleanGitEnv: NodeJS.ProcessEnv = {
  PATH: process.env['PATH'],
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
};

type RunGit = RepositoryStore['git'];
type FolderOf = (repository: string) => string;

/** Keeps bare repositories in a folder that the caller owns. */
export function repositoryStore(root: string): RepositoryStore {
  const folder: FolderOf = (name) => join(root, `${name}.git`);
  const git: RunGit = (repository, args, input) =>
    run('git', ['-C', folder(repository), ...args], { env: cleanGitEnv, ...(input === undefined ? {} : { input }) });
  const reading = readingOf(folder, git);
  return { root, git, ...reading, ...writingOf(folder, git, reading.tip) };
}

function readingOf(
  folder: FolderOf,
  git: RunGit,
): Pick<RepositoryStore, 'log' | 'readFile' | 'changedFiles' | 'tip' | 'pushes'> {
  const ask = async (repository: string, args: string[]): Promise<string | undefined> => {
    const answer = await tryRun('git', ['-C', folder(repository), ...args], { env: cleanGitEnv });
    return answer.code === 0 ? answer.stdout : undefined;
  };
  return {
    async tip(repository, branch = 'main') {
      return (await ask(repository, ['rev-parse', '--verify', '--quiet', `refs/heads/${branch}`]))?.trim();
    },
    async log(repository, branch = 'main', path) {
      const format = '--format=%H%x1f%P%x1f%an%x1f%ae%x1f%cn%x1f%ce%x1f%ct%x1f%s%x1f%B%x1e';
      const text = await git(repository, ['log', format, branch, ...(path === undefined ? [] : ['--', path])]);
      const entries = text.split('\x1e').filter((entry) => entry.trim() !== '');
      return entries.map(parseCommit);
    },
    readFile: (repository, ref, path) => ask(repository, ['show', `${ref}:${path}`]),
    async changedFiles(repository, sha) {
      const args = ['diff-tree', '--root', '-r', '-m', '--first-parent', '--no-commit-id', '--name-only', '-z', sha];
      return (await git(repository, args)).split('\0').filter(Boolean);
    },
    pushes: (repository) => readPushes(join(folder(repository), 'pushes.log')),
  };
}

function writingOf(
  folder: FolderOf,
  git: RunGit,
  tip: RepositoryStore['tip'],
): Pick<RepositoryStore, 'createRepository' | 'commit' | 'setBranch' | 'protectBranches'> {
  const commit: RepositoryStore['commit'] = async (repository, branch, files, options = {}) => {
    const parent = await tip(repository, branch);
    await git(
      repository,
      ['fast-import', '--quiet', '--date-format=raw'],
      importStream(branch, parent, files, options),
    );
    const made = await tip(repository, branch);
    if (made === undefined || made === parent) throw new Error(`nothing was committed to ${branch} of ${repository}`);
    return made;
  };
  return {
    commit,
    async createRepository(name, files, options = {}) {
      await run('git', ['init', '--quiet', '--bare', '--initial-branch=main', folder(name)], { env: cleanGitEnv });
      for (const [key, value] of Object.entries(REPOSITORY_CONFIG)) await git(name, ['config', key, value]);
      for (const [hook, script] of Object.entries({ 'post-receive': POST_RECEIVE, 'pre-receive': PRE_RECEIVE })) {
        writeFileSync(join(folder(name), 'hooks', hook), script);
        chmodSync(join(folder(name), 'hooks', hook), 0o755);
      }
      return commit(name, 'main', files, { message: 'first commit', ...options });
    },
    async setBranch(repository, branch, sha) {
      const ref = `refs/heads/${branch}`;
      await git(repository, sha === undefined ? ['update-ref', '-d', ref] : ['update-ref', ref, sha]);
    },
    protectBranches(repository, branches) {
      writeFileSync(join(folder(repository), 'protected-branches'), branches.map((branch) => `${branch}\n`).join(''));
    },
  };
}

/** The commit in git's import language: files are replaced whole, null removes. */
function importStream(branch: string, parent: string | undefined, files: GitFiles, options: CommitOptions): string {
  const author = options.author ?? developer;
  const who = `${author.name} <${author.email}> ${Math.floor((options.at ?? new Date()).getTime() / 1000)} +0000`;
  const lines = [`commit refs/heads/${branch}`, `author ${who}`, `committer ${who}`, data(options.message ?? 'change')];
  if (parent !== undefined) lines.push(`from ${parent}`);
  for (const other of options.mergeOf ?? []) lines.push(`merge ${other}`);
  for (const [path, file] of Object.entries(files)) {
    const quoted = `"${path.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`;
    if (file === null) lines.push(`D ${quoted}`);
    else if (typeof file === 'string') lines.push(`M 100644 inline ${quoted}`, data(file));
    else lines.push(`M ${file.mode} inline ${quoted}`, data(file.content.toString()));
  }
  return `${lines.join('\n')}\n`;
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}`;
}

function parseCommit(entry: string): LoggedCommit {
  const [sha = '', parents = '', an = '', ae = '', cn = '', ce = '', at = '', subject = '', message = ''] = entry
    .replace(/^\n/, '')
    .split('\x1f');
  return {
    sha,
    parents: parents.split(' ').filter(Boolean),
    author: { name: an, email: ae },
    committer: { name: cn, email: ce },
    committedAtS: Number(at),
    subject,
    message,
  };
}

function readPushes(path: string): PushRecord[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => {
    const [at = '', pusher = '', from = '', to = '', ref = ''] = line.split(' ');
    return { atMs: Number(at), pusher, from, to, ref };
  });
}
