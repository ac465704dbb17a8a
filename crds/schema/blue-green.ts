/** spec.strategy.blueGreen: the new revision is made whole beside the old one, then the active Service is switched. */

import type { z } from 'zod';
import { AntiAffinity, EphemeralMetadata } from './canary.ts';
import { flag, int32, intOrString, object, objectName, ruled } from './fields.ts';
import { RolloutAnalysis } from './rollout-analysis.ts';

export const BlueGreenStrategy = ruled(
  object(
    'Switches all traffic at once from the old to the new revision.',
    { activeService: objectName('Service for live traffic.') },
    {
      previewService: objectName('Service that selects the new revision before the switch.'),
      previewReplicaCount: int32('Pods of the new revision before the switch. Default: spec.replicas.', { minimum: 0 }),
      autoPromotionEnabled: flag('False waits for a person before the switch. Default true.'),
      autoPromotionSeconds: int32('Seconds before the switch happens by itself. Default 0.', { minimum: 0 }),
      maxUnavailable: intOrString('Pods that may be missing during a restart. Default 25%.'),
      scaleDownDelaySeconds: int32('Seconds that the old pods live on after the switch. Default 30.', { minimum: 0 }),
      scaleDownDelayRevisionLimit: int32('How many old revisions may live on at once. Default: no limit.', {
        minimum: 0,
      }),
      abortScaleDownDelaySeconds: int32(
        'Seconds that the preview lives on after an abort, 0 keeps it for ever. Default 30.',
        { minimum: 0 },
      ),
      prePromotionAnalysis: RolloutAnalysis,
      postPromotionAnalysis: RolloutAnalysis,
      antiAffinity: AntiAffinity,
      previewMetadata: EphemeralMetadata,
      activeMetadata: EphemeralMetadata,
    },
  ),
  {
    rule: '!has(self.previewService) || self.activeService != self.previewService',
    message: 'activeService and previewService are the same Service: name two different Services',
  },
);
export type BlueGreenStrategy = z.infer<typeof BlueGreenStrategy>;
