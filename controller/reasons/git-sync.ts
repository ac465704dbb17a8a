/** Reasons of the git-sync room that speak of the GitSync itself: its phases, its source, its spec, what it waits for. */

import type { ReasonEntries } from './entry.ts';

const event = { shows: ['event'], on: ['GitSync'] } as const;
const condition = { shows: ['condition'], on: ['GitSync'] } as const;
const waiting = { shows: ['waiting'], on: ['GitSync'] } as const;

export const gitSyncReasons = {
  Fetching: { ...condition, type: 'Normal', meaning: 'No commit was fetched and judged yet.' },
  Applying: { ...condition, type: 'Normal', meaning: 'Objects of a commit are being checked or applied.' },
  Progressing: {
    ...condition,
    type: 'Normal',
    meaning: 'The commit is applied as far as it goes; objects become healthy or Rollouts run their steps.',
  },
  Baking: { ...condition, type: 'Normal', meaning: 'All Rollouts are promoted and are watched for spec.bake.' },
  Good: { ...condition, type: 'Normal', meaning: 'Git and the cluster agree on a release that was proven good.' },
  Held: {
    ...condition,
    type: 'Warning',
    meaning: 'A commit, the spec or the account cannot be used, so what runs now stays as it is.',
    remedy: 'status.message says what to correct; a new commit is tried at once.',
  },
  Failed: {
    ...condition,
    type: 'Warning',
    meaning: 'The newest release failed; the cluster was taken back, or was left as it is when nothing good was known.',
    remedy: 'Read status.message, repair the cause and push a commit, or retry by command.',
  },
  Restoring: { ...condition, type: 'Warning', meaning: 'A failed release is being taken back in the cluster.' },
  Reverting: { ...condition, type: 'Warning', meaning: 'The cluster is back, and a GitRevert brings Git back too.' },
  Suspended: {
    ...condition,
    type: 'Normal',
    meaning: 'spec.suspend is true, so new commits are not looked at.',
    remedy: 'Set spec.suspend to false to go on.',
  },
  InvalidSpec: {
    shows: ['event', 'condition'],
    on: ['GitSync'],
    type: 'Warning',
    meaning:
      'The spec of the GitSync asks for something that is wrong or not supported; work under way is finished first.',
    remedy: 'Correct the fields that the message names.',
  },
  SourceUnreachable: {
    ...event,
    type: 'Warning',
    meaning: 'The repository could not be fetched; what runs in the cluster stays.',
    remedy: 'The reason of condition SourceReachable says what kind of fault it is.',
  },
  Fetched: { ...condition, type: 'Normal', meaning: 'Condition SourceReachable: the branch was fetched.' },
  Unreachable: {
    ...condition,
    type: 'Warning',
    meaning: 'The Git server cannot be reached; it is tried again.',
    remedy: 'Look at the network, the name resolution and the Git server.',
  },
  Auth: {
    ...condition,
    type: 'Warning',
    meaning: 'The Git server does not accept the credentials, or its host key is not known.',
    remedy: 'Correct the Secret in spec.credentials.',
  },
  NotFound: {
    ...condition,
    type: 'Warning',
    meaning: 'The repository or the branch is not there, or these credentials may not see it.',
    remedy: 'Correct spec.repository or spec.branch, or give the credentials the right to read.',
  },
  Timeout: {
    ...condition,
    type: 'Warning',
    meaning: 'Asking the repository took too long; it is tried again.',
    remedy: 'If it lasts, look at the Git server and the size of the repository.',
  },
  TooLarge: {
    ...condition,
    type: 'Warning',
    meaning: 'The repository or something in it is larger than the operator allows.',
    remedy: 'Make it smaller, or raise the limit.',
  },
  Refused: {
    ...condition,
    type: 'Warning',
    meaning:
      'Condition GitInSync: the commit breaks a rule or the API server refuses an object of it; condition SourceReachable: the repository may not be used.',
    remedy: 'Correct in Git, or in spec.repository, what the message names.',
  },
  Internal: {
    ...condition,
    type: 'Warning',
    meaning: 'The source process itself failed; it is tried again.',
    remedy: 'If it lasts, read the log of the controller.',
  },
  AccountRefused: {
    shows: ['condition', 'waiting'],
    on: ['GitSync'],
    type: 'Warning',
    meaning: 'The ServiceAccount of the GitSync cannot be used, so nothing can be checked, applied or deleted with it.',
    remedy:
      'Restore the account or correct its name; a GitSync that is being deleted can also be given deletionPolicy orphan.',
  },
  ApplyRefused: {
    ...waiting,
    type: 'Warning',
    meaning:
      'An object that the dry-run took is refused now; after spec.timeout what was written goes back, except in the first release.',
    remedy: 'Grant the right or remove the admission rule that the message names, or push a commit without the object.',
  },
  Unhealthy: {
    ...waiting,
    type: 'Normal',
    meaning: 'An object of the commit is not healthy yet, and the Rollouts are applied only after it.',
    remedy: 'If it lasts, look at that object.',
  },
  Rollouts: {
    ...waiting,
    type: 'Normal',
    meaning: 'The Rollouts of the commit run their steps.',
    remedy: 'If it lasts, status.waiting of that Rollout says why.',
  },
  Bake: {
    ...waiting,
    type: 'Normal',
    meaning: 'The release counts as good when spec.bake is over, no check failed and each check has evidence.',
    remedy: 'If it lasts, repair the check that the message names, or set spec.bake to 0s to do without it.',
  },
  Pruning: {
    ...waiting,
    type: 'Normal',
    meaning: 'A Rollout that left Git is settled on its stable revision before it is deleted.',
  },
  Settling: {
    ...waiting,
    type: 'Normal',
    meaning: 'The GitSync is being deleted, and a Rollout of it is settled on its stable revision first.',
  },
  StableUnconfirmed: {
    ...waiting,
    type: 'Warning',
    meaning:
      'A failed Rollout has not confirmed that all traffic is on stable; the rest is restored after that. From spec.timeout on a newer commit is let through.',
    remedy: 'If it lasts, status.waiting of the failed Rollout says why; a commit that repairs it need not wait.',
  },
  RollingBack: {
    ...waiting,
    type: 'Normal',
    meaning: 'A Rollout that the failed release had promoted goes back to its last good revision.',
    remedy: 'If it lasts, status.waiting of that Rollout says why.',
  },
  RestoreRefused: {
    ...waiting,
    type: 'Warning',
    meaning: 'Something of the last good release cannot be written back; it is tried again until spec.timeout.',
    remedy: 'Grant the right or remove the rule that the message names.',
  },
} as const satisfies ReasonEntries;
