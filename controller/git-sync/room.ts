/** What the git-sync room keeps in memory between passes. All of it may be lost at any time: it only saves calls. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Clock, Instant } from '../../kube/api.ts';
import type { PreparedSet } from './config-copies.ts';
import { type Fresh, freshObjects } from './fresh.ts';
import type { Tenants } from './tenant.ts';
import type { Tips } from './tips.ts';
import type { TrialMemo } from './trial.ts';

/** Per GitSync, by uid. */
export interface SyncMemory {
  readonly memo: TrialMemo;
  /** Set made from rendered objects, by its digest. */
  prepared?: { readonly digest: string; readonly set: PreparedSet };
  /** Set read from the ledger, by the name of its Release. */
  loaded?: { readonly release: string; readonly set: PreparedSet };
  /** Ids of the objects of a release. */
  ids?: { readonly release: string; readonly ids: ReadonlySet<string> };
  /** The tip that was tried and refused last. */
  tried?: { readonly digest: string; readonly generation: number; readonly at: Instant };
  applyFailure?: { readonly release: string; readonly message: string };
  /** Last good release for which unused copies were swept. */
  swept?: string;
}

export interface Room {
  readonly tips: Tips;
  readonly tenants: Tenants;
  readonly freshSyncs: Fresh<GitSync>;
  readonly freshReleases: Fresh<Release>;
  memory(uid: string): SyncMemory;
  forget(uid: string): void;
}

export function roomOf(parts: { readonly tips: Tips; readonly tenants: Tenants; readonly clock: Clock }): Room {
  const memories = new Map<string, SyncMemory>();
  const freshSyncs = freshObjects<GitSync>(parts.clock);
  return {
    tips: parts.tips,
    tenants: parts.tenants,
    freshSyncs,
    freshReleases: freshObjects<Release>(parts.clock),
    memory(uid) {
      const known = memories.get(uid);
      if (known !== undefined) return known;
      const fresh: SyncMemory = { memo: new Map() };
      memories.set(uid, fresh);
      return fresh;
    },
    forget(uid) {
      memories.delete(uid);
      parts.tips.forget(uid);
      freshSyncs.forget(uid);
    },
  };
}
