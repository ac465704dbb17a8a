/** A source process in memory: one repository whose commits hold rendered objects by file, with faults and lost answers on demand. */

import { createHash } from 'node:crypto';
import type { JsonObject } from '../../../kube/api.ts';
import type { Fault, MergeRequest, Source } from '../../../source/contract.ts';

export type Files = Readonly<Record<string, JsonObject>>;

interface Commit {
  readonly id: string;
  readonly parent: string | undefined;
  readonly files: Files;
  readonly subject: string;
  readonly message: string;
}

export interface FakeSource extends Source {
  /** Pushes a commit as a person; gives its id. */
  commit(files: Files, subject?: string): string;
  tip(): Commit;
  log(): readonly Commit[];
  /** Every call answers this fault while it is set. */
  fault: Fault | undefined;
  /** Runs after the n-th call of a kind was carried out; may throw to play a crash. */
  after: ((call: string) => void) | undefined;
  /** Called before a push is judged, for races. */
  beforePush: (() => void) | undefined;
  denied: string | undefined;
  /** Moves the branch back by force. */
  rewind(commit: string): void;
  /** An empty disk: commits that only this source knew are gone. */
  forget(): void;
  readonly calls: string[];
}

const sha = (text: string): string => createHash('sha1').update(text).digest('hex');

export function fakeSource(): FakeSource {
  const commits = new Map<string, Commit>();
  const branch: string[] = [];
  const calls: string[] = [];
  const made = (files: Files, parent: string | undefined, message: string, salt = ''): Commit => {
    const id = sha(JSON.stringify([files, parent, message, salt]));
    const commit = { id, parent, files, subject: message.split('\n')[0] ?? '', message };
    commits.set(id, commit);
    return commit;
  };
  const tip = (): Commit => commits.get(branch.at(-1) ?? '')!;
  const ancestors = (id: string | undefined): readonly string[] => {
    const found: string[] = [];
    for (let at = id; at !== undefined; at = commits.get(at)?.parent) found.push(at);
    return found;
  };
  const answered = <T>(call: string, answer: () => T): Promise<T> => {
    calls.push(call);
    if (source.fault !== undefined) return Promise.resolve(source.fault as T);
    const value = answer();
    source.after?.(call);
    return Promise.resolve(value);
  };
  const treeId = (files: Files): string => sha(JSON.stringify(files));
  const missing = { kind: 'not-found', message: 'The commit is not in the repository.' } as const;

  const source: FakeSource = {
    calls,
    fault: undefined,
    after: undefined,
    beforePush: undefined,
    denied: undefined,
    tip,
    log: () => branch.map((id) => commits.get(id)!).toReversed(),
    commit(files, subject = 'a change') {
      const commit = made(files, branch.at(-1), subject, String(branch.length));
      branch.push(commit.id);
      return commit.id;
    },
    rewind(commit) {
      branch.splice(branch.indexOf(commit) + 1);
    },
    forget() {
      for (const id of commits.keys()) if (!ancestors(branch.at(-1)).includes(id)) commits.delete(id);
    },
    ping: () => answered('ping', () => ({ kind: 'ok', version: '0', git: '2.40' })),
    sync: ({ paths }) =>
      answered('sync', () => {
        const { id, files, subject } = tip();
        const trees = Object.fromEntries(paths.map((path) => [path, treeId(files)]));
        return { kind: 'ok', commit: id, committedAt: '2026-01-01T00:00:00Z', author: 'dev', subject, trees };
      }),
    render: ({ commit }) =>
      answered('render', () => {
        const found = commits.get(commit);
        if (found === undefined) return missing;
        const broken = Object.entries(found.files).find(([, object]) => object['broken'] !== undefined);
        if (broken)
          return {
            kind: 'invalid',
            problems: [{ path: broken[0], line: 3, message: JSON.stringify(broken[1]['broken']) }],
          };
        return {
          kind: 'ok',
          digest: createHash('sha256').update(JSON.stringify(found.files)).digest('hex'),
          renderer: 'fake 1',
          objects: Object.values(found.files),
          inputs: Object.keys(found.files).length,
        };
      }),
    compare: ({ commit, other }) =>
      answered('compare', () => {
        const [a, b] = [commits.get(commit), commits.get(other)];
        if (!a || !b) return missing;
        const between = ancestors(other).filter((id) => !ancestors(commit).includes(id));
        return {
          kind: 'ok',
          sameTree: treeId(a.files) === treeId(b.files),
          isAncestor: ancestors(other).includes(commit),
          commitsBetween: between.length,
          commitsTouchingPaths: between.length,
          noAutoRevert: between.filter((id) => /^no-auto-revert: *true$/im.test(commits.get(id)?.message ?? '')),
        };
      }),
    merge: (request) => answered('merge', () => mergeOf(request)),
    push: ({ commit, expectedTip }) =>
      answered('push', () => {
        source.beforePush?.();
        const found = commits.get(commit);
        if (ancestors(branch.at(-1)).includes(commit)) return { kind: 'contained' };
        if (found === undefined) return missing;
        if (branch.at(-1) !== expectedTip) return { kind: 'moved', tip: branch.at(-1) ?? '' };
        if (source.denied !== undefined) return { kind: 'denied', why: source.denied };
        branch.push(commit);
        return { kind: 'pushed' };
      }),
  };

  /** Three-way by file: base is the bad commit, theirs the good one, ours the tip. */
  function mergeOf(request: MergeRequest) {
    const [base, theirs, ours] = [request.bad, request.good, request.tip].map((id) => commits.get(id)?.files);
    if (!base || !theirs || !ours) return missing;
    const files: Record<string, JsonObject> = { ...ours };
    const conflicts: string[] = [];
    for (const path of new Set([...Object.keys(base), ...Object.keys(theirs)])) {
      const [was, wanted, is] = [base[path], theirs[path], ours[path]].map((one) => JSON.stringify(one));
      if (was === wanted || is === wanted) continue;
      if (is !== was) conflicts.push(path);
      else if (theirs[path] === undefined) delete files[path];
      else files[path] = theirs[path];
    }
    if (conflicts.length > 0) return { kind: 'conflict' as const, files: conflicts };
    if (JSON.stringify(files) === JSON.stringify(ours)) return { kind: 'already-reverted' as const };
    const commit = made(files, request.tip, request.message, request.at);
    const changed = Object.keys({ ...files, ...ours }).filter((path) => files[path] !== ours[path]);
    return { kind: 'merged' as const, commit: commit.id, parent: request.tip, changed };
  }
  return source;
}
