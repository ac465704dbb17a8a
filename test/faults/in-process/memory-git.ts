/**
 * A repository in memory behind the contract of the source process: commits with ids made of their content, merges by file,
 * pushes with a lease. Everything a commit renders to are the objects in its files.
 */

import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type {
  CompareRequest,
  MergeAnswer,
  MergeRequest,
  PushAnswer,
  PushRequest,
  RenderAnswer,
  RenderRequest,
  SyncAnswer,
  SyncRequest,
} from '../../../source/contract.ts';

/** Objects by path. */
export type Files = Readonly<Record<string, JsonObject>>;

export interface GitCommit {
  readonly id: string;
  readonly parent: string | undefined;
  readonly files: Files;
  readonly message: string;
  readonly author: string;
  readonly at: number;
}

/** What a post-receive hook sees. */
export interface RefUpdate {
  readonly repository: string;
  readonly branch: string;
  readonly before: string | undefined;
  readonly after: string;
  /** Commits that no branch had before, oldest first. */
  readonly brought: readonly string[];
  readonly pusher: string;
  readonly at: number;
}

export interface MemoryGit {
  readonly repository: string;
  readonly branch: string;
  /** Pushes a commit as a person, on the tip; files that are undefined go. Gives its id. */
  commit(change: Readonly<Record<string, JsonObject | undefined>>, message: string): string;
  tip(): GitCommit;
  /** Those of the branch that people push to, newest first. */
  log(): readonly GitCommit[];
  get(id: string): GitCommit | undefined;
  onUpdate(handler: (update: RefUpdate) => void): void;
  /** The calls of the source process, each carried out at once. */
  sync(request: SyncRequest): SyncAnswer;
  render(request: RenderRequest): RenderAnswer;
  compare(request: CompareRequest): CompareResult;
  merge(request: MergeRequest): MergeAnswer;
  push(request: PushRequest): PushAnswer;
  /** The disk of the source process is empty: commits that were never pushed are gone. */
  forget(): void;
}

const person = 'dev';

type CompareResult = Awaited<ReturnType<import('../../../source/contract.ts').Source['compare']>>;

const missing = { kind: 'not-found', message: 'The commit is not in the repository.' } as const;
const hash = (kind: 'sha1' | 'sha256', value: unknown): string =>
  createHash(kind).update(JSON.stringify(value)).digest('hex');

