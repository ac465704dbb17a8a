/** Tells the observer of every move of the branch, when it happens and by whom. */

import type { RepositoryStore } from '../../bed/git-repository.ts';
import type { GitUpdate } from '../observer/git-update.ts';

/** Gives the move since the last look; undefined when the branch stands where it stood. `url` is what a GitSync names. */
export function gitWatcher(
  git: RepositoryStore,
  repository: string,
  url: string,
): (pusher: string, at: number) => Promise<GitUpdate | undefined> {
  const known = new Set<string>();
  let before: string | undefined;
  return async (pusher, at) => {
    const log = await git.log(repository);
    const after = log[0]?.sha;
    if (after === before) return undefined;
    const fresh = log.filter(({ sha }) => !known.has(sha)).toReversed();
    const commits = [];
    for (const { sha, parents, message } of fresh) {
      known.add(sha);
      commits.push({ sha, parents, trailers: trailersOf(message), paths: await git.changedFiles(repository, sha) });
    }
    const update = { at, repository: url, branch: 'main', pusher, commits };
    const whole = { ...update, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
    before = after;
    return whole;
  };
}

function trailersOf(message: string): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  for (const [, key = '', value = ''] of message.matchAll(/^([A-Z][A-Za-z-]*): (.+)$/gm))
    (found[key] ??= []).push(value);
  return found;
}
