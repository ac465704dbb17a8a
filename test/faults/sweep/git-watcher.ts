/** Tells the observer of every move of every ref, when it happens and by whom. */

import type { RepositoryStore } from '../../bed/git-repository.ts';
import type { GitUpdate } from '../observer/git-update.ts';
import type { RefMove } from '../proxy/git-gate.ts';

const noCommit = /^0+$/;

export interface GitWatcher {
  /** A move as a hook sees it. */
  moved(move: RefMove, pusher: string, at: number): Promise<GitUpdate>;
  /** What the developer did to a branch, past the hooks; undefined when it stands where it stood. */
  committed(branch: string, at: number): Promise<GitUpdate | undefined>;
}

/** `url` is what a GitSync names. */
export function gitWatcher(git: RepositoryStore, repository: string, url: string): GitWatcher {
  const known = new Set<string>();
  const tips = new Map<string, string>();
  const commitsOf = async (tip: string): Promise<GitUpdate['commits']> => {
    const commits = [];
    for (const { sha, parents, message, committer } of (await git.log(repository, tip)).toReversed()) {
      if (known.has(sha)) continue;
      known.add(sha);
      const paths = await git.changedFiles(repository, sha);
      commits.push({ sha, parents, trailers: trailersOf(message), paths, author: committer.name });
    }
    return commits;
  };
  const moved: GitWatcher['moved'] = async ({ from, to, ref }, pusher, at) => {
    const branch = ref.replace('refs/heads/', '');
    const isGone = noCommit.test(to);
    const commits = isGone ? [] : await commitsOf(to);
    if (isGone) tips.delete(branch);
    else tips.set(branch, to);
    const before = noCommit.test(from) ? {} : { before: from };
    return { at, repository: url, branch, pusher, commits, ...before, ...(isGone ? {} : { after: to }) };
  };
  return {
    moved,
    async committed(branch, at) {
      const to = (await git.tip(repository, branch)) ?? '';
      const from = tips.get(branch) ?? '0';
      return to === from || to === '' ? undefined : moved({ from, to, ref: `refs/heads/${branch}` }, 'developer', at);
    },
  };
}

function trailersOf(message: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  for (const [, key = '', value = ''] of message.matchAll(/^([A-Z][A-Za-z-]*): (.+)$/gm))
    (found[key] ??= []).push(value);
  return found;
}