export function memoryGit(repository: string, branch: string, now: () => number): MemoryGit {
  const commits = new Map<string, GitCommit>();
  const branches = new Map<string, string>();
  const handlers = new Set<(update: RefUpdate) => void>();
  const made = (content: Omit<GitCommit, 'id'>): GitCommit => {
    // A person's commit has the same id in every run; that of a merge is a function of the request, its date included.
    const identified = content.author === person ? { ...content, at: 0 } : content;
    const commit = { id: hash('sha1', identified), ...content };
    commits.set(commit.id, commit);
    return commit;
  };
  const history = (id: string): readonly string[] => {
    const found: string[] = [];
    for (let at: string | undefined = id; at !== undefined; at = commits.get(at)?.parent) found.push(at);
    return found;
  };
  const reachable = (): ReadonlySet<string> => new Set([...branches.values()].flatMap(history));
  const move = (to: string, commit: GitCommit, pusher: string): void => {
    const before = branches.get(to);
    const known = reachable();
    const brought = history(commit.id)
      .filter((id) => !known.has(id))
      .toReversed();
    branches.set(to, commit.id);
    const update = { repository, branch: to, before, after: commit.id, brought, pusher, at: now() };
    for (const handler of handlers) handler(update);
  };
  const tipOf = (name: string): GitCommit | undefined => commits.get(branches.get(name) ?? '');
  const tip = (): GitCommit => tipOf(branch)!;
  return {
    repository,
    branch,
    tip,
    log: () => history(branches.get(branch) ?? '').flatMap((id) => commits.get(id) ?? []),
    get: (id) => commits.get(id),
    onUpdate: (handler) => void handlers.add(handler),
    commit(change, message) {
      const parent = branches.get(branch);
      const all = { ...(parent === undefined ? {} : tip().files), ...change };
      const files = Object.fromEntries(Object.entries(all).filter(([, object]) => object !== undefined)) as Files;
      const commit = made({ parent, files, message, author: person, at: now() });
      move(branch, commit, person);
      return commit.id;
    },
    forget() {
      const kept = reachable();
      for (const id of commits.keys()) if (!kept.has(id)) commits.delete(id);
    },
    sync({ branch: name, paths }) {
      const found = tipOf(name);
      if (found === undefined) return missing;
      const { id, files, message, author, at } = found;
      const trees = Object.fromEntries(paths.map((path) => [path, treeOf(files, path)]));
      const committedAt = new Date(at).toISOString();
      return { kind: 'ok', commit: id, committedAt, author, subject: subjectOf(message), trees };
    },
    render({ commit, path, alsoPaths }) {
      const found = commits.get(commit);
      if (found === undefined) return missing;
      const inputs = inside(found.files, [path, ...alsoPaths]);
      const objects = Object.values(inside(found.files, [path]));
      const digest = hash('sha256', inputs);
      return { kind: 'ok', digest, renderer: 'memory 1', objects, inputs: Object.keys(inputs).length };
    },
    compare({ commit, other, paths }) {
      const [a, b] = [commits.get(commit), commits.get(other)];
      if (a === undefined || b === undefined) return missing;
      const known = new Set(history(commit));
      const between = history(other).filter((id) => !known.has(id));
      const touching = between.filter((id) => touches(commits, id, paths));
      return {
        kind: 'ok',
        sameTree: hash('sha1', inside(a.files, paths)) === hash('sha1', inside(b.files, paths)),
        isAncestor: history(other).includes(commit),
        commitsBetween: between.length,
        commitsTouchingPaths: touching.length,
        noAutoRevert: touching.filter((id) => /^no-auto-revert: *true$/im.test(commits.get(id)?.message ?? '')),
      };
    },
    merge: (request) => mergeOf(commits, request, made),
    push({ branch: name, commit, expectedTip }) {
      const found = commits.get(commit);
      const is = tipOf(name)?.id;
      if (is !== undefined && history(is).includes(commit)) return { kind: 'contained' };
      if (found === undefined) return missing;
      // A branch that is not there yet is made: what was pushed where is for the observer to judge.
      if (is !== undefined && is !== expectedTip) return { kind: 'moved', tip: is };
      move(name, found, 'tidegate');
      return { kind: 'pushed' };
    },
  };
}

function subjectOf(message: string): string {
  return message.split('\n')[0] ?? '';
}

function isInside(file: string, path: string): boolean {
  return path === '.' || file === path || file.startsWith(`${path}/`);
}

function inside(files: Files, paths: readonly string[]): Files {
  const found = Object.entries(files).filter(([file]) => paths.some((path) => isInside(file, path)));
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function treeOf(files: Files, path: string): string | null {
  const found = inside(files, [path]);
  return Object.keys(found).length === 0 ? null : hash('sha1', found);
}

function touches(commits: ReadonlyMap<string, GitCommit>, id: string, paths: readonly string[]): boolean {
  const commit = commits.get(id);
  const parent = commits.get(commit?.parent ?? '');
  return hash('sha1', inside(commit?.files ?? {}, paths)) !== hash('sha1', inside(parent?.files ?? {}, paths));
}

/** Three-way by file: base is the bad commit, theirs the good one, ours the tip. */
function mergeOf(
  commits: ReadonlyMap<string, GitCommit>,
  request: MergeRequest,
  made: (content: Omit<GitCommit, 'id'>) => GitCommit,
): MergeAnswer {
  const [base, theirs, ours] = [request.bad, request.good, request.tip].map((id) => commits.get(id)?.files);
  if (base === undefined || theirs === undefined || ours === undefined) return missing;
  const files: Record<string, JsonObject> = { ...ours };
  const conflicts: string[] = [];
  for (const path of Object.keys(inside({ ...base, ...theirs }, request.paths))) {
    const wanted = theirs[path];
    const [was, good, is] = [base[path], wanted, ours[path]].map((one) => JSON.stringify(one));
    if (was === good || is === good) continue;
    if (is !== was) conflicts.push(path);
    else if (wanted === undefined) delete files[path];
    else files[path] = wanted;
  }
  if (conflicts.length > 0) return { kind: 'conflict', files: conflicts };
  if (hash('sha1', files) === hash('sha1', ours)) return { kind: 'already-reverted' };
  const { message, tip: parent } = request;
  const commit = made({ parent, files, message, author: request.author.name, at: Date.parse(request.at) });
  const changed = Object.keys({ ...files, ...ours }).filter((path) => files[path] !== ours[path]);
  return { kind: 'merged', commit: commit.id, parent, changed };
}
