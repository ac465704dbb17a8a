/** When the analyses before and after the switch of the active Service are wanted. */

import type { RunPlace } from './analysis-draft.ts';
import { activeOf } from './blue-green.ts';
import { isHeld, type Scene } from './scene.ts';

/** Before the switch, until the person or the verdict that ends it is recorded. */
export function prePromotionPlace(scene: Scene): RunPlace | undefined {
  const analysis = scene.blueGreen?.prePromotionAnalysis;
  const isDone = scene.status.blueGreen?.scaleUpPreviewCheckPoint === true;
  if (!analysis?.templates?.length || scene.state !== 'stepping' || isHeld(scene) || isDone) return undefined;
  return { type: 'PrePromotion', analysis };
}

/** After the switch, until the revision is stable. A full promotion and a way back are not analysed. */
export function postPromotionPlace(scene: Scene): RunPlace | undefined {
  const analysis = scene.blueGreen?.postPromotionAnalysis;
  if (!analysis?.templates?.length || scene.status.promoteFull || scene.state !== 'promoting') return undefined;
  const isForward = scene.status.transition?.to === scene.currentHash;
  return isForward && activeOf(scene)?.podHash === scene.currentHash ? { type: 'PostPromotion', analysis } : undefined;
}
