/**
 * The catalogue of reasons: every word that events, conditions, waits and records give as a cause, with its meaning and its
 * remedy. Pure data by room; docs/reasons.md is generated from it, and the compiler refuses reasons that are not listed.
 */

import { analysisRunReasons } from './reasons/analysis-run.ts';
import { experimentReasons } from './reasons/experiment.ts';
import { gitRevertReasons } from './reasons/git-revert.ts';
import { gitSyncCommitReasons } from './reasons/git-sync-commits.ts';
import { gitSyncReasons } from './reasons/git-sync.ts';
import { rolloutReasons } from './reasons/rollout.ts';
import { rolloutWaits } from './reasons/rollout-waits.ts';

/** Reasons by the room under controller/ that gives them; the same word may mean something else in another room. */
export const reasonCatalogue = {
  rollout: { ...rolloutReasons, ...rolloutWaits },
  'analysis-run': analysisRunReasons,
  experiment: experimentReasons,
  'git-sync': { ...gitSyncReasons, ...gitSyncCommitReasons },
  'git-revert': gitRevertReasons,
} as const;

export type ReasonRoom = keyof typeof reasonCatalogue;
export type ReasonOf<Room extends ReasonRoom> = keyof (typeof reasonCatalogue)[Room];
export type Reason = { [Room in ReasonRoom]: ReasonOf<Room> }[ReasonRoom];

const known: ReadonlySet<string> = new Set(Object.values(reasonCatalogue).flatMap((room) => Object.keys(room)));

/** Narrows a reason that was read from a stored object, which another version may have written. */
export function isReason(text: string | undefined): text is Reason {
  return text !== undefined && known.has(text);
}
