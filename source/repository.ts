/** One repository as one login sees it, and the few git commands that all rooms of the source process build on. */
import type { Access, AccessDeps, Login } from './access.ts';
import { secretsOf, withAccess } from './access.ts';
import type { ObjectId } from './contract.ts';
import { SourceFault } from './fault.ts';
import { git, type GitCall, type GitTool } from './git.ts';
import { gitFault } from './git-fault.ts';
import type { Repository } from './url.ts';

/** Everything needed to work on one cached repository during one call. */
export interface Session {
  readonly tool: GitTool;
  readonly accessDeps: AccessDeps;
  readonly repository: Repository;
  readonly login: Login;
  /** The bare cache. */
  readonly dir: string;
  /** Names the cache: hash of address and login. */
  readonly key: string;
  /** Ends with the call's deadline, its caller, or the process. */
  readonly signal: AbortSignal;
}

type LocalCall = Omit<GitCall, 'dir' | 'signal' | 'access'>;

/** Runs a local git command and gives its output. Throws SourceFault unless it exits with 0 or a code in `alsoCodes`. */
export async function local(
  session: Session,
  call: LocalCall,
  alsoCodes: readonly number[] = [],
): Promise<{ code: number; stdout: Buffer }> {
  const result = await git(session.tool, { ...call, dir: session.dir, signal: session.signal });
  if (result.kind === 'done' && (result.code === 0 || alsoCodes.includes(result.code))) return result;
  throw gitFault(result, session.repository.url, secretsOf(session.login), `git ${call.args[0] ?? ''}`);
}

/** Runs a git command that talks to the server. Throws SourceFault unless it exits with 0. */
export async function remote(session: Session, call: LocalCall, access: Access): Promise<void> {
  const result = await git(session.tool, { ...call, dir: session.dir, signal: session.signal, access });
  if (result.kind === 'done' && result.code === 0) return;
  throw gitFault(
    result,
    session.repository.url,
    access.secrets,
    `git ${call.args.find((arg) => /^[a-z]+$/.test(arg)) ?? ''}`,
  );
}

export function withSessionAccess<T>(session: Session, work: (access: Access) => Promise<T>): Promise<T> {
  return withAccess(session.accessDeps, session.repository, session.login, work);
}

/** Whether the cache has the commit itself (its trees come with it: only blobs are left out). */
export async function hasCommit(session: Session, commit: ObjectId): Promise<boolean> {
  const { stdout } = await local(session, { args: ['cat-file', '--batch-check=%(objecttype)'], input: `${commit}\n` });
  return stdout.toString('utf8').trim() === 'commit';
}

/** Whether `commit` is `other` or one of its ancestors; both must be in the cache. */
export async function isAncestor(session: Session, commit: ObjectId, other: ObjectId): Promise<boolean> {
  const { code } = await local(session, { args: ['merge-base', '--is-ancestor', commit, other] }, [1]);
  return code === 0;
}

/** Object ids of the trees (or files) at these paths of a commit, null where there is none. One command for all. */
export async function treesAt(
  session: Session,
  commit: ObjectId,
  paths: readonly string[],
): Promise<Map<string, ObjectId | null>> {
  const names = paths.map((path) => (path === '.' ? `${commit}^{tree}` : `${commit}:${path}`));
  const { stdout } = await local(session, {
    args: ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    input: `${names.join('\n')}\n`,
  });
  const lines = stdout.toString('utf8').trimEnd().split('\n');
  if (lines.length !== paths.length)
    throw new SourceFault(
      'internal',
      `git gave ${lines.length} answers about ${paths.length} paths of ${session.repository.url}.`,
    );
  return new Map(paths.map((path, index) => [path, objectIdIn(lines[index] ?? '')]));
}

function objectIdIn(line: string): ObjectId | null {
  return /^([0-9a-f]{40}|[0-9a-f]{64}) (?:tree|blob|commit)$/.exec(line)?.[1] ?? null;
}
