/**
 * The one place that decides which fields of the cluster outlive a manifest from Git: weights and rules that a router
 * holds, replicas under an autoscaler, the hash in a Service's selector. Apply, drift and restore all go through it. Pure.
 */

import type { Rollout } from '../../crds/schema/rollout.ts';
import { namedServices } from '../../crds/schema/services-of.ts';
import type { Json, JsonObject, ObjectKey } from '../../kube/api.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { overlayClaims } from './overlay-claims.ts';
import { idOf, type Manifest, numberAt, objectId, textAt, withMetadata, withValueAt } from './objects.ts';

/** What the overlay must know besides the manifest and its live object. */
export interface OverlayContext {
  /** Label of the pod template hash, which Services carry in their selector. */
  readonly hashLabel: string;
  /** Rollouts as they are to be, and as they are: both say which fields are the router's. */
  readonly wantedRollouts: readonly Rollout[];
  readonly liveRollouts: readonly Rollout[];
  readonly routers: readonly TrafficRouter[];
  /** `idOf` of the objects whose replicas an autoscaler sets. */
  readonly autoscaled: ReadonlySet<string>;
  /** Restore: replicas and autoscaler bounds may rise but not fall. */
  readonly keepCapacity: boolean;
}

const scaled = new Set(['Deployment', 'StatefulSet', 'ReplicaSet', 'Rollout']);

/**
 * The manifest as it may be applied over `live`. Total, and a fixed point: applied to its own result with the same live object
 * it gives that result again. With a live object the result carries its resourceVersion and uid, so that a stale apply is refused.
 */
export function overlay(manifest: Manifest, live: Manifest | undefined, context: OverlayContext): Manifest {
  let next = withoutServerFields(manifest);
  next = overlayClaims(next, live, context);
  next = overlayReplicas(next, live, context);
  next = overlaySelector(next, live, context);
  if (live === undefined) return next;
  return withMetadata(next, { ...next.metadata, ...precondition(live) });
}

function precondition(live: Manifest): { resourceVersion?: string; uid?: string } {
  const { resourceVersion, uid } = live.metadata;
  return { ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) };
}

/** Status and the fields that the server sets are never ours to apply. */
export function withoutServerFields(manifest: Manifest): Manifest {
  const { status: _status, ...rest } = manifest;
  const kept = Object.fromEntries(Object.entries(manifest.metadata).filter(([name]) => !serverSet.has(name)));
  return withMetadata(rest as Manifest, { ...kept, name: manifest.metadata.name });
}

const serverSet = new Set([
  'managedFields',
  'resourceVersion',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
]);

function overlayReplicas(manifest: Manifest, live: Manifest | undefined, context: OverlayContext): Manifest {
  if (live === undefined) return manifest;
  if (manifest.kind === 'HorizontalPodAutoscaler' && context.keepCapacity) return raised(manifest, live);
  const running = numberAt(live, ['spec', 'replicas']);
  if (running === undefined || !scaled.has(manifest.kind)) return manifest;
  const wanted = numberAt(manifest, ['spec', 'replicas']);
  if (context.autoscaled.has(objectId(manifest))) return withValueAt(manifest, ['spec', 'replicas'], running);
  if (!context.keepCapacity) return manifest;
  return withValueAt(manifest, ['spec', 'replicas'], Math.max(running, wanted ?? 1));
}

function raised(autoscaler: Manifest, live: Manifest): Manifest {
  return ['minReplicas', 'maxReplicas'].reduce((next, field) => {
    const highest = Math.max(numberAt(live, ['spec', field]) ?? 1, numberAt(next, ['spec', field]) ?? 1);
    return withValueAt(next, ['spec', field], highest);
  }, autoscaler);
}

function overlaySelector(manifest: Manifest, live: Manifest | undefined, context: OverlayContext): Manifest {
  if (live === undefined || manifest.kind !== 'Service' || manifest.apiVersion !== 'v1') return manifest;
  const id = objectId(manifest);
  const rollouts = [...context.wantedRollouts, ...context.liveRollouts];
  if (!rollouts.some((rollout) => servicesOf(rollout).some((key) => idOf(key) === id))) return manifest;
  const hash = textAt(live, ['spec', 'selector', context.hashLabel]);
  return hash === undefined ? manifest : withValueAt(manifest, ['spec', 'selector', context.hashLabel], hash);
}

/** The Services whose selector a Rollout switches. */
export function servicesOf(rollout: Rollout): readonly ObjectKey[] {
  const namespace = rollout.metadata.namespace ?? '';
  return namedServices(rollout).map(({ name }) => ({ group: '', kind: 'Service', namespace, name }));
}

/** The objects that autoscalers of the cluster and of the set scale, as `idOf` texts. */
export function autoscaledIds(autoscalers: readonly Manifest[]): ReadonlySet<string> {
  return new Set(
    autoscalers.flatMap((autoscaler) => {
      const target = (autoscaler['spec'] as JsonObject | undefined)?.['scaleTargetRef'] as Json | undefined;
      const name = textAt(target, ['name']);
      if (name === undefined) return [];
      // KEDA lets apiVersion and kind be left out and means a Deployment then.
      const apiVersion = textAt(target, ['apiVersion']) ?? 'apps/v1';
      const slash = apiVersion.indexOf('/');
      const group = slash < 0 ? '' : apiVersion.slice(0, slash);
      const kind = textAt(target, ['kind']) ?? 'Deployment';
      return [idOf({ group, kind, namespace: autoscaler.metadata.namespace ?? '', name })];
    }),
  );
}
