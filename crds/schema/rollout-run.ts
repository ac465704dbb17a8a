/** RolloutRun: the durable record of one release of one Rollout. */

import { z } from 'zod';
import { anyJson, flag, int32, int64, list, object, oneOf, text, textMap, time } from './fields.ts';
import type { CanaryStrategy } from './canary.ts';
import { head } from './metadata.ts';
import { decisionFields } from './rollout-decisions.ts';

const TakeBack = object(
  'What is needed to give traffic back when the Rollout is deleted in the middle of the release.',
  { apiVersion: text('API version of the Rollout.') },
  {
    replicas: int32('Pods that the Rollout asked for.', { minimum: 0 }),
    stablePingPong: oneOf(['ping', 'pong'], 'With ping-pong: which of the two Services is stable.'),
    canary: anyJson("Services and routers of the Rollout's canary strategy; absent without a router."),
  },
);
/** `canary` was written from the fields of a Rollout that were valid. */
export type TakeBack = Omit<z.infer<typeof TakeBack>, 'canary'> & {
  readonly canary?: Pick<CanaryStrategy, 'trafficRouting' | 'canaryService' | 'stableService' | 'pingPong'> | undefined;
};

export const RolloutRunSpec = object(
  'Which release this records. Written once.',
  {
    rollout: object('The Rollout.', { name: text('Its name.'), uid: text('Its uid.') }, {}),
    revision: int64('Number of the revision.', { minimum: 0 }),
    podHash: text('Pod template hash of the revision.'),
    attempt: int32('Which attempt of the revision, counted from 1.', { minimum: 0 }),
  },
  {
    stablePodHash: text('Pod template hash of the stable revision at the start.'),
    gitSync: text('GitSync that applied it.'),
    commit: text('Commit that brought it.'),
    release: text('Release it belongs to.'),
    preset: object(
      'Strategy preset that the plan came from.',
      { name: text('Its name.'), generation: int64('Its generation.'), digest: text('Digest of what it gave.') },
      { clusterScope: flag('True when it is a ClusterStrategyPreset.') },
    ),
    steps: list(z.string(), 'The plan, one text per step.', { maxItems: 256, atomic: true }),
    takeBack: TakeBack,
    images: list(z.string(), 'Images of the revision.', { maxItems: 128, atomic: true }),
  },
);
export type RolloutRunSpec = z.infer<typeof RolloutRunSpec>;

export const rolloutRunPhases = ['Running', 'Promoted', 'Aborted', 'Superseded', 'RolledBack'] as const;
export type RolloutRunPhase = (typeof rolloutRunPhases)[number];

export const RunEntry = object(
  'Something that happened.',
  {
    seq: int64('Number of the entry, rising; the same number is the same entry.', { minimum: 0 }),
    at: time('When.'),
    reason: text('Machine-readable reason, one word.'),
    message: text('What happened, one sentence.'),
  },
  {
    step: int32('Index of the step.'),
    actor: text('Who did it, when a person did.'),
    values: textMap('Readings and limits by name.'),
  },
);
export type RunEntry = z.infer<typeof RunEntry>;

const Outcome = object(
  'How it ended.',
  {},
  {
    cause: text('What made it fail.'),
    message: text('The outcome in one sentence.'),
    actor: text('Who decided it, when a person did.'),
    analysisRun: text('AnalysisRun that decided.'),
    metric: text('Metric that decided.'),
    value: text('Value measured.'),
    limit: text('Limit that was passed.'),
  },
);

const RevertOfRun = object(
  'What became of it in Git.',
  { name: text('Name of the GitRevert.'), phase: text('Its phase.') },
  { commit: text('Revert commit.') },
);

export const RolloutRunStatus = object(
  'What happened.',
  {},
  {
    phase: oneOf(rolloutRunPhases, 'Running, Promoted, Aborted, Superseded or RolledBack.'),
    startedAt: time('When it began.'),
    finishedAt: time('When it ended.'),
    outcome: Outcome,
    entries: list(RunEntry, 'What happened, oldest first.', { maxItems: 200, mapKeys: ['seq'] }),
    revert: RevertOfRun,
    recorded: object(
      "In argoproj.io: the part of the Rollout's state that Argo's status has no field for.",
      {},
      decisionFields,
    ),
  },
);
export type RolloutRunStatus = z.infer<typeof RolloutRunStatus>;

export const RolloutRun = z
  .object({ ...head('RolloutRun'), spec: RolloutRunSpec, status: RolloutRunStatus.optional() })
  .describe('The record of one release of a Rollout: who, what, steps, readings, limits and decisions.');
export type RolloutRun = z.infer<typeof RolloutRun>;
