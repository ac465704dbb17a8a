/** spec.strategy.canary: the plan, the Services, the router and the limits on pods. */

import type { z } from 'zod';
import { CanaryStep } from './canary-steps.ts';
import { flag, int32, intOrString, list, object, objectName, oneOf, ruled, type Rule } from './fields.ts';
import { PodTemplateMetadata } from './pod-template.ts';
import { BackgroundAnalysis } from './rollout-analysis.ts';
import { TrafficRouting } from './traffic-routing.ts';

export const AntiAffinity = object(
  'Keeps pods of two revisions apart by host; set exactly one.',
  {},
  {
    preferredDuringSchedulingIgnoredDuringExecution: object(
      'Apart where possible.',
      { weight: int32('Weight, 1 to 100.', { minimum: 1, maximum: 100 }) },
      {},
    ),
    requiredDuringSchedulingIgnoredDuringExecution: object('Apart always.', {}, {}),
  },
);
export type AntiAffinity = z.infer<typeof AntiAffinity>;

/** Temporary pod metadata while a revision has a role. */
export const EphemeralMetadata = PodTemplateMetadata;

/** A message that names the value found would break the cost budget here: the server can't bound the length of string(). */
const maxWeight =
  '(has(self.trafficRouting) && has(self.trafficRouting.maxTrafficWeight) ? self.trafficRouting.maxTrafficWeight : 100)';

const canaryRules: readonly Rule[] = [
  {
    rule: `!has(self.steps) || self.steps.all(s, !has(s.setWeight) || s.setWeight <= ${maxWeight})`,
    message: 'setWeight of a step is out of range: use 0 to 100, or to maxTrafficWeight where that is set',
  },
  {
    rule: "!has(self.canaryService) || !has(self.stableService) || self.canaryService == '' || self.canaryService != self.stableService",
    message: 'canaryService and stableService are the same Service: name two different Services',
  },
  {
    rule: '!has(self.trafficRouting) || !has(self.trafficRouting.gatewayAPI) || has(self.pingPong) || (has(self.canaryService) && has(self.stableService))',
    message: 'trafficRouting.gatewayAPI needs canaryService and stableService: name both Services',
  },
  {
    rule: 'has(self.trafficRouting) || !has(self.steps) || self.steps.all(s, !has(s.setCanaryScale))',
    message: 'setCanaryScale needs trafficRouting: add a router or remove the step',
  },
];

export const CanaryStrategy = ruled(
  object(
    'Moves traffic to the new revision step by step.',
    {},
    {
      canaryService: objectName('Service that selects the pods of the new revision.'),
      stableService: objectName('Service that selects the pods of the stable revision.'),
      steps: list(CanaryStep, 'The plan, run in order. Without steps: a rolling update.', {
        maxItems: 256,
        atomic: true,
      }),
      trafficRouting: TrafficRouting,
      analysis: BackgroundAnalysis,
      maxSurge: intOrString(
        'Pods above spec.replicas, a number or percentage rounded up; without effect with a router. Default 25%.',
      ),
      maxUnavailable: intOrString('Pods that may be missing, a number or percentage rounded down. Default 25%.'),
      scaleDownDelaySeconds: int32(
        'Seconds that the old pods live on after full promotion; with a router only. Default 10, in argoproj.io 30.',
        { minimum: 0 },
      ),
      scaleDownDelayRevisionLimit: int32('How many old revisions may live on at once. Default: no limit.', {
        minimum: 0,
      }),
      abortScaleDownDelaySeconds: int32(
        'Seconds that the canary lives on after an abort; with a router only, 0 keeps it for ever. Default 10, in argoproj.io 30.',
        { minimum: 0 },
      ),
      dynamicStableScale: flag('True shrinks the stable revision as its weight falls. Default false.'),
      minPodsPerReplicaSet: int32('Least number of pods of a revision that has any; with a router only.', {
        minimum: 0,
      }),
      pingPong: object(
        'Two Services that take turns instead of canary and stable.',
        { pingService: objectName('First Service.'), pongService: objectName('Second Service.') },
        {},
      ),
      replicaProgressThreshold: object(
        'Share of the pods that must be ready before a step goes on.',
        { type: oneOf(['Percent', 'Pods'], 'Unit of value.'), value: int32('The share.', { minimum: 0 }) },
        {},
      ),
      antiAffinity: AntiAffinity,
      canaryMetadata: EphemeralMetadata,
      stableMetadata: EphemeralMetadata,
    },
  ),
  ...canaryRules,
);
export type CanaryStrategy = z.infer<typeof CanaryStrategy>;
