/**
 * What the garbage collector does about one object: deletes it when its owners are gone, deletes or orphans its dependents
 * when it is being deleted itself.
 */

import type { ApiResult, KubeClient, KubeObject, OwnerRef, ReconcileResult } from '../../../kube/api.ts';
import { sentenceOf } from '../../../kube/client.ts';
import { groupOf, keyOf } from '../../../kube/ref.ts';
import { done } from '../controller-loop.ts';
import {
  type Graph,
  isDeleting,
  orphansDependents,
  propagationOf,
  waitsForDependents,
  withoutFinalizer,
} from './graph.ts';

export interface Collector {
  readonly client: KubeClient;
  readonly graph: Graph;
  /** Look at these objects as well. */
  add(uid: string): void;
}

/** An answer that says nothing for sure: the object is looked at again. */
class TryAgain extends Error {}

export async function collect(collector: Collector, uid: string): Promise<ReconcileResult> {
  const item = collector.graph.get(uid);
  if (item === undefined) return done;
  try {
    if (orphansDependents(item)) await orphan(collector, item);
    else if (waitsForDependents(item)) await waitForDependents(collector, item);
    else if (!isDeleting(item)) await judge(collector, item);
    return done;
  } catch (error) {
    if (error instanceof TryAgain) return { kind: 'retry', why: error.message };
    throw error;
  }
}

async function orphan(collector: Collector, owner: KubeObject): Promise<void> {
  const { uid = '' } = owner.metadata;
  for (const dependent of collector.graph.dependents(uid)) {
    await setOwners(collector, dependent, (refs) => refs.filter((one) => one.uid !== uid));
  }
  await removeFinalizer(collector, owner, 'orphan');
}

async function waitForDependents(collector: Collector, owner: KubeObject): Promise<void> {
  const { uid = '' } = owner.metadata;
  const dependents = collector.graph.dependents(uid);
  const blocking = dependents.filter((one) =>
    one.metadata.ownerReferences?.some((ref) => ref.uid === uid && ref.blockOwnerDeletion === true),
  );
  for (const one of dependents) if (!isDeleting(one)) collector.add(one.metadata.uid ?? '');
  if (blocking.length === 0) await removeFinalizer(collector, owner, 'foreground');
}

type Standing = 'solid' | 'waiting' | 'gone' | 'impossible';

async function judge(collector: Collector, item: KubeObject): Promise<void> {
  const refs = item.metadata.ownerReferences ?? [];
  if (refs.every((ref) => standingKnown(collector, item, ref) === 'solid')) return;
  const live = await collector.client.get(keyOf(item));
  if (live.kind === 'not-found' || (live.kind === 'ok' && live.object.metadata.uid !== item.metadata.uid)) return;
  if (live.kind !== 'ok') throw new TryAgain(sentenceOf(live));
  const liveRefs = live.object.metadata.ownerReferences ?? [];
  if (liveRefs.length === 0 || isDeleting(live.object)) return;
  const standings = new Map<OwnerRef, Standing>();
  for (const ref of liveRefs) standings.set(ref, await standingOf(collector, live.object, ref));
  const all = [...standings.values()];
  if (all.includes('impossible')) return;
  if (all.includes('solid')) {
    if (all.every((one) => one === 'solid')) return;
    await setOwners(collector, live.object, (now) => now.filter((ref) => isSolid(standings, ref)));
    return;
  }
  const { uid = '' } = item.metadata;
  const dependents = collector.graph.dependents(uid);
  if (!all.includes('waiting') || dependents.length === 0) {
    await remove(collector, live.object, propagationOf(live.object));
    return;
  }
  // Two that wait for each other would wait for ever.
  if (dependents.some(waitsForDependents)) await setOwners(collector, live.object, unblocked);
  await remove(collector, live.object, 'Foreground');
}

/** References that were not there when their owners were looked up stay. */
function isSolid(standings: ReadonlyMap<OwnerRef, Standing>, ref: OwnerRef): boolean {
  const known = [...standings].find(([one]) => one.uid === ref.uid);
  return known === undefined || known[1] === 'solid';
}

function unblocked(refs: readonly OwnerRef[]): OwnerRef[] {
  return refs.map((ref) => ({ ...ref, blockOwnerDeletion: false }));
}

/** What the graph knows about an owner; undefined when only the server can say. */
function standingKnown(collector: Collector, item: KubeObject, ref: OwnerRef): Standing | undefined {
  const owner = collector.graph.get(ref.uid);
  if (owner === undefined) return undefined;
  const { name, namespace = '' } = owner.metadata;
  const same = owner.kind === ref.kind && name === ref.name && groupOf(owner.apiVersion) === groupOf(ref.apiVersion);
  if (!same || (namespace !== '' && namespace !== item.metadata.namespace)) return undefined;
  return waitsForDependents(owner) ? 'waiting' : 'solid';
}

async function standingOf(collector: Collector, item: KubeObject, ref: OwnerRef): Promise<Standing> {
  const known = standingKnown(collector, item, ref);
  if (known !== undefined) return known;
  const kind = { group: groupOf(ref.apiVersion), kind: ref.kind };
  const served = await collector.client.served(kind);
  if (served === undefined) throw new TryAgain(`${ref.kind} in ${ref.apiVersion} is not served`);
  const namespace = item.metadata.namespace ?? '';
  if (served.namespaced && namespace === '') return 'impossible';
  const owner = await collector.client.get({ ...kind, namespace, name: ref.name });
  if (owner.kind === 'not-found') return 'gone';
  if (owner.kind !== 'ok') throw new TryAgain(sentenceOf(owner));
  if (owner.object.metadata.uid !== ref.uid) return 'gone';
  return waitsForDependents(owner.object) ? 'waiting' : 'solid';
}

async function remove(
  collector: Collector,
  item: KubeObject,
  propagation: 'Orphan' | 'Foreground' | 'Background',
): Promise<void> {
  const { uid } = item.metadata;
  settled(await collector.client.delete(keyOf(item), { propagation, ...(uid === undefined ? {} : { uid }) }));
}

async function removeFinalizer(collector: Collector, item: KubeObject, which: 'foreground' | 'orphan'): Promise<void> {
  await patchLive(collector, item, (live) => {
    const finalizers = withoutFinalizer(live, which);
    return { finalizers: finalizers.length === 0 ? null : finalizers };
  });
}

async function setOwners(
  collector: Collector,
  item: KubeObject,
  change: (refs: readonly OwnerRef[]) => readonly OwnerRef[],
): Promise<void> {
  await patchLive(collector, item, (live) => {
    const refs = change(live.metadata.ownerReferences ?? []);
    return { ownerReferences: refs.length === 0 ? null : refs };
  });
}

/** Changes the metadata of an object as it is now; nothing when it is gone. */
async function patchLive(
  collector: Collector,
  item: KubeObject,
  metadataOf: (live: KubeObject) => object,
): Promise<void> {
  const live = await collector.client.get(keyOf(item));
  if (live.kind !== 'ok') return settled(live);
  const { uid, resourceVersion } = live.object.metadata;
  if (uid !== item.metadata.uid || uid === undefined || resourceVersion === undefined) return;
  const patch = { metadata: metadataOf(live.object) };
  settled(await collector.client.merge(keyOf(item), patch, { uid, resourceVersion }));
}

/** Gone is as good as done; all else that failed is tried again. */
function settled(result: ApiResult<object>): void {
  if (result.kind === 'ok' || result.kind === 'not-found') return;
  throw new TryAgain(sentenceOf(result));
}
