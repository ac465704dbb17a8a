/**
 * Computes a revert: a three-way merge of the closure only (base: tip with the bad content, ours: tip, theirs: tip with the good content),
 * so later unrelated edits are kept, other apps of the same commit stay, and merge commits need no mainline. No worktree, no index.
 */
import type { MergeAnswer, MergeRequest } from './contract.ts';
import { ObjectId } from './contract.ts';
import { SourceFault } from './fault.ts';
import type { Fetcher } from './fetch.ts';
import { graft } from './graft.ts';
import { isUnder } from './refs.ts';
import { hasCommit, isAncestor, local, type Session, treesAt } from './repository.ts';
import { entryAt } from './tree.ts';

type Plan = Pick<MergeRequest, 'branch' | 'tip' | 'bad' | 'good' | 'message' | 'author' | 'at'> & {
  /** Normalised, none inside another. */
  readonly paths: readonly string[];
};

interface Change {
  readonly status: string;
  readonly path: string;
  readonly ids: readonly ObjectId[];
}

/** Makes the revert commit, in the cache only. The same plan gives the same commit. */
export async function merge(session: Session, fetcher: Fetcher, plan: Plan): Promise<MergeAnswer> {
  const refusal = await outsideHistory(session, fetcher, plan);
  if (refusal !== undefined) return refuse(refusal);
  const trees = await closureTrees(session, plan);
  if ([...trees.good.values()].every((id) => id === null)) {
    return refuse(
      `In the last good commit ${plan.good} none of the paths ${plan.paths.join(', ')} exists, so there is nothing to go back to.`,
    );
  }
  if (isSame(trees.tip, trees.good)) return { kind: 'already-reverted' };
  const rewritten = await rewrittenHistory(session, plan);
  if (rewritten !== undefined && !isSame(trees.tip, trees.bad)) return refuse(rewritten);

  const [base, theirs] = [
    await graft(session, plan.tip, plan.bad, plan.paths),
    await graft(session, plan.tip, plan.good, plan.paths),
  ];
  const ours = ObjectId.parse((await treesAt(session, plan.tip, ['.'])).get('.'));
  await prefetch(session, fetcher, [base, ours, theirs]);
  const merged = await mergeTrees(session, base, ours, theirs);
  if (merged.kind === 'conflict') return merged;
  if (merged.tree === ours) return { kind: 'already-reverted' };
  const changes = await changesBetween(session, ours, merged.tree);
  const broken = await brokenGuard(session, plan, changes);
  if (broken !== undefined) return refuse(broken);
  const commit = await commitTree(session, plan, merged.tree);
  return { kind: 'merged', commit, parent: plan.tip, changed: changes.map((change) => change.path).toSorted() };
}

function refuse(why: string): MergeAnswer {
  return { kind: 'refused', why, message: why };
}

/** A revert from commits that the cache knows only in part would delete files: all three must be there. */
async function outsideHistory(session: Session, fetcher: Fetcher, plan: Plan): Promise<string | undefined> {
  if (!(await hasCommit(session, plan.tip))) await fetcher.tip(session, plan.branch);
  for (const [name, commit] of [
    ['tip', plan.tip],
    ['bad', plan.bad],
    ['good', plan.good],
  ] as const) {
    try {
      await fetcher.commit(session, commit, undefined);
    } catch (error) {
      if (!(error instanceof SourceFault) || error.fault.kind !== 'not-found') throw error;
      return `The ${name} commit ${commit} is outside the history of branch ${plan.branch} of ${session.repository.url}; a revert without it could delete files. Revert by hand.`;
    }
  }
  return undefined;
}

/** On a rewritten branch a merge is still right while the closure is exactly the bad content; otherwise nobody can say what belongs to whom. */
async function rewrittenHistory(session: Session, plan: Plan): Promise<string | undefined> {
  for (const [name, commit] of [
    ['bad', plan.bad],
    ['good', plan.good],
  ] as const) {
    if (await isAncestor(session, commit, plan.tip)) continue;
    return `Branch ${plan.branch} of ${session.repository.url} was rewritten: the ${name} commit ${commit} is no longer in the history of its tip ${plan.tip}, and the content has changed since. Revert by hand.`;
  }
  return undefined;
}

async function closureTrees(session: Session, plan: Plan) {
  return {
    tip: await treesAt(session, plan.tip, plan.paths),
    bad: await treesAt(session, plan.bad, plan.paths),
    good: await treesAt(session, plan.good, plan.paths),
  };
}

