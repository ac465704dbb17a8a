/** The Git log as the observer takes it: one update of one ref at a time, and the graph that all of them make. */

export interface GitCommit {
  readonly sha: string;
  /** The first is the one it was made on. */
  readonly parents: readonly string[];
  /** Values by trailer key, such as `Tidegate-Revert-Of`. */
  readonly trailers: Readonly<Record<string, readonly string[]>>;
  /** Paths that differ from the first parent. */
  readonly paths: readonly string[];
  /** Who committed it: a name, or `name <mail>`. Absent where the log does not tell. */
  readonly author?: string;
}

/** A ref that moved (as a post-receive hook sees it). */
export interface GitUpdate {
  readonly at: number;
  readonly repository: string;
  /** Short name of the branch. */
  readonly branch: string;
  /** The controller's pushes start with `tidegate`. */
  readonly pusher: string;
  /** Tip before; absent for a new branch. */
  readonly before?: string;
  /** Tip after; absent for a deleted branch. */
  readonly after?: string;
  /** Commits that are new with this update, oldest first. */
  readonly commits: readonly GitCommit[];
}

export interface GitHistory {
  readonly updates: readonly GitUpdate[];
  commit(sha: string): GitCommit | undefined;
  /** True when `ancestor` is `sha` or can be reached from it by parents. */
  contains(sha: string, ancestor: string): boolean;
  /** Branches of any repository whose tip contains the commit. */
  branchesWith(sha: string): readonly { readonly repository: string; readonly branch: string }[];
}

export interface GrowingGitHistory extends GitHistory {
  add(update: GitUpdate): void;
}

export function gitHistory(): GrowingGitHistory {
  const updates: GitUpdate[] = [];
  const commits = new Map<string, GitCommit>();
  const tips = new Map<string, { repository: string; branch: string; tip: string }>();
  const contains = (sha: string, ancestor: string): boolean => {
    const seen = new Set<string>();
    const open = [sha];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === ancestor) return true;
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(commits.get(next)?.parents ?? []));
    }
    return false;
  };
  return {
    updates,
    commit: (sha) => commits.get(sha),
    contains,
    branchesWith: (sha) => [...tips.values()].filter(({ tip }) => contains(tip, sha)),
    add(update) {
      updates.push(update);
      for (const one of update.commits) commits.set(one.sha, one);
      const { repository, branch, after } = update;
      const key = `${repository} ${branch}`;
      if (after === undefined) tips.delete(key);
      else tips.set(key, { repository, branch, tip: after });
    },
  };
}
