/** Reasons of the git-sync room that speak of commits and releases: what became of them, in the cluster and in Git. */

import type { ReasonEntries } from './entry.ts';

const event = { shows: ['event'], on: ['GitSync'] } as const;
const condition = { shows: ['condition'], on: ['GitSync'] } as const;
const eventAndCondition = { shows: ['event', 'condition'], on: ['GitSync'] } as const;
const release = { shows: ['release'], on: ['Release'] } as const;

export const gitSyncCommitReasons = {
  ReleaseStarted: { ...event, type: 'Normal', meaning: 'A new commit passed its checks and is being released.' },
  ReleaseApplied: {
    ...event,
    type: 'Normal',
    meaning: 'All objects of the commit up to its Rollouts are applied and healthy.',
  },
  ReleasePromoted: { ...event, type: 'Normal', meaning: 'All Rollouts of the commit are promoted.' },
  ReleaseGood: { ...event, type: 'Normal', meaning: 'The commit is the one that a failure goes back to from now on.' },
  ReleaseFailed: {
    ...eventAndCondition,
    type: 'Warning',
    meaning: 'A Rollout of the commit failed, so the commit is bad.',
    remedy: 'The message has the cause; the way back begins by itself when a good release is known.',
  },
  FirstReleaseFailed: {
    ...event,
    type: 'Warning',
    meaning: 'The very first release failed, and there is nothing to go back to.',
    remedy: 'Push a commit that repairs it.',
  },
  ReleaseRetried: {
    ...event,
    type: 'Normal',
    meaning: 'A failed release is tried again because a Rollout of it was retried.',
  },
  ReleaseSuperseded: {
    ...event,
    type: 'Normal',
    meaning: 'Git went back to the last good content while a release was under way, so that release ends.',
  },
  CommitHeld: {
    ...event,
    type: 'Warning',
    meaning: 'The newest commit is not applied; the cluster keeps what it has.',
    remedy: 'Push a commit that corrects what the message names.',
  },
  ApplyTimedOut: {
    ...event,
    type: 'Warning',
    meaning: 'Not all objects of the commit could be applied within spec.timeout, so those written go back.',
    remedy: 'Correct what the message names; then push a commit.',
  },
  RevertOpened: { ...event, type: 'Normal', meaning: 'A GitRevert was made that takes the bad commit back in Git.' },
  Restored: { ...event, type: 'Normal', meaning: 'The cluster is on the last good release again.' },
  RestoreIncomplete: {
    ...event,
    type: 'Warning',
    meaning: 'Within spec.timeout the failed release could not be taken back whole.',
    remedy: 'status.restore.remaining lists what is left; repair it by hand or push a commit.',
  },
  LedgerIncomplete: {
    shows: ['event', 'waiting'],
    on: ['GitSync'],
    type: 'Warning',
    meaning:
      'Parts of the last good release are missing from the ledger: traffic is back, the other objects may not be.',
    remedy:
      'If the event came, compare the objects with Git by hand; the commit did not render to the same content again.',
  },
  GitInSync: { ...event, type: 'Normal', meaning: 'Git agrees with the last good release again.' },
  Pruned: { ...event, type: 'Normal', meaning: 'Objects that left Git were deleted.' },
  RenderFailed: {
    ...condition,
    type: 'Warning',
    meaning: 'The commit does not render to objects.',
    remedy: 'Correct the files that the message names.',
  },
  FailedBefore: {
    ...condition,
    type: 'Warning',
    meaning: 'A commit with the same content failed before and is not released again.',
    remedy: 'Push a commit that changes it, or give the Rollout the command retry.',
  },
  Rewound: {
    ...condition,
    type: 'Warning',
    meaning:
      'The branch was moved back behind a commit that was applied here; nothing is released from there by itself.',
    remedy: 'Move the branch forward again, or push a commit on top of it.',
  },
  Quarantined: {
    ...condition,
    type: 'Warning',
    meaning: 'The commit asks for a revision that has failed before.',
    remedy: 'Push a commit that changes that Rollout, or give it the command retry.',
  },
  GoingBack: {
    ...condition,
    type: 'Normal',
    meaning: 'Git went back to the last good content, which is being applied.',
  },
  Retrying: {
    ...condition,
    type: 'Normal',
    meaning: 'A failed release is tried again, so it is open whether Git is right.',
  },
  KeptByActor: {
    ...condition,
    type: 'Warning',
    meaning: 'Condition GitAhead: whoever aborted asked to keep Git, so the branch still has the bad commit.',
    remedy: 'Push a commit that repairs it, or revert it by hand.',
  },
  PolicyKeepsGit: {
    ...condition,
    type: 'Warning',
    meaning: 'Condition GitAhead: spec.revert.causes says that failures of this cause do not revert Git.',
    remedy: 'Push a commit that repairs it, or revert it by hand.',
  },
  PartsMissing: {
    ...condition,
    type: 'Warning',
    meaning: 'Condition LedgerIncomplete: what the last good release consisted of is not known whole.',
    remedy: 'Read the message: somebody has deleted or changed Releases or config copies of the GitSync.',
  },
  ApplyFailed: {
    shows: ['condition', 'release'],
    on: ['GitSync', 'Release'],
    type: 'Warning',
    meaning: 'Objects of the release were refused until spec.timeout; Git is left alone.',
    remedy: 'Correct what the message names and push a commit.',
  },
  NewerCommit: {
    ...release,
    type: 'Normal',
    meaning: 'A newer commit took the place of this release while it was under way.',
  },
  GitWentBack: {
    ...release,
    type: 'Normal',
    meaning: 'Git went back to the last good content, so this release ended.',
  },
  Promoted: { ...release, type: 'Normal', meaning: 'All Rollouts of the release were promoted.' },
  GoodBefore: {
    ...release,
    type: 'Normal',
    meaning: 'This content was good in an earlier release; if it fails now, no revert is written.',
    remedy: 'If it fails, look for the cause in the cluster before Git.',
  },
  KeepGit: {
    ...release,
    type: 'Warning',
    meaning: 'The release failed by a person who asked to keep Git as it is.',
    remedy: 'Push a commit that repairs it, or revert it by hand.',
  },
} as const satisfies ReasonEntries;
