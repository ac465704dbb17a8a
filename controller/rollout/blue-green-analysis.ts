/** What status says of the analyses before and after the switch of the active Service. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { analysisPhaseFacts, latestRun, runEntry } from './analysis.ts';
import type { RunPlace } from './analysis-draft.ts';
import type { Moves } from './moves.ts';
import type { Scene } from './scene.ts';

type Entries = Pick<
  NonNullable<RolloutStatus['blueGreen']>,
  'prePromotionAnalysisRunStatus' | 'postPromotionAnalysisRunStatus'
>;

/** What status says of both runs of this attempt, and what there is to tell when a phase changed. */
export function promotionAnalysisStatus(scene: Scene): { readonly status: Entries; readonly facts: Moves['facts'] } {
  const before = scene.status.blueGreen ?? {};
  const entryOf = (type: RunPlace['type'], analysis: RunPlace['analysis'] | undefined) =>
    analysis === undefined ? undefined : runEntry(latestRun(scene, { type, analysis }));
  const pre = entryOf('PrePromotion', scene.blueGreen?.prePromotionAnalysis);
  const post = entryOf('PostPromotion', scene.blueGreen?.postPromotionAnalysis);
  const facts = [
    ...analysisPhaseFacts(scene, before.prePromotionAnalysisRunStatus, pre, 'Pre-promotion'),
    ...analysisPhaseFacts(scene, before.postPromotionAnalysisRunStatus, post, 'Post-promotion'),
  ];
  return { status: { prePromotionAnalysisRunStatus: pre, postPromotionAnalysisRunStatus: post }, facts };
}
