/**
 * The first look at an adopted workload. Between the hand-over and this moment somebody may have changed the Deployment's
 * template: the pods that were taken over are stable all the same, and the change is a release with its steps. Pure.
 */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { hullUid } from './adopted.ts';
import type { Observed } from './observed.ts';
import { type Change, newRevision } from './revision-change.ts';

/** The status in which the pods that run are stable; undefined when they are of the current template anyway. */
export function takenOver(observed: Observed, status: RolloutStatus): Change | undefined {
  if (status.stableRS || hullUid(observed.rollout) === undefined) return undefined;
  const active = observed.replicaSets.filter((set) => set.replicas > 0);
  const [set] = active;
  if (set === undefined || active.length > 1 || set.podHash === observed.podHash) return undefined;
  // Found as the current template first, and changed before that was all recorded.
  if (status.currentPodHash === set.podHash) return { status: { ...status, stableRS: set.podHash }, facts: [] };
  if (status.currentPodHash !== undefined) return undefined;
  const known = newRevision({ ...observed, podHash: set.podHash }, status);
  return known && { ...known, status: { ...known.status, stableRS: set.podHash } };
}
