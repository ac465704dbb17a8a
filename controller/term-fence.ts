/**
 * Fencing for rooms that write several objects per key: on taking over, a leader stamps its term on what is unsettled before
 * it decides. That moves their versions on, so late writes of an older leader are refused as stale. Its own writes whose fate is
 * not known may be late as well: what they would change is stamped once more before anything else is decided.
 */

import { ownKeys } from '../crds/schema/keys.ts';
import type { ApiResult, KubeClient, KubeObject, Leadership, Ref } from '../kube/api.ts';
import { refOf } from '../kube/ref.ts';

export type TermStamps =
  | { readonly kind: 'clear' }
  /** Stamps were written: decide only when the caches show them. */
  | { readonly kind: 'stamped'; readonly count: number }
  | { readonly kind: 'failed'; readonly object: KubeObject; readonly result: Exclude<ApiResult, { kind: 'ok' }> };

/** What is written for one key, the object that holds the intent first. */
export interface Family {
  readonly uid: string;
  /** Nothing is under way that another leader could still be writing for. */
  readonly isSettled: boolean;
  readonly members: readonly KubeObject[];
}

export interface TermFence {
  check(family: Family, wrote: (object: KubeObject) => void): Promise<TermStamps>;
  /** Writes to these objects may still arrive. */
  doubt(uid: string, targets: readonly Ref[]): void;
  forget(uid: string): void;
}

/** One fence per term: what was stamped or was settled at the takeover is not looked at again, but for what is doubted. */
export function termFence(client: KubeClient, leadership: Leadership, fieldManager: string): TermFence {
  const cleared = new Set<string>();
  const doubts = new Map<string, readonly Ref[]>();
  let doubted = 0;
  return {
    doubt: (uid, targets) => void doubts.set(uid, [...(doubts.get(uid) ?? []), ...targets]),
    forget(uid) {
      cleared.delete(uid);
      doubts.delete(uid);
    },
    async check({ uid, isSettled, members }, wrote) {
      const isNew = !cleared.has(uid) && !isSettled;
      const stale = isNew ? members.filter((one) => termOf(one) !== leadership.term) : [];
      const late = arriving(members, doubts.get(uid) ?? []).filter((one) => !stale.includes(one));
      if (late.length > 0) doubted += 1;
      const terms = new Map([
        ...stale.map((object) => [object, leadership.term] as const),
        ...late.map((object) => [object, `${leadership.term}.${doubted}`] as const),
      ]);
      for (const [object, term] of terms) {
        const { uid: own, resourceVersion, ...key } = refOf(object);
        const patch = { metadata: { annotations: { [ownKeys.term]: term } } };
        const result = await client.merge(key, patch, { uid: own, resourceVersion, fieldManager });
        if (result.kind === 'not-found') continue;
        if (result.kind !== 'ok') return { kind: 'failed', object, result };
        wrote(result.object);
      }
      cleared.add(uid);
      doubts.delete(uid);
      return terms.size === 0 ? { kind: 'clear' } : { kind: 'stamped', count: terms.size };
    },
  };
}

function termOf({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[ownKeys.term];
}

/** What still has the version that an uncertain write was made for; anything else has moved on, and the write is stale. */
function arriving(members: readonly KubeObject[], doubts: readonly Ref[]): readonly KubeObject[] {
  const isMeant = ({ metadata }: KubeObject, { uid, resourceVersion }: Ref): boolean =>
    metadata.uid === uid && metadata.resourceVersion === resourceVersion;
  return members.filter((object) => doubts.some((one) => isMeant(object, one)));
}
