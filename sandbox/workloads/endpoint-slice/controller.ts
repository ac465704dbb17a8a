/**
 * The EndpointSlice controller: which changes make it look at which Service.
 */

import { queueKey } from '../../../kube/ref.ts';
import { firstSelector, labelKey } from '../caches.ts';
import { type ControllerLoop, controllerLoop } from '../controller-loop.ts';
import type { Room } from '../room.ts';
import { controllerRef, type PodView, textsOf } from '../views.ts';
import { reconcileSlices } from './reconcile.ts';

export function endpointSliceController(room: Room): ControllerLoop {
  const { services, slices, pods } = room.caches;
  const loop = controllerLoop({ name: 'EndpointSlice', ...room, reconcile: (key) => reconcileSlices(room, key) });
  services.store.onChange(({ kind, object }) => {
    if (kind === 'deleted') room.writes.forget(object.metadata.uid ?? '');
    else loop.add(queueKey(object.metadata));
  });
  slices.store.onChange(({ object }) => {
    const ref = controllerRef(object);
    const { namespace = '' } = object.metadata;
    if (ref?.kind === 'Service') loop.add(queueKey({ namespace, name: ref.name }));
  });
  pods.store.onChange(({ object, old }) => {
    for (const key of new Set([...servicesOf(room, object), ...(old === undefined ? [] : servicesOf(room, old))])) {
      loop.add(key);
    }
  });
  return loop;
}

function servicesOf(room: Room, pod: PodView): readonly string[] {
  const labels = pod.metadata.labels ?? {};
  return Object.entries(labels)
    .flatMap(([key, value]) => room.caches.services.store.byIndex(firstSelector, labelKey(pod, key, value)))
    .filter((service) =>
      Object.entries(textsOf(service, 'spec', 'selector')).every(([key, value]) => labels[key] === value),
    )
    .map((service) => queueKey(service.metadata));
}
