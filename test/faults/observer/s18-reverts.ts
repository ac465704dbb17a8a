/**
 * S18: Git: at most one revert per (repository, branch, failed commit); never a revert of a revert; never a push that drops commits;
 * only paths of the release; only the branch and the commit that were put on record before, and no push of anything else; the
 * controller's own identity as the committer, where the log tells one.
 *
 * Counted: updates of refs whose pusher starts with `tidegate` (the controller pushes reverts and nothing else), against the
 * GitRevert of S(rv) that names the pushed commit in its status; and own writes that call a GitRevert Pushed, for which the commit
 * must be on a branch; and own creates of a GitRevert, which name the branch of their GitSync. A push of a commit that is on the branch already changes nothing and is no second revert.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { GitCommit, GitUpdate } from './git-update.ts';
import type { Check, Invariant, Limits, Moment, Say, Step } from './invariant.ts';
import { textOf, textsOf } from './read-json.ts';

export const s18: Invariant = { id: 'S18', begin };

const trailer = 'Tidegate-Revert-Of';

function begin({ committer }: Limits): Check {
  const reverts = new Map<string, Set<string>>();
  return {
    commit(step, say) {
      checkPushed(step, say);
      checkBranch(step, say);
    },
    git(update, moment, say) {
      if (!update.pusher.startsWith('tidegate')) return;
      const where = `${update.repository} ${update.branch}`;
      if (update.after === undefined) return say(`branch ${update.branch} was deleted by the controller`);
      if (update.before !== undefined && !moment.git.contains(update.after, update.before))
        say(`a push to ${update.branch} dropped commit ${update.before}`);
      if (!isTracked(update, moment))
        say(`branch ${update.branch} of ${update.repository} was pushed to, but is nobody's`);
      for (const commit of update.commits) {
        checkIdentity(commit, committer, say);
        const [target] = commit.trailers[trailer] ?? [];
        if (target === undefined) say(`commit ${commit.sha} was pushed to ${update.branch}, but is no revert`);
        else checkRevert(commit, target, update, moment, say);
        noteRevert(reverts, `${where} ${target ?? ''}`, commit, say);
      }
    },
  };
}

/** A GitSync follows the branch, or a GitRevert has it on record whose GitSync is gone by now. */
function isTracked({ repository, branch }: GitUpdate, { cluster }: Moment): boolean {
  return [...cluster.list('GitSync'), ...cluster.list('GitRevert')].some(
    (one) => textOf(one, 'spec', 'branch') === branch && textOf(one, 'spec', 'repository') === repository,
  );
}

/** Names are compared, and the mail address where both have one. */
function checkIdentity({ sha, author }: GitCommit, committer: string, say: Say): void {
  if (author === undefined) return;
  const withMail = author.includes('<') && committer.includes('<');
  const plain = (text: string) => (withMail ? text : text.replace(/\s*<.*$/, '')).trim();
  if (plain(author) !== plain(committer)) say(`commit ${sha} was pushed in the name of ${author}, not of ${committer}`);
}

function checkBranch({ commit, isOwn, cluster }: Step, say: Say): void {
  if (!isOwn || commit.kind !== 'GitRevert' || commit.before !== undefined) return;
  const { after, namespace, name } = commit;
  const sync = cluster.get('GitSync', namespace, textOf(after, 'spec', 'gitSync', 'name') ?? '');
  if (sync === undefined) return;
  const differing = ['branch', 'repository'].filter(
    (field) => textOf(after, 'spec', field) !== textOf(sync, 'spec', field),
  );
  if (differing.length > 0)
    say(`GitRevert ${namespace}/${name} has another ${differing.join(' and ')} than its GitSync`);
}

function noteRevert(reverts: Map<string, Set<string>>, key: string, { sha }: GitCommit, say: Say): void {
  const known = reverts.get(key) ?? new Set<string>();
  reverts.set(key, known.add(sha));
  if (known.size > 1) say(`${key} was reverted ${known.size} times: ${[...known].join(', ')}`);
}

function checkRevert(commit: GitCommit, target: string, update: GitUpdate, { git, cluster }: Moment, say: Say): void {
  if (git.commit(target)?.trailers[trailer] !== undefined)
    say(`commit ${commit.sha} reverts ${target}, which is a revert itself`);
  const recorded = cluster
    .list('GitRevert')
    .filter((one) => textOf(one, 'status', 'commit') === commit.sha && textOf(one, 'spec', 'bad', 'commit') === target);
  const [record] = recorded;
  if (record === undefined)
    return say(`commit ${commit.sha}, a revert of ${target}, was pushed without being on record before`);
  checkRecord(record, commit, update, say);
}

function checkRecord(record: JsonObject, commit: GitCommit, update: GitUpdate, say: Say): void {
  const name = textOf(record, 'metadata', 'name') ?? '';
  if (textOf(record, 'spec', 'mode') !== 'push')
    say(`GitRevert ${name} does not push, but its commit ${commit.sha} was`);
  if (textOf(record, 'spec', 'branch') !== update.branch || textOf(record, 'spec', 'repository') !== update.repository)
    say(`the commit of GitRevert ${name} was pushed to ${update.repository} ${update.branch}`);
  const closure = textsOf(record, 'spec', 'paths');
  const outside = commit.paths.filter((path) => !closure.some((folder) => isInside(path, folder)));
  if (outside.length > 0)
    say(`the commit of GitRevert ${name} touches ${outside.join(', ')}, allowed are ${closure.join(', ')}`);
}

function isInside(path: string, folder: string): boolean {
  const plain = folder.replace(/\/+$/, '');
  return plain === '.' || plain === '' || path === plain || path.startsWith(`${plain}/`);
}

/** What is called pushed is there. Without a Git log nothing is known of it. */
function checkPushed({ commit, isOwn, git }: Step, say: Say): void {
  if (!isOwn || commit.kind !== 'GitRevert' || git.updates.length === 0) return;
  const isNew =
    textOf(commit.after, 'status', 'phase') === 'Pushed' && textOf(commit.before, 'status', 'phase') !== 'Pushed';
  const sha = textOf(commit.after, 'status', 'commit');
  if (isNew && (sha === undefined || git.branchesWith(sha).length === 0))
    say(`GitRevert ${commit.namespace}/${commit.name} says pushed, but commit ${sha ?? 'none'} is on no branch`);
}
