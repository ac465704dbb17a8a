/** What status says of a blue-green Rollout besides the fields of every Rollout, and the last part of phase and message. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { promotionAnalysisStatus } from './blue-green-analysis.ts';
import { activeOf, previewOf } from './blue-green.ts';
import type { Moves } from './moves.ts';
import type { Observed } from './observed.ts';
import type { Scene } from './scene.ts';

/** status.blueGreen, and what there is to tell of its analyses; nothing for another strategy. */
export function blueGreenStatus(scene: Scene): {
  readonly blueGreen: RolloutStatus['blueGreen'];
  readonly facts: Moves['facts'];
} {
  // While the strategy is refused for having changed too early, what the Services select is still to be known.
  const kept = scene.observed.problems.length > 0 ? scene.status.blueGreen : undefined;
  if (scene.blueGreen === undefined) return { blueGreen: kept, facts: [] };
  const analysis = promotionAnalysisStatus(scene);
  const scaleUp = scene.status.blueGreen?.scaleUpPreviewCheckPoint;
  const known = Object.entries({
    previewSelector: previewOf(scene)?.podHash,
    activeSelector: activeOf(scene)?.podHash,
    scaleUpPreviewCheckPoint: scaleUp,
    ...analysis.status,
  }).filter(([, value]) => value !== undefined);
  return { blueGreen: known.length === 0 ? undefined : Object.fromEntries(known), facts: analysis.facts };
}

/** An autoscaler and the count of available pods see the revision behind the active Service only. */
export function activeCounts(scene: Scene): Pick<RolloutStatus, 'HPAReplicas' | 'availableReplicas'> {
  const active = scene.observed.replicaSets.find((set) => set.podHash === activeOf(scene)?.podHash);
  if (scene.blueGreen === undefined || active === undefined) return {};
  return { HPAReplicas: active.status.replicas, availableReplicas: active.status.available };
}

/** Why a blue-green Rollout whose pods are all there is not healthy yet (argo-rollouts.md 2.4, item 8); undefined when it is. */
export function unfinishedText({ rollout }: Observed, status: RolloutStatus): string | undefined {
  const { blueGreen } = rollout.spec.strategy;
  const { activeSelector, postPromotionAnalysisRunStatus: post } = status.blueGreen ?? {};
  if (activeSelector === undefined || activeSelector !== status.currentPodHash) {
    const isAnalysed = status.blueGreen?.prePromotionAnalysisRunStatus !== undefined;
    return isAnalysed && isOpen(status.blueGreen?.prePromotionAnalysisRunStatus)
      ? 'waiting for analysis to complete'
      : 'active service cutover pending';
  }
  if (status.stableRS === status.currentPodHash) return undefined;
  const isAnalysed = blueGreen?.postPromotionAnalysis !== undefined && status.promoteFull !== true;
  return isAnalysed && isOpen(post)
    ? 'waiting for analysis to complete'
    : 'waiting for post-promotion verification to complete';
}

function isOpen(run: { readonly status: string } | undefined): boolean {
  return run?.status !== 'Successful';
}
