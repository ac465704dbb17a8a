/**
 * Read-your-own-writes: a reconcile that has written must not decide on a cache that does not show the write yet. Kept
 * per owner (the uid of the reconciled object) and kind: the highest resourceVersion that our writes returned.
 */

import type { Clock, KindRef, KubeObject, ObjectKey } from './api.ts';
import { isOlder } from './cache/resource-version.ts';
import { groupOf, keyOf } from './ref.ts';

/** Up to which resourceVersion the cache of a kind is complete in a namespace (KindCache.seenVersion). */
export type Seen = (kind: KindRef, namespace: string) => string | undefined;

/** `read-live`: the cache has lagged too long; read these objects from the server and then call `forget`. */
export type Readiness =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wait'; readonly forMs: number; readonly on: string }
  | { readonly kind: 'read-live'; readonly objects: readonly ObjectKey[] };

export interface OwnWrites {
  /** Call with what a successful create, merge or apply returned. */
  wrote(ownerUid: string, object: KubeObject): void;
  /** Whether the caches show all writes of this owner. */
  ready(ownerUid: string, seen: Seen): Readiness;
  forget(ownerUid: string): void;
}

interface Pending {
  readonly kind: KindRef;
  readonly namespace: string;
  version: string;
  readonly sinceMs: number;
  readonly objects: Map<string, ObjectKey>;
}

const waitMs = 20;

/** `patienceMs`: how long a cache may lag before the objects are read from the server instead. */
export function ownWrites(clock: Clock, patienceMs = 5_000): OwnWrites {
  const owners = new Map<string, Map<string, Pending>>();
  return {
    wrote(ownerUid, object) {
      const key = keyOf(object);
      const version = object.metadata.resourceVersion;
      if (version === undefined) return;
      const kinds = owners.get(ownerUid) ?? new Map<string, Pending>();
      owners.set(ownerUid, kinds);
      const id = `${groupOf(object.apiVersion)}/${object.kind}/${key.namespace}`;
      const pending = kinds.get(id) ?? newPending(key, version, clock.monotonicMs());
      if (isOlder(pending.version, version)) pending.version = version;
      pending.objects.set(key.name, key);
      kinds.set(id, pending);
    },
    ready(ownerUid, seen) {
      const kinds = owners.get(ownerUid);
      if (kinds === undefined) return { kind: 'ready' };
      for (const [id, pending] of kinds) if (shows(seen, pending)) kinds.delete(id);
      const [first] = kinds.values();
      if (first === undefined) {
        owners.delete(ownerUid);
        return { kind: 'ready' };
      }
      const late = [...kinds.values()].filter((one) => clock.monotonicMs() - one.sinceMs >= patienceMs);
      if (late.length === 0) return { kind: 'wait', forMs: waitMs, on: `${first.kind.kind} ${first.version}` };
      return { kind: 'read-live', objects: [...kinds.values()].flatMap((one) => [...one.objects.values()]) };
    },
    forget: (ownerUid) => void owners.delete(ownerUid),
  };
}

function newPending(key: ObjectKey, version: string, sinceMs: number): Pending {
  return { kind: { group: key.group, kind: key.kind }, namespace: key.namespace, version, sinceMs, objects: new Map() };
}

function shows(seen: Seen, pending: Pending): boolean {
  const version = seen(pending.kind, pending.namespace);
  return version !== undefined && !isOlder(version, pending.version);
}
