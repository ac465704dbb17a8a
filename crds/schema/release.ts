/** Release: the ledger entry of one commit: what it rendered to, and what became of it. */

import { z } from 'zod';
import { int32, int64, list, object, oneOf, text, time } from './fields.ts';
import { head } from './metadata.ts';
import { verdictCauses } from './rollout-decisions.ts';

export const GitSyncReference = object('The GitSync.', { name: text('Its name.'), uid: text('Its uid.') }, {});
export type GitSyncReference = z.infer<typeof GitSyncReference>;

/** A Rollout revision that failed: the key of the quarantine, and why. */
export const FailedRollout = object(
  'A Rollout revision that failed.',
  {
    rollout: text('Name of the Rollout.'),
    templateHash: text('Hash of its pod template after the config references were rewritten.'),
    cause: oneOf(verdictCauses, 'What made it fail.'),
    message: text('The cause in one sentence.'),
  },
  {
    namespace: text('Namespace of the Rollout.'),
    actor: text('Who aborted it, when a person did.'),
  },
);
export type FailedRollout = z.infer<typeof FailedRollout>;

const ReleaseRollout = object(
  'A Rollout of the release.',
  {
    name: text('Its name.'),
    namespace: text('Its namespace.'),
    templateHash: text('Hash of its pod template after the config references were rewritten.'),
  },
  {},
);
export type ReleaseRollout = z.infer<typeof ReleaseRollout>;

const ConfigCopy = object(
  'A ConfigMap or Secret that was copied for this release.',
  {
    kind: oneOf(['ConfigMap', 'Secret'], 'Its kind.'),
    namespace: text('Its namespace.'),
    name: text('Name in Git.'),
    copyName: text('Name of the immutable copy.'),
    digest: text('Full digest of the content; keyed for Secrets.'),
  },
  {},
);
export type ConfigCopy = z.infer<typeof ConfigCopy>;

export const ReleaseSpec = object(
  'What the commit rendered to. Written once.',
  {
    gitSync: GitSyncReference,
    repository: text('URL of the repository.'),
    branch: text('Branch it was found on.'),
    commit: text('Full commit id.'),
    digest: text('SHA-256 of all inputs of the render and of the renderer version, hex.'),
  },
  {
    committedAt: time('When it was committed.'),
    author: text('Who wrote it.'),
    subject: text('First line of its message.'),
    renderer: text('Renderer and its version.'),
    parts: int32('Number of objects that the data is spread over, this one included.', { minimum: 1 }),
    partDigest: text('SHA-256 of the joined compressed data, hex.'),
    data: text('Rendered objects as a JSON list, gzip, base64; data of Secrets left out.'),
    partOf: text('In a further part: name of the Release it belongs to.'),
    partIndex: int32('In a further part: its number, counted from 1.', { minimum: 0 }),
    rollouts: list(ReleaseRollout, 'Rollouts of the release.', { maxItems: 1000, atomic: true }),
    copies: list(ConfigCopy, 'Config that was copied for this release.', { maxItems: 5000, atomic: true }),
  },
);
export type ReleaseSpec = z.infer<typeof ReleaseSpec>;

export const releasePhases = ['Candidate', 'Good', 'Bad', 'Superseded', 'Quarantined', 'Held'] as const;
export type ReleasePhase = (typeof releasePhases)[number];

const ReleaseRolloutStatus = object(
  'How far a Rollout is.',
  { name: text('Its name.') },
  { namespace: text('Its namespace.'), phase: text('Its phase.'), message: text('Its message.') },
);

export const ReleaseStatus = object(
  'What became of it.',
  { phase: oneOf(releasePhases, 'Candidate, Good, Bad, Superseded, Quarantined or Held.') },
  {
    observedGeneration: int64('Value of metadata.generation that this status speaks of.'),
    reason: text('Machine-readable reason, one word.'),
    message: text('The reason in one sentence.'),
    startedAt: time('When it became the candidate.'),
    appliedAt: time('When all its objects were applied.'),
    bakeUntil: time('When it counts as good if no check fails.'),
    finishedAt: time('When it was decided.'),
    rollouts: list(ReleaseRolloutStatus, 'How far each Rollout is.', { atomic: true }),
    failed: list(FailedRollout, 'Revisions that failed.', { atomic: true }),
  },
);
export type ReleaseStatus = z.infer<typeof ReleaseStatus>;

export const Release = z
  .object({ ...head('Release'), spec: ReleaseSpec, status: ReleaseStatus.optional() })
  .describe('What one commit rendered to, and what became of it.');
export type Release = z.infer<typeof Release>;
