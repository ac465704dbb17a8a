/** Status conditions: Argo's form with two times for the first five kinds, the Kubernetes form for ours. */

import type { z } from 'zod';
import { int64, list, object, oneOf, text, time } from './fields.ts';

const statuses = ['True', 'False', 'Unknown'] as const;

/** Kubernetes' own form of a condition. */
export const Condition = object(
  'One aspect of the state.',
  {
    type: text('Name of the aspect, unique in the list.', { maxLength: 316 }),
    status: oneOf(statuses, 'True, False or Unknown.'),
    reason: text('Machine-readable cause, one word.'),
    message: text('The cause in one sentence.'),
    lastTransitionTime: time('When status changed last.'),
  },
  { observedGeneration: int64('Value of metadata.generation that the condition speaks of.', { minimum: 0 }) },
);
export type Condition = z.infer<typeof Condition>;

export const Conditions = list(Condition, 'Aspects of the state, one entry per type.', { mapKeys: ['type'] });

/** A Rollout's or Experiment's condition; `type` is one of the kind's own vocabulary. */
export function datedCondition<const T extends readonly [string, ...string[]]>(types: T) {
  return object(
    'One aspect of the state.',
    {
      type: oneOf(types, 'Name of the aspect, unique in the list.'),
      status: oneOf(statuses, 'True, False or Unknown.'),
    },
    {
      reason: text('Machine-readable cause, one word.'),
      message: text('The cause in one sentence.'),
      lastUpdateTime: time('When the condition was written last.'),
      lastTransitionTime: time('When status changed last.'),
    },
  );
}

export function datedConditions<const T extends readonly [string, ...string[]]>(types: T) {
  return list(datedCondition(types), 'Aspects of the state, one entry per type.', { mapKeys: ['type'] });
}

export type ConditionStatus = (typeof statuses)[number];
