/** GitSync: a repository, branch and path kept applied to the cluster; the unit of release and of revert. */

import { z } from 'zod';
import { Conditions } from './conditions.ts';
import { durationPattern } from './duration.ts';
import {
  exactlyOne,
  flag,
  int32,
  int64,
  list,
  object,
  objectName,
  oneOf,
  type Rule,
  ruled,
  text,
  time,
} from './fields.ts';
import { head } from './metadata.ts';
import { verdictCauses } from './rollout-decisions.ts';

function durationRule(field: string, least: string): Rule {
  return {
    rule: `self.matches('${durationPattern}') && duration(self) >= duration('${least}')`,
    message: `${field} is not a duration of at least ${least}: write a number and a unit, such as 30s, 5m or 1h30m`,
  };
}

/** Go duration with a least value. */
export function durationField(name: string, description: string, least: string, defaultValue?: string) {
  const bounds = { maxLength: 32, ...(defaultValue === undefined ? {} : { default: defaultValue }) };
  return ruled(text(description, bounds), durationRule(name, least));
}

function closurePath(name: string, description: string, bounds: { default?: string } = {}) {
  return ruled(text(description, { minLength: 1, maxLength: 512, ...bounds }), {
    rule: "!self.startsWith('/') && !self.contains('\\\\') && !self.split('/').exists(p, p == '..' || p == '.git')",
    message: `${name} leads out of the repository: give a path relative to its root, without .., .git and backslashes`,
  });
}

export const repositoryRules: readonly Rule[] = [
  {
    rule: "self.matches('^(https?|ssh|file)://[^ ]+$')",
    message: 'repository is not a URL that can be fetched: use https://, http://, ssh:// or file://',
  },
  {
    rule: "!self.matches('^[a-z]+://[^/@]*:[^/@]*@')",
    message: 'repository has a password in its URL: put it into a Secret and name that in credentials.secretName',
  },
];

export const revertModes = ['push', 'pullRequest', 'report'] as const;
export type RevertMode = (typeof revertModes)[number];

const policy = (cause: string) =>
  oneOf(['revert', 'none'], `What ${cause} does to Git: revert or none. Default revert.`);

const RevertCauses = object(
  'Which causes of failure revert Git; the cluster goes back in any case.',
  {},
  {
    AnalysisFailed: policy('a failed analysis'),
    AbortedByUser: policy('an abort by a person'),
    ProgressDeadline: policy('a passed progress deadline'),
    ImageMissing: policy('an image that does not exist'),
    CrashLoop: policy('a canary that keeps crashing'),
    GateFailed: policy('a gate that stayed closed, failed, or asked for a rollback'),
    StepPluginFailed: policy('a step plugin that failed'),
  },
);

const WriteCredentials = ruled(
  object(
    'Credentials for the push; set exactly one. Default: credentials.',
    {},
    {
      secretName: objectName('Secret of this namespace, read with the rights of serviceAccountName.'),
      key: text("Name of one of the operator's keys that serves this namespace.", { maxLength: 253 }),
    },
  ),
  exactlyOne(['secretName', 'key'], 'spec.revert.writeCredentials'),
);

export const RevertPolicy = object(
  'How a failed release is taken back in Git.',
  {
    mode: oneOf(
      revertModes,
      'How Git is changed. push: a revert commit on the branch. pullRequest: a pull request. report: not at all.',
    ),
  },
  {
    authority: text(
      'Cluster id of the only cluster that writes, where several follow one branch. Default: this one writes.',
      { maxLength: 253 },
    ),
    writeCredentials: WriteCredentials,
    causes: RevertCauses,
    maxAge: durationField(
      'spec.revert.maxAge',
      'A release older than this is not reverted by itself, such as 24h. Default: no limit.',
      '1s',
    ),
    maxDistance: int32(
      'A release with more later commits on its paths than this is not reverted by itself. Default: no limit.',
      { minimum: 0 },
    ),
  },
);
export type RevertPolicy = z.infer<typeof RevertPolicy>;

export const GitSyncSpec = object(
  'What is kept applied, and how.',
  {
    repository: ruled(
      text('URL of the repository: https, http, ssh, or file where the operator allows it.', {
        minLength: 1,
        maxLength: 2048,
      }),
      ...repositoryRules,
    ),
    branch: ruled(text('Branch to follow.', { minLength: 1, maxLength: 244 }), {
      rule: "!self.startsWith('-') && !self.startsWith('/') && !self.endsWith('/') && !self.endsWith('.lock') && !self.contains('..') && !self.matches('[ ~^:?*\\\\[\\\\\\\\]|@\\\\{')",
      message: 'branch is not a valid branch name: give the short name, such as main',
    }),
    path: closurePath('spec.path', 'Directory to apply, relative to the root of the repository; . is the root.'),
    serviceAccountName: text('ServiceAccount of this namespace whose rights are used to apply.', {
      minLength: 1,
      maxLength: 253,
    }),
    revert: RevertPolicy,
  },
  {
    alsoPaths: list(
      closurePath('an item of spec.alsoPaths', 'A directory.'),
      'Further directories that the render may read and a revert may touch.',
      { maxItems: 32, atomic: true },
    ),
    interval: durationField('spec.interval', 'Time between two looks at the branch.', '1s', '60s'),
    timeout: durationField('spec.timeout', 'Time in which the objects of a commit must be applied.', '1s', '5m'),
    credentials: object(
      'How the repository is read. Default: anonymously.',
      {
        secretName: objectName(
          'Secret of this namespace with token, or username and password, or sshPrivateKey and knownHosts, and perhaps caFile.',
        ),
      },
      {},
    ),
    sync: oneOf(
      ['apply', 'observe'],
      'Who applies. apply: Tidegate. observe: another tool, and Tidegate judges and reverts.',
      'apply',
    ),
    deletionPolicy: oneOf(
      ['orphan', 'prune'],
      'What becomes of the objects when the GitSync is deleted: orphan leaves them, prune deletes them.',
      'orphan',
    ),
    prune: flag('True deletes objects that left Git.', true),
    bake: durationField(
      'spec.bake',
      'How long a promoted release is watched before it counts as good: the background analysis of its changed Rollouts goes on, its failure takes the release back, and without evidence the release does not become good.',
      '0s',
      '0s',
    ),
    suspend: flag('True stops fetching and applying; a restore and a revert under way are finished.', false),
  },
);
export type GitSyncSpec = z.infer<typeof GitSyncSpec>;

