/** Everything that the git-revert room's `decide` may look at, read once per pass. Plain readonly data. */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { LimitHit } from './limits.ts';

/** What the branch says right now. Merging writes only objects into the source's own cache, so all of it counts as reading. */
export type Examination =
  | { readonly kind: 'none' }
  | { readonly kind: 'fault'; readonly message: string; readonly lasting: boolean; readonly retryAfterMs?: number }
  /** The recorded commit is an ancestor of the tip: an earlier push whose answer was lost. */
  | { readonly kind: 'contained'; readonly tip: string }
  | { readonly kind: 'superseded' | 'already-reverted'; readonly tip: string }
  | { readonly kind: 'conflict'; readonly tip: string; readonly files: readonly string[] }
  /** The revert may not or can't be made by a machine; one sentence. */
  | { readonly kind: 'refused'; readonly tip: string; readonly why: string }
  /** The merged commit does not pass its checks; one sentence each. */
  | { readonly kind: 'invalid'; readonly tip: string; readonly sentences: readonly string[] }
  | { readonly kind: 'ready'; readonly tip: string; readonly commit: string; readonly changed: readonly string[] };

export interface RevertObserved {
  readonly revert: GitRevert;
  /** The GitSync that asked for it, while it exists. */
  readonly sync?: GitSync;
  readonly clusterId: string;
  readonly releases: readonly Release[];
  /** The releases could not be read as they are now: nothing may be concluded from them. */
  readonly isUnread?: boolean;
  /** Other GitReverts of the same GitSync. */
  readonly siblings: readonly GitRevert[];
  /** Names of failed Rollouts that carry the annotation no-auto-revert. */
  readonly protectedRollouts: readonly string[];
  /** Name of an older revert that is being pushed to the same branch right now. */
  readonly blockedBy?: string;
  /** A limit on reverts by machine that is reached, unless a person let this one go on. */
  readonly limit?: LimitHit;
  readonly examination: Examination;
  /** Failed looks in a row, for the back-off. */
  readonly failures: number;
}

export type RevertEffect = {
  readonly kind: 'Push';
  readonly commit: string;
  readonly expectedTip: string;
};

export type PushOutcome =
  | { readonly kind: 'pushed' | 'contained' }
  | { readonly kind: 'moved'; readonly tip: string }
  | { readonly kind: 'denied'; readonly why: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'fault'; readonly message: string; readonly retryAfterMs?: number };
