/** Brings objects from the server into the cache: the tip of a branch (which is also the poll), one commit, or the file contents that are about to be read. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ObjectId, ObjectId as ObjectIdSchema } from './contract.ts';
import { SourceFault } from './fault.ts';
import { gitMaintenance } from './git.ts';
import { keyedPool, orAborted } from './pool.ts';
import { hasCommit, local, remote, type Session, withSessionAccess } from './repository.ts';

/** More packs than this and the cache is repacked: each fetch that brings something adds one. */
const MAX_PACKS = 40;
/** Present in a cache whose server can't send single objects: it holds all file contents. */
const FULL_MARK = 'tidegate-full';

export interface Fetcher {
  /** Fetches the branch and gives its tip. Calls for the same branch that come while one waits share its fetch. */
  tip(session: Session, branch: string): Promise<ObjectId>;
  /** Makes sure the commit is in the cache: by its branch if given, else by its id. Throws SourceFault `not-found`. */
  commit(session: Session, commit: ObjectId, branch: string | undefined): Promise<void>;
  /** Makes sure these blobs are in the cache; one request for all that are missing. */
  blobs(session: Session, ids: readonly ObjectId[]): Promise<void>;
}

export interface FetcherOptions {
  /** Ends every fetch when the process ends. */
  readonly signal: AbortSignal;
  /** The first fetch of a branch goes on when its callers have given up, but not longer than this. */
  readonly timeoutMs: number;
  /** Called after a fetch that brought something. */
  readonly onGrown: () => Promise<void>;
}

interface SharedFetch {
  readonly tip: Promise<ObjectId>;
  /** Aborted when the last caller has gone. */
  readonly quit: AbortController;
  callers: number;
}

/** One per process: it is what makes fetches of one cache come one after the other. */
export function fetcher(options: FetcherOptions): Fetcher {
  const perCache = keyedPool(1);
  const perHost = keyedPool(4);
  const waiting = new Map<string, SharedFetch>();

  // The cache first: calls that wait for one slow cache must not take the places of its host.
  const exclusively = <T>(session: Session, work: () => Promise<T>): Promise<T> =>
    perCache.use(session.key, session.signal, () => perHost.use(session.repository.host, session.signal, work));

  const startTip = (session: Session, branch: string, key: string): SharedFetch => {
    const quit = new AbortController();
    const bounded = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const own = { ...session, signal: AbortSignal.any([bounded, quit.signal]) };
    // A microtask later, or the work could begin, and take the entry away, before it is there.
    const tip = Promise.resolve().then(() =>
      exclusively(own, async () => {
        // From here on the server may already have answered: a later caller needs a fetch of its own.
        waiting.delete(key);
        return fetchBranch(own, bounded, branch, options.onGrown);
      }),
    );
    return { tip, quit, callers: 0 };
  };

  const tip = async (session: Session, branch: string): Promise<ObjectId> => {
    const key = `${session.key}\0${branch}`;
    const shared = waiting.get(key) ?? startTip(session, branch, key);
    waiting.set(key, shared);
    shared.callers += 1;
    try {
      return await orAborted(shared.tip, session.signal);
    } finally {
      shared.callers -= 1;
      if (shared.callers === 0) {
        shared.quit.abort(new Error('nobody waits for this fetch any more'));
        if (waiting.get(key) === shared) waiting.delete(key);
      }
    }
  };

  return {
    tip,
    async commit(session, commit, branch) {
      if (await hasCommit(session, commit)) return;
      if (branch !== undefined) await tip(session, branch);
      if (await hasCommit(session, commit)) return;
      await exclusively(session, () => fetchObjects(session, [commit])).catch((error: unknown) =>
        unlessUnknownCommit(error, session, commit),
      );
      if (!(await hasCommit(session, commit))) throw unknownCommit(session, commit);
    },
    async blobs(session, ids) {
      const missing = await missingBlobs(session, ids);
      if (missing.length === 0) return;
      await exclusively(session, () => fetchBlobs(session, missing));
    },
  };
}

/** Where the cache keeps the tip of a branch. A hash: branches `a` and `a/b` may follow each other in time. */
function tipRef(branch: string): string {
  return `refs/tidegate/tips/${createHash('sha256').update(branch).digest('hex').slice(0, 40)}`;
}

async function fetchBranch(
  session: Session,
  bounded: AbortSignal,
  branch: string,
  onGrown: () => Promise<void>,
): Promise<ObjectId> {
  const ref = tipRef(branch);
  const before = await readRef(session, ref);
  // The first fetch brings the whole history and may outlast every call: it goes on without callers, or it would never be done.
  const own = before === undefined ? { ...session, signal: bounded } : session;
  await withSessionAccess(own, (access) =>
    remote(
      own,
      { args: [...FETCH, filterOf(own), '--end-of-options', 'origin', `+refs/heads/${branch}:${ref}`], ...NO_LIMIT },
      access,
    ),
  ).catch((error: unknown) => {
    throw namingBranch(error, session, branch);
  });
  const after = await fetchedTip(session);
  if (after !== before) {
    await repackIfNeeded(session);
    await onGrown();
  }
  return after;
}

/**
 * What the server sent stands in FETCH_HEAD. A server that has only part of the history is rejected by git without an error:
 * the file is empty then, and the ref would still show an older tip.
 */
