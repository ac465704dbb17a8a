/**
 * A Rollout that took over the ReplicaSets of a Deployment, which stays as a paused hull: both own the ReplicaSets, so that
 * the Deployment takes them back if the Rollout goes. They keep the Deployment's hash label, and the Rollout has as many
 * pods as the hull asks for. Pure.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { deploymentHashLabel, type Keys, ownKeys } from '../../crds/schema/keys.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { KubeObject } from '../../kube/api.ts';
import type { RolloutEffect } from './effects.ts';
import { refTo, type Scene } from './scene.ts';
import type { WorkloadStores } from './workload.ts';
import type { WorkloadView } from './workload-view.ts';

/** Uid of the hull; undefined for every other Rollout. */
export function hullUid(rollout: Pick<KubeObject, 'metadata'>): string | undefined {
  return rollout.metadata.annotations?.[ownKeys.adopted];
}

/** Revisions of an adopted workload go by the Deployment's own label: in selectors, templates and Services. */
export function keysFor(rollout: Pick<KubeObject, 'metadata'>, keys: Keys): Keys {
  return hullUid(rollout) === undefined ? keys : { ...keys, podTemplateHash: deploymentHashLabel };
}

/** The owner beside the Rollout: it does not control, but it keeps the ReplicaSet alive when the Rollout is deleted. */
export function hullOwner(rollout: Pick<Rollout, 'metadata' | 'spec'>): readonly JsonObject[] {
  const uid = rollout.metadata.annotations?.[ownKeys.adopted];
  const { name } = rollout.spec.workloadRef ?? {};
  return uid === undefined || name === undefined ? [] : [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid }];
}

/** Autoscalers, Git and `kubectl scale` go on with the Deployment. */
export function followHull<R extends Pick<Rollout, 'spec'> & Pick<KubeObject, 'metadata'>>(
  rollout: R,
  workload: WorkloadView | undefined,
): R {
  const { replicas } = workload ?? {};
  if (hullUid(rollout) === undefined || replicas === undefined) return rollout;
  return { ...rollout, spec: { ...rollout.spec, replicas } };
}

/** ReplicaSets that the hull made when somebody let it run. */
export function straysOf(
  stores: WorkloadStores,
  rollout: Pick<KubeObject, 'metadata'>,
  hull: WorkloadView,
): readonly WorkloadView[] {
  const uid = hullUid(rollout);
  if (uid === undefined || hull.metadata.uid !== uid) return [];
  const isControlled = ({ metadata }: WorkloadView) =>
    metadata.ownerReferences?.some((one) => one.controller === true && one.uid === uid) ?? false;
  return stores.ReplicaSet.byOwner(uid).filter(isControlled);
}

/**
 * The hull stays paused; what it made while it was not is a second set of pods, and goes. One of the same name that was made
 * anew, as after a prune, is the hull from then on.
 */
export function hullEffects(scene: Scene, hull: WorkloadView): readonly RolloutEffect[] {
  const { rollout, strays = [], replicaSets } = scene.observed;
  const known = hullUid(rollout);
  const { uid = '' } = hull.metadata;
  if (known === undefined || hull.kind !== 'Deployment') return [];
  if (!hull.paused) return [{ kind: 'Patch', target: refTo(hull), patch: { spec: { paused: true } }, tells: [] }];
  if (known !== uid) return [{ kind: 'Annotate', target: refTo(rollout), set: { [ownKeys.adopted]: uid }, tells: [] }];
  const loose = replicaSets.filter((set) => !set.metadata.ownerReferences?.some((one) => one.uid === uid));
  const owned = loose.map((set): RolloutEffect => {
    const others = (set.metadata.ownerReferences ?? []).filter(
      (one) => one.controller === true || one.kind !== hull.kind,
    );
    const patch = { metadata: { ownerReferences: [...others.map((one) => ({ ...one })), ...hullOwner(rollout)] } };
    return { kind: 'Patch', target: refTo(set), patch, tells: [] };
  });
  return [...owned, ...strays.map((one): RolloutEffect => ({ kind: 'Delete', target: refTo(one), tells: [] }))];
}
