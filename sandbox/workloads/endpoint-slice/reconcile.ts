/**
 * Keeps the EndpointSlices of one Service equal to its pods.
 */

import type { ReconcileResult } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { keyOf, splitQueueKey } from '../../../kube/ref.ts';
import { textOf } from '../../../kube/json.ts';
import { retryOf } from '../answers.ts';
import { labelKey, labelled, seenBy } from '../caches.ts';
import { done, soon } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { type PodView, textsOf, timeText } from '../views.ts';
import {
  managedByLabel,
  manager,
  newSlice,
  samePorts,
  serviceLabel,
  slicePatch,
  type WantedSlice,
  wantedSlices,
} from './slice.ts';

const triggerAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

export async function reconcileSlices(room: Room, key: string): Promise<ReconcileResult> {
  const { namespace, name } = splitQueueKey(key);
  const service = room.caches.services.store.get(namespace, name);
  // A Service without a selector has slices of its own; those of one that is gone go with it.
  if (service === undefined || !needsSlices(service)) return done;
  const uid = service.metadata.uid ?? '';
  const readiness = room.writes.ready(uid, seenBy(room.caches));
  if (readiness.kind === 'wait') return soon(room.clock, readiness.forMs);
  if (readiness.kind === 'read-live') room.writes.forget(uid);
  const spare = slicesOf(room, service);
  for (const wanted of wantedSlices(service, podsOf(room, service))) {
    const at = spare.findIndex((slice) => samePorts(slice, wanted));
    const [slice] = spare.splice(at < 0 ? 0 : at, spare.length === 0 ? 0 : 1);
    const retry = await writeSlice(room, service, slice, wanted);
    if (retry !== undefined) return retry;
  }
  for (const slice of spare) {
    const retry = retryOf(await room.client.delete(keyOf(slice)));
    if (retry !== undefined) return retry;
  }
  return done;
}

function needsSlices(service: RawObject): boolean {
  const hasSelector = Object.keys(textsOf(service, 'spec', 'selector')).length > 0;
  return hasSelector && textOf(service, 'spec', 'type') !== 'ExternalName';
}

function podsOf(room: Room, service: RawObject): readonly PodView[] {
  const selector = Object.entries(textsOf(service, 'spec', 'selector'));
  const [first] = selector;
  if (first === undefined) return [];
  return room.caches.pods.store
    .byIndex(labelled, labelKey(service, ...first))
    .filter((pod) => selector.every(([key, value]) => pod.metadata.labels?.[key] === value));
}

function slicesOf(room: Room, service: RawObject): RawObject[] {
  return room.caches.slices.store
    .byOwner(service.metadata.uid ?? '')
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ metadata }) => metadata.labels?.[managedByLabel] === manager)
    .filter(({ metadata }) => metadata.labels?.[serviceLabel] === service.metadata.name)
    .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

async function writeSlice(
  room: Room,
  service: RawObject,
  slice: RawObject | undefined,
  wanted: WantedSlice,
): Promise<ReconcileResult | undefined> {
  const annotations = { [triggerAnnotation]: timeText(room.clock.now()) };
  const uid = service.metadata.uid ?? '';
  if (slice === undefined) {
    const made = await room.client.create(newSlice(service, wanted, annotations));
    if (made.kind === 'ok') room.writes.wrote(uid, made.object);
    return retryOf(made);
  }
  const patch = slicePatch(service, slice, wanted, annotations);
  if (patch === undefined) return undefined;
  const written = await room.client.merge(keyOf(slice), patch, { uid: slice.metadata.uid ?? '' });
  if (written.kind === 'ok') room.writes.wrote(uid, written.object);
  return retryOf(written);
}
