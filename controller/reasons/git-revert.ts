/** Reasons of the git-revert room: each phase is the reason of condition Ready, and with `Revert` before it that of an event. */

import type { ReasonEntries } from './entry.ts';

const event = { shows: ['event'], on: ['GitRevert'] } as const;
const condition = { shows: ['condition'], on: ['GitRevert'] } as const;
const waiting = { shows: ['waiting'], on: ['GitRevert'] } as const;

const humanRemedy = 'The message says what is in the way; remove it, or revert the commit by hand.';
const mergedText =
  'Kept for reverts that reach the branch by a merge request; this version only pushes and never gives it.';

export const gitRevertReasons = {
  RevertPending: {
    ...event,
    type: 'Warning',
    meaning: 'Git could not be asked, so the revert waits and is tried again.',
    remedy: 'If it lasts, look at the repository, the network and the credentials; the cluster is back already.',
  },
  RevertComputed: {
    ...event,
    type: 'Normal',
    meaning: 'A revert commit was made but the push did not go through yet; it is tried again.',
  },
  RevertPushed: { ...event, type: 'Normal', meaning: 'The revert commit is on the branch.' },
  RevertMerged: { ...event, type: 'Normal', meaning: mergedText },
  RevertSuperseded: {
    ...event,
    type: 'Normal',
    meaning:
      'The branch does not ask for the failed revision any more, or its release is tried again, so no revert is needed.',
  },
  RevertAlreadyReverted: { ...event, type: 'Normal', meaning: 'Somebody had taken the commit back already.' },
  RevertNeedsHuman: {
    ...event,
    type: 'Warning',
    meaning: 'The revert conflicts, fails its checks, may not be pushed, or lost the branch to others too often.',
    remedy: humanRemedy,
  },
  RevertRefused: {
    ...event,
    type: 'Warning',
    meaning:
      'This commit is not for a machine to revert: protected, itself a revert, good before, too old, or not ours any more.',
    remedy: 'Decide by hand; the message names the rule.',
  },
  RevertReported: {
    ...event,
    type: 'Normal',
    meaning: 'The policy is to tell of the failure only, or another cluster writes to this branch.',
    remedy: 'Bring the branch back by hand, unless another cluster has the authority.',
  },
  Pending: { ...condition, type: 'Normal', meaning: 'Nothing was computed yet, or Git cannot be asked now.' },
  Computed: { ...condition, type: 'Normal', meaning: 'The revert commit is made and waits for its push.' },
  Pushed: { ...condition, type: 'Normal', meaning: 'The revert commit is on the branch.' },
  Merged: { ...condition, type: 'Normal', meaning: mergedText },
  Superseded: { ...condition, type: 'Normal', meaning: 'No revert is needed any more.' },
  AlreadyReverted: { ...condition, type: 'Normal', meaning: 'The commit had been taken back by somebody else.' },
  NeedsHuman: {
    shows: ['condition', 'waiting'],
    on: ['GitRevert'],
    type: 'Warning',
    meaning: 'The revert does not get through by itself; it is still tried, less often.',
    remedy: humanRemedy,
  },
  Refused: {
    ...condition,
    type: 'Warning',
    meaning: 'A rule forbids reverting this commit by machine.',
    remedy: 'Decide by hand; the message names the rule.',
  },
  Reported: {
    ...condition,
    type: 'Normal',
    meaning: 'The failure was told and Git left alone, as the policy says.',
    remedy: 'Bring the branch back by hand, unless another cluster has the authority.',
  },
  GitNotTold: {
    ...condition,
    type: 'Warning',
    meaning: 'Condition Overdue: for more than a quarter of an hour the branch has asked for what failed here.',
    remedy: 'Revert by hand, or remove what the message names.',
  },
  InTime: { ...condition, type: 'Normal', meaning: 'Condition Overdue is over.' },
  RevertLimit: {
    shows: ['condition', 'waiting'],
    on: ['GitRevert'],
    type: 'Warning',
    meaning:
      'Condition Held: as many reverts were written as a machine writes by itself (5 per GitSync and day, 20 per hour).',
    remedy: 'Look for a loop; annotate the GitRevert with tidegate.io/proceed=true to let it go on at once.',
  },
  ClusterIncident: {
    shows: ['condition', 'waiting'],
    on: ['GitRevert'],
    type: 'Warning',
    meaning: 'Condition Held: five or more releases failed within five minutes, so the cause is hardly this commit.',
    remedy:
      'Repair the cluster; annotate the GitRevert with tidegate.io/proceed=true if the commit shall go all the same.',
  },
  Serial: { ...waiting, type: 'Normal', meaning: 'Another GitRevert writes to the same branch first.' },
  Retry: { ...waiting, type: 'Normal', meaning: 'The next attempt has its time.' },
} as const satisfies ReasonEntries;
