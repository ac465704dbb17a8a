/** Reads what commits are and how they lie to each other: the tip of a branch with its author, and how far apart two commits are. */
import type { CompareAnswer, ObjectId, SyncAnswer } from './contract.ts';
import type { Fetcher } from './fetch.ts';
import { isAncestor, local, type Session, treesAt } from './repository.ts';

const MAX_TEXT = 200;

/** Polls the branch: one small fetch, and nothing else when neither tip nor paths are new. */
export async function sync(
  session: Session,
  fetcher: Fetcher,
  branch: string,
  paths: ReadonlyMap<string, string>,
): Promise<SyncAnswer> {
  const commit = await fetcher.tip(session, branch);
  const trees = await treesAt(session, commit, [...new Set(paths.values())]);
  const byGivenPath = [...paths].map(([given, normal]) => [given, trees.get(normal) ?? null] as const);
  return { kind: 'ok', commit, ...(await describe(session, commit)), trees: Object.fromEntries(byGivenPath) };
}

async function describe(
  session: Session,
  commit: ObjectId,
): Promise<{ committedAt: string; author: string; subject: string }> {
  const { stdout } = await local(session, {
    args: ['log', '-1', '--no-show-signature', '--encoding=UTF-8', '--format=%ct%x00%an <%ae>%x00%s', commit],
  });
  const [seconds = '0', author = '', subject = ''] = stdout.toString('utf8').trimEnd().split('\0');
  return {
    committedAt: new Date(Number(seconds) * 1000).toISOString(),
    author: shown(author),
    subject: shown(subject),
  };
}

/** These texts end up in status and on screens: no control characters, bounded. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, ' ').slice(0, MAX_TEXT);
}

/** How `other` lies to `commit`, and whether the paths have the same content in both. */
export async function compare(
  session: Session,
  commit: ObjectId,
  other: ObjectId,
  paths: readonly string[],
): Promise<CompareAnswer> {
  const [mine, theirs] = [await treesAt(session, commit, paths), await treesAt(session, other, paths)];
  return {
    kind: 'ok',
    sameTree: paths.every((path) => mine.get(path) === theirs.get(path)),
    isAncestor: await isAncestor(session, commit, other),
    commitsBetween: await countCommits(session, commit, other, ['.']),
    commitsTouchingPaths: await countCommits(session, commit, other, paths),
    noAutoRevert: await protectedCommits(session, commit, other, paths),
  };
}

const MAX_PROTECTED = 20;

/** Commits whose author says in a trailer that no machine may take them back. */
async function protectedCommits(
  session: Session,
  from: ObjectId,
  to: ObjectId,
  paths: readonly string[],
): Promise<ObjectId[]> {
  const format = '--format=%H%x00%(trailers:key=no-auto-revert,valueonly,separator=%x2C)';
  const grep = ['--regexp-ignore-case', '--grep=^no-auto-revert:'];
  const limit = paths.includes('.') ? [] : ['--full-history', '--', ...paths];
  const { stdout } = await local(session, {
    args: ['log', '--no-show-signature', format, ...grep, to, `^${from}`, ...limit],
  });
  return stdout
    .toString('utf8')
    .split('\n')
    .flatMap((line) => {
      const [commit = '', values = ''] = line.split('\0');
      const said = values.split(',').map((value) => value.trim().toLowerCase());
      return said.some((value) => !['', 'false', 'no'].includes(value)) ? [commit] : [];
    })
    .slice(0, MAX_PROTECTED);
}

async function countCommits(session: Session, from: ObjectId, to: ObjectId, paths: readonly string[]): Promise<number> {
  const limit = paths.includes('.') ? [] : ['--full-history', '--', ...paths];
  const { stdout } = await local(session, { args: ['rev-list', '--count', to, `^${from}`, ...limit] });
  return Number(stdout.toString('utf8').trim());
}
