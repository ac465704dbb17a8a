/** What the git-sync room may write, as data: one effect is one write (or one ordered run of applies), and may be repeated. */

import type { GitRevertSpec } from '../../crds/schema/git-revert.ts';
import type { ReleaseSpec, ReleaseStatus } from '../../crds/schema/release.ts';
import type { ObjectKey, Ref } from '../../kube/api.ts';
import type { AnalysisRunDraft } from '../rollout/effects.ts';
import type { Manifest } from './objects.ts';

/** A Release to write: `objects` is the prepared set, which the ledger packs. */
export interface ReleaseDraft {
  readonly name: string;
  readonly spec: Omit<ReleaseSpec, 'data' | 'parts' | 'partDigest'>;
  readonly objects: readonly Manifest[];
  readonly startedAt: string;
}

export type GitSyncEffect =
  | { readonly kind: 'SetFinalizer'; readonly present: boolean }
  | { readonly kind: 'WriteRelease'; readonly draft: ReleaseDraft }
  /** The whole next status of a Release; `resourceVersion` is the one it was decided from. */
  | {
      readonly kind: 'MarkRelease';
      readonly release: string;
      readonly resourceVersion: string;
      readonly status: ReleaseStatus;
    }
  /** Takes the rendered set out of an old Release; what became of it stays. */
  | {
      readonly kind: 'TrimRelease';
      readonly release: string;
      readonly uid: string;
      readonly resourceVersion: string;
      readonly parts: number;
    }
  | { readonly kind: 'DeleteRelease'; readonly release: string; readonly uid: string; readonly parts: number }
  /** Applies in this order with the tenant's rights and stops at the first that fails. */
  | { readonly kind: 'Apply'; readonly payloads: readonly Manifest[] }
  /** With the tenant's rights; the uid is a precondition. */
  | { readonly kind: 'Delete'; readonly key: ObjectKey; readonly uid: string }
  | { readonly kind: 'CreateRevert'; readonly name: string; readonly spec: GitRevertSpec }
  /** Command annotations on a Rollout, with the controller's own rights. */
  | { readonly kind: 'Command'; readonly target: Ref; readonly annotations: Readonly<Record<string, string>> }
  /** A run of the bake, with the controller's own rights. */
  | { readonly kind: 'StartAnalysis'; readonly draft: AnalysisRunDraft }
  | { readonly kind: 'StopAnalysis'; readonly target: Ref }
  /** Deletes config copies that nothing refers to, but for those named here (`kind/name`). */
  | { readonly kind: 'SweepCopies'; readonly keep: readonly string[] };
