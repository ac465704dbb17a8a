/**
 * Which objects belong to a controller: those it controls and its selector matches. Orphans that match are adopted, and
 * those that no longer match are let go.
 */

import { type LabelSelector, selectorMatches } from '../../crds/schema/label-selector.ts';
import type { KubeObject, OwnerRef } from '../../kube/api.ts';
import { sentenceOf } from '../../kube/client.ts';
import { controllerOf, keyOf } from '../../kube/ref.ts';
import type { Room } from './room.ts';
import { controllerRef } from './views.ts';

/** Throws when an adoption or a release failed for a reason that passes: the reconcile is tried again. */
export async function claim<T extends KubeObject>(
  room: Room,
  owner: KubeObject,
  selector: LabelSelector,
  candidates: readonly T[],
): Promise<T[]> {
  const claimed: T[] = [];
  const leaving = owner.metadata.deletionTimestamp !== undefined;
  for (const one of candidates) {
    const matches = selectorMatches(selector, one.metadata.labels ?? {});
    const ref = controllerRef(one);
    if (ref !== undefined && ref.uid !== owner.metadata.uid) continue;
    if (ref !== undefined && matches) claimed.push(one);
    else if (ref !== undefined && !leaving) await release(room, owner, one);
    else if (ref === undefined && matches && !leaving && one.metadata.deletionTimestamp === undefined) {
      if (await adopt(room, owner, one)) claimed.push(one);
    }
  }
  return claimed;
}

async function adopt(room: Room, owner: KubeObject, orphan: KubeObject): Promise<boolean> {
  // The owner may have been deleted meanwhile: an adopted pod would be collected with it.
  const live = await room.client.get(keyOf(owner));
  if (live.kind !== 'ok' || live.object.metadata.uid !== owner.metadata.uid) return false;
  if (live.object.metadata.deletionTimestamp !== undefined) return false;
  return setOwners(room, owner, orphan, [...(orphan.metadata.ownerReferences ?? []), controllerOf(owner)]);
}

async function release(room: Room, owner: KubeObject, one: KubeObject): Promise<void> {
  const others = (one.metadata.ownerReferences ?? []).filter((ref) => ref.uid !== owner.metadata.uid);
  await setOwners(room, owner, one, others);
}

/** False when the object is gone. */
async function setOwners(
  room: Room,
  owner: KubeObject,
  object: KubeObject,
  ownerReferences: readonly OwnerRef[],
): Promise<boolean> {
  const { uid, resourceVersion } = object.metadata;
  const patch = { metadata: { ownerReferences: ownerReferences.length === 0 ? null : ownerReferences } };
  const options = {
    ...(uid === undefined ? {} : { uid }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
  const result = await room.client.merge(keyOf(object), patch, options);
  if (result.kind === 'not-found') return false;
  if (result.kind !== 'ok') throw new Error(`owners of ${object.kind} ${object.metadata.name}: ${sentenceOf(result)}`);
  room.writes.wrote(owner.metadata.uid ?? '', result.object);
  return true;
}