export const gitSyncPhases = [
  'Fetching',
  'Applying',
  'Progressing',
  'Baking',
  'Good',
  'Held',
  'Failed',
  'Restoring',
  'Reverting',
  'Suspended',
] as const;
export type GitSyncPhase = (typeof gitSyncPhases)[number];

export const gitSyncConditionTypes = [
  'Ready',
  'Reconciling',
  'Stalled',
  'SourceReachable',
  'GitInSync',
  'GitAhead',
  'LedgerIncomplete',
] as const;
export type GitSyncConditionType = (typeof gitSyncConditionTypes)[number];

export const InventoryEntry = object(
  'An object of the release.',
  { apiVersion: text('Its apiVersion.'), kind: text('Its kind.'), name: text('Its name.') },
  {
    namespace: text('Its namespace; absent for cluster-scoped kinds.'),
    uid: text('Its uid when it was applied.'),
  },
);
export type InventoryEntry = z.infer<typeof InventoryEntry>;

export const QuarantineEntry = object(
  'A revision that failed and is not released again.',
  {
    rollout: text('Name of the Rollout, namespace/name where it is not the own namespace.'),
    templateHash: text('Hash of its pod template after the config references were rewritten.'),
    commit: text('Commit that brought it.'),
    since: time('Since when.'),
    reason: text('Why, one sentence.'),
  },
  {},
);
export type QuarantineEntry = z.infer<typeof QuarantineEntry>;

const Restore = object(
  'The way back to the last good release.',
  { release: text('Release that is restored.'), phase: oneOf(['Pending', 'Restored', 'Partial'], 'How far it is.') },
  {
    remaining: list(z.string(), 'Objects that are not back yet, and why.', { atomic: true }),
    message: text('The state in one sentence.'),
  },
);

export const GitSyncStatus = object(
  'What was found and done.',
  {},
  {
    observedGeneration: int64('Value of metadata.generation that this status speaks of.'),
    phase: oneOf(gitSyncPhases, 'What it is doing now.'),
    message: text('The phase in one sentence.'),
    conditions: Conditions,
    lastFetchedCommit: text('Tip of the branch when it was fetched last.'),
    lastFetchedAt: time('When the branch was fetched last.'),
    lastAttempted: object(
      'The commit that was tried last.',
      { commit: text('The commit.'), at: time('When.') },
      { digest: text('Digest of what it rendered from.') },
    ),
    candidate: object(
      'The release under way.',
      {
        release: text('Name of the Release.'),
        commit: text('Its commit.'),
        digest: text('Its digest.'),
        since: time('Since when.'),
      },
      {},
    ),
    lastGood: object(
      'The last release that proved good.',
      {
        release: text('Name of the Release.'),
        commit: text('Its commit.'),
        digest: text('Its digest.'),
        at: time('When it proved good.'),
      },
      {},
    ),
    inventory: list(InventoryEntry, 'Objects of the stable and the candidate release.', {
      maxItems: 5000,
      atomic: true,
    }),
    quarantine: list(QuarantineEntry, 'Revisions that are not released again.', { maxItems: 500, atomic: true }),
    held: object(
      'A commit that is not applied.',
      { commit: text('The commit.'), reason: text('Why, one sentence.') },
      { since: time('Since when.') },
    ),
    restore: Restore,
    revertName: text('Name of the open or last GitRevert.'),
    handledSyncRequest: text('Token of the sync request that was handled last.'),
  },
);
export type GitSyncStatus = z.infer<typeof GitSyncStatus>;

export const GitSync = ruled(
  z
    .object({ ...head('GitSync'), spec: GitSyncSpec, status: GitSyncStatus.optional() })
    .describe(
      'A directory of a Git branch that is kept applied to this cluster, released in steps and taken back when it fails.',
    ),
  {
    rule: 'size(self.metadata.name) <= 180',
    message:
      'metadata.name is longer than 180 characters: the names of its Releases are made from it; choose a shorter one',
  },
);
export type GitSync = z.infer<typeof GitSync>;

/** Causes that the policy `spec.revert.causes` speaks of. */
export const revertCauses = verdictCauses;
