/** GitRevert: one revert on its way to Git. */

import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { int32, int64, list, object, oneOf, text, time } from './fields.ts';
import { revertModes } from './git-sync.ts';
import { head } from './metadata.ts';
import { FailedRollout, GitSyncReference } from './release.ts';
import { verdictCauses } from './rollout-decisions.ts';

export const GitRevertSpec = object(
  'What is to be taken back. Written once.',
  {
    gitSync: GitSyncReference,
    repository: text('URL of the repository.'),
    branch: text('Branch to write to.'),
    paths: list(z.string(), 'Directories that the revert may touch.', { minItems: 1, maxItems: 64, atomic: true }),
    mode: oneOf(revertModes, 'How Git is changed, as in the GitSync.'),
    bad: object('The release that failed.', { commit: text('Its commit.'), release: text('Name of its Release.') }, {}),
    good: object(
      'The release to go back to.',
      { commit: text('Its commit.'), release: text('Name of its Release.'), digest: text('Its digest.') },
      {},
    ),
    failed: list(FailedRollout, 'Revisions that failed.', { minItems: 1, maxItems: 1000, atomic: true }),
    cause: oneOf(verdictCauses, 'What made the release fail.'),
    verdict: text('The cause in one sentence, for the commit message.'),
    clusterId: text('Cluster that decided.'),
  },
  {
    actor: text('Who aborted it, when a person did.'),
    runName: text('RolloutRun that has the details.'),
  },
);
export type GitRevertSpec = z.infer<typeof GitRevertSpec>;

export const gitRevertPhases = [
  'Pending',
  'Computed',
  'Pushed',
  'Merged',
  'Superseded',
  'AlreadyReverted',
  'NeedsHuman',
  'Refused',
  'Reported',
] as const;
export type GitRevertPhase = (typeof gitRevertPhases)[number];

/** Phases after which nothing more is written to Git. */
export const finalGitRevertPhases: readonly GitRevertPhase[] = [
  'Pushed',
  'Merged',
  'Superseded',
  'AlreadyReverted',
  'Refused',
  'Reported',
];

export const GitRevertStatus = object(
  'How far it is.',
  {},
  {
    observedGeneration: int64('Value of metadata.generation that this status speaks of.'),
    phase: oneOf(gitRevertPhases, 'How far it is.'),
    message: text('The phase in one sentence.'),
    attempts: int32('Number of attempts.'),
    tip: text('Tip of the branch that the revert was computed on.'),
    commit: text('Id of the revert commit; written before the push.'),
    startedAt: time('When the first attempt began.'),
    pushedAt: time('When it was seen on the branch.'),
    nextAttemptAt: time('When the next attempt is made.'),
    conflicts: list(z.string(), 'Files that could not be merged.', { atomic: true }),
    conditions: Conditions,
  },
);
export type GitRevertStatus = z.infer<typeof GitRevertStatus>;

export const GitRevert = z
  .object({ ...head('GitRevert'), spec: GitRevertSpec, status: GitRevertStatus.optional() })
  .describe('One revert on its way to Git.');
export type GitRevert = z.infer<typeof GitRevert>;
