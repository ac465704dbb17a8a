/** The calls of the contract: checks what came in, opens the repository's cache, does the work, and turns what went wrong into a fault. */
import type { z } from 'zod';
import { resolveLogin } from './access.ts';
import type { CacheStore } from './cache-store.ts';
import type {
  calls,
  CompareRequest,
  Credentials,
  Fault,
  MergeRequest,
  PushRequest,
  RenderRequest,
  SyncRequest,
} from './contract.ts';
import { SourceFault } from './fault.ts';
import type { Fetcher } from './fetch.ts';
import { compare, sync } from './history.ts';
import { merge } from './merge.ts';
import { keyedPool } from './pool.ts';
import { push } from './push.ts';
import { checkBranch, type Checked, checkPath, outermost } from './refs.ts';
import type { Renderer } from './render/render.ts';
import type { Session } from './repository.ts';
import { parseRepository, withoutUserInfo } from './url.ts';

export interface CallDeps {
  readonly store: CacheStore;
  readonly fetcher: Fetcher;
  readonly renderer: Renderer;
  readonly keysDir: string | undefined;
  readonly allowFile: boolean;
  readonly versions: { readonly version: string; readonly git: string; readonly kustomize?: string };
  readonly log: SourceLog;
}

export type SourceLog = (
  level: 'info' | 'warn',
  message: string,
  fields: Readonly<Record<string, string | number>>,
) => void;

type Calls = typeof calls;

export type Handlers = {
  readonly [N in keyof Calls]: (
    request: z.infer<Calls[N]['request']>,
    signal: AbortSignal,
  ) => Promise<z.infer<Calls[N]['answer']>>;
};

/** A cache is thrown away at most this often on suspicion: a fault that a fresh cache has too isn't the cache's. */
const REBUILD_INTERVAL_MS = 10 * 60_000;

/** The handlers of the server. None of them rejects for anything a repository, server or caller does. */
export function handlers(deps: CallDeps): Handlers {
  const writers = keyedPool(1);
  const sessions = sessionOpener(deps);
  return {
    ping: () => Promise.resolve({ kind: 'ok', ...deps.versions }),
    sync: (request, signal) => sessions(request, signal, (session) => runSync(deps, session, request)),
    render: (request, signal) => sessions(request, signal, (session) => runRender(deps, session, request)),
    compare: (request, signal) => sessions(request, signal, (session) => runCompare(deps, session, request)),
    // One writer per (repository, branch): two reverts of one branch wait for each other here instead of losing races.
    merge: async (request, signal) => {
      const answer = await sessions(request, signal, (session) =>
        writers.use(`${session.repository.key}\0${request.branch}`, signal, () => runMerge(deps, session, request)),
      );
      return answer.kind === 'refused' ? { ...answer, why: answer.message } : answer;
    },
    push: (request, signal) =>
      sessions(request, signal, (session) =>
        writers.use(`${session.repository.key}\0${request.branch}`, signal, () => runPush(deps, session, request)),
      ),
  };
}

async function runSync(deps: CallDeps, session: Session, request: SyncRequest) {
  const paths = new Map(request.paths.map((path) => [path, accepted(checkPath(path))]));
  return sync(session, deps.fetcher, accepted(checkBranch(request.branch)), paths);
}

async function runRender(deps: CallDeps, session: Session, request: RenderRequest) {
  const path = accepted(checkPath(request.path));
  const plan = {
    commit: request.commit,
    path,
    alsoPaths: request.alsoPaths.map((entry) => accepted(checkPath(entry))),
  };
  const known = deps.renderer.remembered(session, plan);
  if (known !== undefined) return known;
  await deps.fetcher.commit(session, request.commit, branchOf(request));
  return deps.renderer.render(session, plan);
}

async function runCompare(deps: CallDeps, session: Session, request: CompareRequest) {
  for (const commit of [request.commit, request.other]) await deps.fetcher.commit(session, commit, branchOf(request));
  return compare(
    session,
    request.commit,
    request.other,
    request.paths.map((path) => accepted(checkPath(path))),
  );
}

function runMerge(deps: CallDeps, session: Session, request: MergeRequest) {
  if (/[\p{Cc}<>]/u.test(request.author.name + request.author.email))
    throw new SourceFault('refused', 'The author of a commit must not have control characters, "<" or ">".');
  if (request.message.includes('\0'))
    throw new SourceFault('refused', 'A commit message must not have NUL characters.');
  const paths = outermost(request.paths.map((path) => accepted(checkPath(path))));
  return merge(session, deps.fetcher, { ...request, branch: accepted(checkBranch(request.branch)), paths });
}

function runPush(deps: CallDeps, session: Session, request: PushRequest) {
  const { commit, expectedTip } = request;
  return push(session, deps.fetcher, { branch: accepted(checkBranch(request.branch)), commit, expectedTip });
}

function branchOf(request: { branch?: string | undefined }): string | undefined {
  return request.branch === undefined ? undefined : accepted(checkBranch(request.branch));
}

function accepted<T>(checked: Checked<T>): T {
  if (checked.kind === 'ok') return checked.value;
  throw new SourceFault('refused', checked.why);
}

interface Target {
  readonly repository: string;
  readonly credentials: Credentials;
}

function sessionOpener(deps: CallDeps) {
  const rebuiltAt = new Map<string, number>();
  const attempt = async <T>(
    request: Target,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T> => {
    const repository = accepted(parseRepository(request.repository, { allowFile: deps.allowFile }));
    const login = await resolveLogin(request.credentials, repository, deps.keysDir);
    const session = await deps.store.open(repository, login, signal);
    try {
      return await work(session);
    } catch (error) {
      // A fault that no rule explains is most likely a damaged cache, and a new one costs only time.
      const last = rebuiltAt.get(session.key) ?? Number.NEGATIVE_INFINITY;
      const isSuspect = error instanceof SourceFault && error.suspectsCache && !signal.aborted;
      if (!isSuspect || performance.now() - last < REBUILD_INTERVAL_MS) throw error;
      rebuiltAt.set(session.key, performance.now());
      deps.log('warn', 'repository cache thrown away after an unexplained fault', {
        repository: repository.url,
        fault: error.message,
      });
      await deps.store.discard(session.key);
      return work(await deps.store.open(repository, login, signal));
    }
  };
  return async <T>(
    request: Target,
    signal: AbortSignal,
    work: (session: Session) => Promise<T>,
  ): Promise<T | Fault> => {
    try {
      return await attempt(request, signal, work);
    } catch (error) {
      if (error instanceof SourceFault) return error.fault;
      const name = withoutUserInfo(request.repository);
      if (signal.aborted) return { kind: 'timeout', message: `Repository ${name} gave no answer in time.` };
      deps.log('warn', 'call failed unexpectedly', {
        repository: name,
        error: error instanceof Error ? (error.stack ?? error.message) : 'not an error',
      });
      return {
        kind: 'internal',
        message: `The source process failed on ${name}: ${error instanceof Error ? error.message : 'unknown error'}.`,
      };
    }
  };
}
