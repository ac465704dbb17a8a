/** Which objects belong to a GitSync: the stable release's and the candidate's. Nothing leaves it before it was seen gone. Pure. */

import type { InventoryEntry } from '../../crds/schema/git-sync.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ObjectKey } from '../../kube/api.ts';
import { isCopy } from './config-copies.ts';
import { groupOf, idOf, labelOf, type Manifest, objectId } from './objects.ts';

export function entryKey(entry: InventoryEntry): ObjectKey {
  return { group: groupOf(entry.apiVersion), kind: entry.kind, namespace: entry.namespace ?? '', name: entry.name };
}

function entryOf(object: Manifest, uid: string | undefined): InventoryEntry {
  const { name, namespace } = object.metadata;
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    ...(namespace ? { namespace } : {}),
    name,
    ...(uid ? { uid } : {}),
  };
}

/**
 * The inventory with all objects of a set in it. Entries are made before the first apply, then without uid; `uidOf` fills it in
 * later. Config copies are left out: prune never touches them, they have their own rule (config-sweep.ts).
 */
export function inventoryWith(
  inventory: readonly InventoryEntry[],
  objects: readonly Manifest[],
  uidOf: (id: string) => string | undefined,
  keys: Keys,
): InventoryEntry[] {
  const entries = new Map(inventory.map((entry) => [idOf(entryKey(entry)), entry]));
  for (const object of objects.filter((one) => !isCopy(one, keys))) {
    const id = objectId(object);
    entries.set(id, entryOf(object, uidOf(id) ?? entries.get(id)?.uid));
  }
  return [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/** Entries that no object of `objects` stands for: what left Git, once `objects` is the last good set. */
export function leaving(inventory: readonly InventoryEntry[], objects: readonly Manifest[]): readonly InventoryEntry[] {
  const wanted = new Set(objects.map(objectId));
  return inventory.filter((entry) => !wanted.has(idOf(entryKey(entry))));
}

/** What a live GET said of an entry that is to go. */
export interface LeavingObject {
  readonly entry: InventoryEntry;
  /** Undefined: it does not exist any more. */
  readonly live?: Manifest;
}

/**
 * Whether the live object is the one that this GitSync applied: same uid, and still labelled as ours. An object made anew
 * under the same name, or taken over by another GitSync, is not ours to delete.
 */
export function isOurs(one: LeavingObject, syncUid: string, keys: Keys): boolean {
  if (one.live === undefined) return false;
  if (one.entry.uid !== undefined && one.live.metadata.uid !== one.entry.uid) return false;
  return labelOf(one.live, keys.gitSync) === syncUid;
}

/** The inventory without the entries that are gone or are not ours. */
export function inventoryWithout(
  inventory: readonly InventoryEntry[],
  gone: readonly InventoryEntry[],
): InventoryEntry[] {
  const ids = new Set(gone.map((entry) => idOf(entryKey(entry))));
  return inventory.filter((entry) => !ids.has(idOf(entryKey(entry))));
}