async function fetchedTip(session: Session): Promise<ObjectId> {
  const text = await readFile(join(session.dir, 'FETCH_HEAD'), 'utf8');
  const parsed = ObjectIdSchema.safeParse(text.split('\t')[0]);
  if (parsed.success && !existsSync(join(session.dir, 'shallow'))) return parsed.data;
  throw new SourceFault(
    'refused',
    `Repository ${session.repository.url} is a shallow copy without its whole history, from which nothing can be reverted safely.`,
  );
}

/** The signal, not git's own limit, ends a fetch. */
const NO_LIMIT = { timeoutMs: 24 * 3_600_000 } as const;
const FETCH = [
  'fetch',
  '--quiet',
  '--no-tags',
  '--no-auto-maintenance',
  '--no-recurse-submodules',
  '--no-show-forced-updates',
] as const;

function filterOf(session: Session): string {
  return existsSync(join(session.dir, FULL_MARK)) ? '--no-filter' : '--filter=blob:none';
}

async function fetchObjects(session: Session, ids: readonly ObjectId[]): Promise<void> {
  await withSessionAccess(session, (access) =>
    remote(
      session,
      {
        args: [
          '-c',
          'fetch.negotiationAlgorithm=noop',
          ...FETCH,
          '--no-write-fetch-head',
          filterOf(session),
          '--stdin',
          '--end-of-options',
          'origin',
        ],
        input: `${ids.join('\n')}\n`,
        ...NO_LIMIT,
      },
      access,
    ),
  );
}

/** Some servers take a filter but won't send single objects afterwards: then the cache is filled once and for all. */
async function fetchBlobs(session: Session, ids: readonly ObjectId[]): Promise<void> {
  const first = await fetchObjects(session, ids).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (first === undefined && (await missingBlobs(session, ids)).length === 0) return;
  if (first instanceof SourceFault && ['timeout', 'auth', 'too-large'].includes(first.fault.kind)) throw first;
  const { stdout } = await local(session, { args: ['for-each-ref', '--format=%(objectname)', 'refs/tidegate/'] });
  const tips = [
    ...new Set(
      stdout
        .toString('utf8')
        .split('\n')
        .filter((line) => line !== ''),
    ),
  ];
  await withSessionAccess(session, (access) =>
    remote(
      session,
      {
        args: [...FETCH, '--no-write-fetch-head', '--refetch', '--no-filter', '--stdin', '--end-of-options', 'origin'],
        input: `${tips.join('\n')}\n`,
        ...NO_LIMIT,
      },
      access,
    ),
  );
  await writeFile(join(session.dir, FULL_MARK), '');
  const still = await missingBlobs(session, ids);
  if (still.length > 0)
    throw new SourceFault(
      'internal',
      `Repository ${session.repository.url} did not send ${still.length} file contents that its own tree names.`,
      { suspectsCache: true },
    );
}

async function missingBlobs(session: Session, ids: readonly ObjectId[]): Promise<ObjectId[]> {
  const unique = [...new Set(ids)];
  if (unique.length === 0) return [];
  const { stdout } = await local(session, {
    args: ['cat-file', '--batch-check=%(objectname)', '--buffer'],
    input: `${unique.join('\n')}\n`,
  });
  return stdout
    .toString('utf8')
    .split('\n')
    .filter((line) => line.endsWith(' missing'))
    .map((line) => line.slice(0, -' missing'.length));
}

async function readRef(session: Session, ref: string): Promise<ObjectId | undefined> {
  const { stdout } = await local(session, { args: ['for-each-ref', '--format=%(objectname)', ref] });
  const parsed = ObjectIdSchema.safeParse(stdout.toString('utf8').trim());
  return parsed.success ? parsed.data : undefined;
}

async function repackIfNeeded(session: Session): Promise<void> {
  const packs = (await readdir(join(session.dir, 'objects', 'pack'))).filter((name) => name.endsWith('.pack'));
  if (packs.length <= MAX_PACKS) return;
  for (const args of [
    ['repack', '-a', '-d', '-q'],
    ['prune', '--expire=3.days.ago'],
  ]) {
    // Only tidying: a cache that can't be repacked still works, and a broken one shows itself at the next read.
    await gitMaintenance(session.tool, { dir: session.dir, args, signal: session.signal, timeoutMs: 600_000 });
  }
}

function namingBranch(error: unknown, session: Session, branch: string): unknown {
  if (!(error instanceof SourceFault) || !error.message.endsWith('has no such branch.')) return error;
  return new SourceFault('not-found', `Repository ${session.repository.url} has no branch ${JSON.stringify(branch)}.`);
}

function unknownCommit(session: Session, commit: ObjectId): SourceFault {
  return new SourceFault(
    'not-found',
    `Repository ${session.repository.url} has no commit ${commit}, or does not give it out any more.`,
  );
}

/** A server says in many ways that it won't send a commit; being unreachable, slow or closed to us is something else. */
function unlessUnknownCommit(error: unknown, session: Session, commit: ObjectId): never {
  if (
    error instanceof SourceFault &&
    (error.fault.kind === 'internal' ||
      (error.fault.kind === 'unreachable' && /not our ref|unadvertised/i.test(error.message)))
  )
    throw unknownCommit(session, commit);
  throw error;
}
