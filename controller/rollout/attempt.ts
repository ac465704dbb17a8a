/** How often the current revision was tried: what was measured, asked and said counts for one attempt only. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';

/** 1 for the first one, which a status of Argo Rollouts' does not name. */
export function attemptOf({ attempt = 1 }: RolloutStatus): number {
  return attempt;
}
