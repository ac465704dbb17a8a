/** Read-your-own-writes: what our own writes returned stands in for the cache until the cache has caught up. */

import type { Clock, KubeObject } from '../../kube/api.ts';
import { compareResourceVersions } from '../../kube/cache/resource-version.ts';

export interface Fresh<T extends KubeObject> {
  wrote(object: T): void;
  /** The newer of the two. */
  newest(cached: T): T;
  /** `cached` with what the cache does not show yet; `mine` says which written objects belong in the list. */
  merged(cached: readonly T[], mine: (object: T) => boolean): readonly T[];
  forget(uid: string): void;
}

/** After this the cache is believed whatever it says: a deletion by somebody else would otherwise be hidden for ever. */
const patienceMs = 10_000;

export function freshObjects<T extends KubeObject>(clock: Clock): Fresh<T> {
  const written = new Map<string, { readonly object: T; readonly atMs: number }>();
  const uidOf = (object: T): string => object.metadata.uid ?? '';
  const known = (uid: string): T | undefined => {
    const entry = written.get(uid);
    if (entry === undefined) return undefined;
    if (clock.monotonicMs() - entry.atMs < patienceMs) return entry.object;
    written.delete(uid);
    return undefined;
  };
  const newest = (cached: T): T => {
    const own = known(uidOf(cached));
    if (own === undefined) return cached;
    if (compareResourceVersions(own.metadata.resourceVersion, cached.metadata.resourceVersion) > 0) return own;
    written.delete(uidOf(cached));
    return cached;
  };
  return {
    wrote: (object) => void written.set(uidOf(object), { object, atMs: clock.monotonicMs() }),
    newest,
    merged(cached, mine) {
      const uids = new Set(cached.map(uidOf));
      const missing = [...written.keys()].flatMap((uid) => {
        const own = uids.has(uid) ? undefined : known(uid);
        return own !== undefined && mine(own) ? [own] : [];
      });
      return [...cached.map(newest), ...missing];
    },
    forget: (uid) => void written.delete(uid),
  };
}
