/** Everything `decide` may look at, read once per pass. Plain readonly data. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { FindTemplate } from '../../crds/schema/validate-references.ts';
import type { Instant } from '../../kube/api.ts';
import type { AnalysisRunView } from '../rollout/observed.ts';
import type { FaultKind } from '../../source/contract.ts';
import type { PreparedSet } from './config-copies.ts';
import type { Health } from './health.ts';
import type { LeavingObject } from './inventory.ts';
import type { Manifest } from './objects.ts';
import type { Stage } from './order.ts';

/** Tip of the branch that rendered. */
export interface Tip {
  readonly commit: string;
  readonly committedAt: string;
  readonly author: string;
  readonly subject: string;
  readonly digest: string;
  readonly renderer: string;
  /** A commit that was applied here and that the branch had: it was moved back, from that commit to this one. */
  readonly rewoundFrom?: string;
}

/** What the background fetch found last. All parts may be absent: nothing was fetched since the process started. */
export interface SourceView {
  readonly tip?: Tip;
  /** The newest commit does not render; `tip` is then absent. */
  readonly invalid?: { readonly commit: string; readonly sentences: readonly string[] };
  /** The last look failed; `tip` may still be there from an earlier one. */
  readonly fault?: { readonly kind: FaultKind; readonly message: string };
  /** Token of the sync request that the last look answered. */
  readonly token?: string;
  readonly lookAgainAt: Instant;
}

/** Whether the tenant's account can be used. `refused` needs a person, `passing` another try. */
export type TenantState = { readonly kind: 'ok' } | { readonly kind: 'refused' | 'passing'; readonly message: string };

/** The set that this pass looks at on the API server; at most one. */
export type Subject =
  | { readonly kind: 'none' }
  | { readonly kind: 'tip' }
  | { readonly kind: 'candidate' }
  /** `except`: names of Rollouts that keep their failed template. */
  | { readonly kind: 'good'; readonly except: readonly string[] }
  | { readonly kind: 'restore'; readonly except: readonly string[] };

/** One object of a set as it would be applied. `same`: the server says that applying changes nothing. */
export interface TrialItem {
  readonly id: string;
  readonly stage: Stage;
  readonly payload: Manifest;
  readonly live?: Manifest;
  readonly state: 'same' | 'differs' | 'blocked' | 'passing';
  readonly health: Health;
  /** Why it is blocked or passing. */
  readonly sentences: readonly string[];
  /** It is blocked because the tenant's account may not do it. */
  readonly lacksRight?: boolean;
  /** Another syncer (Argo CD, Flux) owns the live object. */
  readonly foreignOwner?: string;
}

/** A set tried on the API server: overlaid, dry-run, compared; nothing was written. */
export interface Trial {
  readonly set: PreparedSet;
  readonly items: readonly TrialItem[];
  /** What is wrong with the set itself, found without the server. */
  readonly problems: readonly string[];
}

/** The stored set can't be read back whole. */
export interface LedgerGap {
  readonly release: string;
  readonly why: string;
  /** Whether rendering the commit again helps: still trying, source down, or not the same digest. */
  readonly rerender: 'running' | 'unreachable' | 'different';
}

/** The namespace of the GitSync. */
export function homeOf(observed: Observed): string {
  return observed.sync.metadata.namespace ?? '';
}

export interface Observed {
  readonly keys: Keys;
  readonly dialect: Dialect;
  /** API group of Rollouts. */
  readonly group: string;
  readonly clusterId: string;
  readonly allowFileRepositories: boolean;
  readonly sync: GitSync;
  /** Releases of this GitSync, further data parts left out. */
  readonly releases: readonly Release[];
  readonly reverts: readonly GitRevert[];
  /** Live Rollouts that carry this GitSync's label. */
  readonly rollouts: readonly Manifest[];
  /** AnalysisRuns of the bake, of all GitSyncs of the namespace. */
  readonly bakeRuns: readonly AnalysisRunView[];
  readonly findTemplate: FindTemplate;
  readonly source: SourceView;
  readonly tenant: TenantState;
  readonly subject: Subject;
  readonly trial?: Trial;
  readonly gap?: LedgerGap;
  /** Objects that left Git, read live; present only when prune or deletion needs them. */
  readonly leaving?: readonly LeavingObject[];
  /** Ids of the last good set, once known. */
  readonly goodIds?: ReadonlySet<string>;
  /** Ids of the set that is being taken back and not of the last good one, read live. */
  readonly added?: readonly LeavingObject[];
  /** The last apply that the server refused, in this process. */
  readonly applyFailure?: { readonly release: string; readonly message: string };
  /** The copies were swept for this last good release in this process. */
  readonly swept: boolean;
}
