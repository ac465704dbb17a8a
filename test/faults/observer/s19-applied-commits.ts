/**
 * S19: a commit that is applied is on the tracked branch, is never an ancestor of one that was applied already unless a recorded
 * rollback says so, and renders no revision that failed before (quarantine).
 *
 * Counted: own status writes of a GitSync that make another commit the candidate, and own creates of a Release. A branch is known
 * from the Git log; without one only the quarantine is checked. By the architecture a retry makes the release of a failed commit
 * the candidate again: equal to the one applied before, so no ancestor of it. Signatures are not the controller's to check yet.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Check, Invariant, Say, Step } from './invariant.ts';
import { listOf, textOf } from './read-json.ts';
import { uidOf } from './rollout-view.ts';

export const s19: Invariant = { id: 'S19', begin };

function begin(): Check {
  const applied = new Map<string, string[]>();
  return {
    commit(step, say) {
      const { commit, isOwn } = step;
      if (!isOwn) return;
      if (commit.kind === 'GitSync') checkCandidate(step, applied, say);
      if (commit.kind === 'Release' && commit.before === undefined) checkQuarantine(step, say);
    },
  };
}

function candidateOf(object: Commit['after']): string | undefined {
  return textOf(object, 'status', 'candidate', 'commit');
}

function checkCandidate({ commit, git }: Step, applied: Map<string, string[]>, say: Say): void {
  const sha = candidateOf(commit.after);
  if (sha === undefined || sha === candidateOf(commit.before)) return;
  const text = `GitSync ${commit.namespace}/${commit.name}`;
  const uid = uidOf(commit.after);
  const earlier = applied.get(uid) ?? [];
  applied.set(uid, [...earlier, sha]);
  if (git.updates.length === 0) return;
  const branch = textOf(commit.after, 'spec', 'branch');
  const repository = textOf(commit.after, 'spec', 'repository');
  const isTracked = git.branchesWith(sha).some((one) => one.branch === branch && one.repository === repository);
  if (!isTracked) say(`${text} applies commit ${sha}, which is not on branch ${branch ?? ''}`);
  const newer = earlier.find((one) => one !== sha && git.contains(one, sha));
  if (newer !== undefined) say(`${text} applies commit ${sha}, an ancestor of ${newer}, which was applied before`);
}

function checkQuarantine({ commit, cluster }: Step, say: Say): void {
  const home = commit.namespace;
  const sync = cluster.get('GitSync', home, textOf(commit.after, 'spec', 'gitSync', 'name') ?? '');
  const quarantine = listOf(sync, 'status', 'quarantine');
  for (const one of listOf(commit.after, 'spec', 'rollouts')) {
    const [namespace, name] = [textOf(one, 'namespace') ?? home, textOf(one, 'name') ?? ''];
    const known = namespace === home ? name : `${namespace}/${name}`;
    const hit = quarantine.find((entry) => entry['rollout'] === known && entry['templateHash'] === one['templateHash']);
    if (hit === undefined) continue;
    say(
      `Release ${home}/${commit.name} is applied, although revision ${textOf(one, 'templateHash')} of Rollout ${known} is in quarantine`,
    );
  }
}