function isSame(a: ReadonlyMap<string, ObjectId | null>, b: ReadonlyMap<string, ObjectId | null>): boolean {
  return [...a].every(([path, id]) => b.get(path) === id);
}

/** File contents that the merge may read and the push will send, in one request. */
async function prefetch(
  session: Session,
  fetcher: Fetcher,
  [base, ours, theirs]: readonly [ObjectId, ObjectId, ObjectId],
): Promise<void> {
  const changes = [...(await changesBetween(session, base, ours)), ...(await changesBetween(session, base, theirs))];
  await fetcher.blobs(
    session,
    changes.flatMap((change) => change.ids),
  );
}

async function changesBetween(session: Session, from: ObjectId, to: ObjectId): Promise<Change[]> {
  const { stdout } = await local(session, {
    args: ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', from, to],
  });
  const fields = stdout.toString('utf8').split('\0');
  const changes: Change[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const match = /^:(\d{6}) (\d{6}) ([0-9a-f]+) ([0-9a-f]+) ([A-Z])/.exec(fields[at] ?? '');
    if (match === null) throw new SourceFault('internal', 'git listed a difference in a form that is not known.');
    const [, oldMode, newMode, oldId, newId, status = ''] = match;
    const sides = [
      { mode: oldMode, id: oldId },
      { mode: newMode, id: newId },
    ];
    // A submodule's id is a commit of another repository, and a side that is absent has none.
    const ids = sides.flatMap(({ mode, id }) => (mode === '000000' || mode === '160000' ? [] : [ObjectId.parse(id)]));
    changes.push({ status, path: fields[at + 1] ?? '', ids });
  }
  return changes;
}

async function mergeTrees(
  session: Session,
  base: ObjectId,
  ours: ObjectId,
  theirs: ObjectId,
): Promise<{ kind: 'clean'; tree: ObjectId } | { kind: 'conflict'; files: string[] }> {
  // merge-tree takes commits and finds the base itself (--merge-base needs git 2.40): so three of them are made up.
  const root = await syntheticCommit(session, base, []);
  const sides = [await syntheticCommit(session, ours, [root]), await syntheticCommit(session, theirs, [root])];
  const { code, stdout } = await local(
    session,
    { args: ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', ...sides] },
    [1],
  );
  const [tree = '', ...files] = stdout
    .toString('utf8')
    .split('\0')
    .filter((field) => field !== '');
  if (code === 1) return { kind: 'conflict', files: [...new Set(files)].toSorted() };
  return { kind: 'clean', tree: ObjectId.parse(tree.trim()) };
}

function syntheticCommit(session: Session, tree: ObjectId, parents: readonly ObjectId[]): Promise<ObjectId> {
  return writeCommit(session, tree, parents, 'side of a merge\n', { name: 'tidegate', email: 'tidegate@localhost' }, 0);
}

function commitTree(session: Session, plan: Plan, tree: ObjectId): Promise<ObjectId> {
  return writeCommit(session, tree, [plan.tip], plan.message, plan.author, Math.floor(Date.parse(plan.at) / 1000));
}

async function writeCommit(
  session: Session,
  tree: ObjectId,
  parents: readonly ObjectId[],
  message: string,
  author: { name: string; email: string },
  atSeconds: number,
): Promise<ObjectId> {
  const date = `@${atSeconds} +0000`;
  const env = {
    GIT_AUTHOR_NAME: author.name,
    GIT_AUTHOR_EMAIL: author.email,
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: author.name,
    GIT_COMMITTER_EMAIL: author.email,
    GIT_COMMITTER_DATE: date,
  };
  const args = ['commit-tree', tree, ...parents.flatMap((parent) => ['-p', parent])];
  const { stdout } = await local(session, { args, env, input: message.endsWith('\n') ? message : `${message}\n` });
  return ObjectId.parse(stdout.toString('utf8').trim());
}

/** The last look before a commit is made: only the closure, and no file goes that the bad commit had not brought. */
async function brokenGuard(session: Session, plan: Plan, changes: readonly Change[]): Promise<string | undefined> {
  const outside = changes.find((change) => !plan.paths.some((path) => isUnder(change.path, path)));
  if (outside !== undefined)
    return `The revert would change ${outside.path}, which is outside ${plan.paths.join(', ')}.`;
  for (const change of changes.filter((entry) => entry.status === 'D')) {
    const [inBad, inGood] = [
      await entryAt(session, plan.bad, change.path),
      await entryAt(session, plan.good, change.path),
    ];
    if (inBad === undefined || inGood !== undefined)
      return `The revert would delete ${change.path}, which the bad release did not add.`;
  }
  return undefined;
}
