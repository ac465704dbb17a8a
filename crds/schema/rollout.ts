/** Rollout: a workload and the strategy that releases it. */

import { z } from 'zod';
import { BlueGreenStrategy } from './blue-green.ts';
import { CanaryStrategy } from './canary.ts';
import type { Dialect } from './dialect.ts';
import { countSet, flag, int32, object, objectName, oneOf, type Rule, ruled, text, time } from './fields.ts';
import { Gates } from './gates.ts';
import { LabelSelector } from './label-selector.ts';
import { head } from './metadata.ts';
import { PresetReference } from './preset-reference.ts';
import { PodTemplateSpec } from './pod-template.ts';
import { RolloutStatus, rolloutStatusSchema } from './rollout-status.ts';

export const RolloutStrategy = ruled(
  object(
    'How a new revision takes over; set exactly one.',
    {},
    { canary: CanaryStrategy, blueGreen: BlueGreenStrategy, preset: PresetReference },
  ),
  {
    rule: `${countSet(['canary', 'blueGreen'])} == 1 || (has(self.preset) && !has(self.canary) && !has(self.blueGreen))`,
    message: 'spec.strategy: set exactly one of canary, blueGreen',
    only: 'tidegate.io',
  },
);
export type RolloutStrategy = z.infer<typeof RolloutStrategy>;

const WorkloadRef = object(
  'Takes the pod template from another workload.',
  {},
  {
    apiVersion: text('Group and version of the workload.', { maxLength: 253 }),
    kind: text('Deployment, ReplicaSet or PodTemplate.', { maxLength: 63 }),
    name: objectName('Name of the workload.'),
    scaleDown: oneOf(
      ['never', 'onsuccess', 'progressively'],
      "What becomes of the workload's own pods. Default never.",
    ),
  },
);

const AnalysisHistory = object(
  'How many finished AnalysisRuns and Experiments are kept.',
  {},
  {
    successfulRunHistoryLimit: int32('Successful ones. Default 5.', { minimum: 0 }),
    unsuccessfulRunHistoryLimit: int32('Failed, inconclusive and broken ones. Default 5.', { minimum: 0 }),
  },
);

export const RolloutSpec = ruled(
  object(
    'What is wanted.',
    { strategy: RolloutStrategy },
    {
      replicas: int32('Pods wanted. Default 1.', { minimum: 0, default: 1 }),
      selector: ruled(LabelSelector, {
        rule: 'self == oldSelf',
        message: 'spec.selector cannot be changed: make a new Rollout instead',
      }),
      template: PodTemplateSpec,
      workloadRef: WorkloadRef,
      minReadySeconds: int32('Seconds a pod must be ready before it counts as available. Default 0.', { minimum: 0 }),
      revisionHistoryLimit: int32('Old ReplicaSets without pods that are kept. Default 10.', { minimum: 0 }),
      paused: flag('True stops at the next safe point until it is set to false. Default false.'),
      progressDeadlineSeconds: int32('Seconds without progress before the rollout counts as stuck. Default 600.', {
        minimum: 0,
      }),
      progressDeadlineAbort: flag('True aborts when that deadline passes. Default true, in argoproj.io false.'),
      restartAt: time('Pods created before this time are restarted.'),
      analysis: AnalysisHistory,
      gates: Gates,
      rollbackWindow: object(
        'Going back to a recent revision skips the steps.',
        { revisions: int32('How many revisions back count as recent.', { minimum: 1 }) },
        {},
      ),
    },
  ),
  {
    rule: 'has(self.workloadRef) || (has(self.selector) && has(self.template))',
    message: 'spec.selector and spec.template are required: add both',
    only: 'tidegate.io',
  },
);
export type RolloutSpec = z.infer<typeof RolloutSpec>;

/** A Rollout of either dialect. */
export const Rollout = z.object({ ...head('Rollout'), spec: RolloutSpec, status: RolloutStatus.optional() });
export type Rollout = z.infer<typeof Rollout>;

const nameRule: Rule = {
  rule: 'size(self.metadata.name) <= 63',
  message: 'metadata.name is longer than 63 characters: it is used as a label value; choose a shorter one',
  only: 'tidegate.io',
};

/** The Rollout of one dialect, for its CRD. */
export function rolloutSchema(dialect: Dialect) {
  return ruled(
    z
      .object({ ...head('Rollout'), spec: RolloutSpec, status: rolloutStatusSchema(dialect).optional() })
      .describe(
        'A workload and the strategy that releases it: a new revision takes over in steps and goes back when it fails.',
      ),
    nameRule,
  );
}
