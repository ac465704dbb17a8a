/** Gates: HTTP services that a rollout asks before it goes on, as spec names them and as status records what they said. */

import { z } from 'zod';
import { anyJson, int32, list, object, objectName, oneOf, type Rule, ruled, text, textMap, time } from './fields.ts';

export const gateTypes = ['confirm-rollout', 'pre-rollout', 'confirm-promotion', 'rollback', 'post-rollout'] as const;
export type GateType = (typeof gateTypes)[number];

const GateSecret = object(
  'Key of a Secret in the namespace of the Rollout.',
  { name: objectName('Name of the Secret.'), key: text('Key in it.', { maxLength: 253 }) },
  {},
);

export const Gate = object(
  'An HTTP service that has a say in every rollout of this object.',
  {
    name: text('Name of the gate, unique in the list.', { minLength: 1, maxLength: 63 }),
    type: oneOf(
      gateTypes,
      'When it is asked: confirm-rollout before the first step, pre-rollout once before the first weight, confirm-promotion before the promotion, rollback all the time (a yes aborts), post-rollout when it is over.',
    ),
    url: text('Address that is posted to, http or https.', { maxLength: 2048, pattern: '^https?://' }),
  },
  {
    timeoutSeconds: int32('Longest time for one answer. Default 10.', { minimum: 1, maximum: 60 }),
    intervalSeconds: int32('Time between two questions. Default 30.', { minimum: 1, maximum: 3600 }),
    deadlineSeconds: int32(
      'Time that confirm-rollout and confirm-promotion may stay closed before the rollout is aborted. Default: no end.',
      { minimum: 1 },
    ),
    failureLimit: int32(
      'Failed or missing answers of pre-rollout that are borne before the rollout is aborted, and of post-rollout before it is left. Default 2.',
      { minimum: 0, maximum: 100 },
    ),
    secretRef: GateSecret.describe('Key by which requests are signed. Default: not signed.'),
    metadata: textMap('Passed on with every question.', 32),
  },
);
export type Gate = z.infer<typeof Gate>;

const uniqueNames: Rule = {
  rule: 'self.all(one, self.exists_one(other, other.name == one.name))',
  message: 'spec.gates: each name may be used once',
};

export const Gates = ruled(
  list(Gate, 'HTTP services that are asked during a rollout. Only in tidegate.io.', { maxItems: 16, atomic: true }),
  uniqueNames,
).meta({ only: 'tidegate.io' });

export const gateOutcomes = ['Pending', 'Waiting', 'Passed', 'Failed', 'RollBack'] as const;

export const GateStatus = object(
  'What a gate said of one revision and attempt.',
  {
    name: text('Name of the gate.'),
    type: oneOf(gateTypes, 'Its type.'),
    podHash: text('Pod template hash of the revision that it was asked about.'),
    attempt: int32('Attempt that it was asked about.', { minimum: 0 }),
    outcome: oneOf(
      gateOutcomes,
      'Pending: not asked yet. Waiting: asked, without a pass. Passed, Failed, RollBack: decided.',
    ),
  },
  {
    since: time('When it was asked first.'),
    at: time('When this was recorded.'),
    message: text('Its last answer in words.'),
    calls: int32('Answers that were counted.', { minimum: 0 }),
  },
);
export type GateStatus = z.infer<typeof GateStatus>;

/** A call of a step plugin that a revision or attempt has left behind: its end is still to be told to the plugin. */
export const PluginEnd = object(
  'A step plugin that still has to be told that its step is over.',
  {
    podHash: text('Pod template hash of the revision.'),
    attempt: int32('Its attempt.', { minimum: 0 }),
    index: int32('Index of the step.', { minimum: 0 }),
    name: text('Name of the plugin.'),
    operation: oneOf(['Terminate', 'Abort'], 'What it is told.'),
  },
  {
    executions: int32('Calls so far.', { minimum: 0 }),
    updatedAt: time('When it answered last.'),
    backoff: text('Wait before the next call.'),
    status: anyJson("The plugin's own state."),
  },
);
export type PluginEnd = z.infer<typeof PluginEnd>;
