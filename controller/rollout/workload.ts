/**
 * spec.workloadRef: the pod template comes from a Deployment, ReplicaSet or PodTemplate. Resolves it before the Rollout is
 * read, tells on the Rollout which generation of it was seen, and scales a Deployment down as scaleDown says.
 */

import { objectText, problem, valueText } from '../../crds/schema/problem.ts';
import { objectIn } from '../../crds/schema/json.ts';
import { type WorkloadKind, workloadKindOf } from '../../crds/schema/workload-ref.ts';
import type { Store } from '../../kube/api.ts';
import { keyOf, queueKey } from '../../kube/ref.ts';
import type { RolloutEffect } from './effects.ts';
import type { RolloutObject, SpecProblem } from './observed.ts';
import { available, isWhole, refTo, type Scene } from './scene.ts';
import { hullEffects } from './adopted.ts';
import { templateOf, type WorkloadTemplate, type WorkloadView } from './workload-view.ts';

export type WorkloadStores = Readonly<Record<WorkloadKind, Store<WorkloadView>>>;

/** What the reference leads to. `problems`: the way forward is barred until it leads somewhere. */
export interface FoundWorkload {
  readonly view?: WorkloadView;
  readonly source?: WorkloadTemplate;
  readonly problems: readonly SpecProblem[];
}

const none: FoundWorkload = { problems: [] };

/** A reference that can't be read is told by the rules of the spec, not here. */
export function findWorkload(stores: WorkloadStores, object: RolloutObject): FoundWorkload {
  const ref = objectIn(objectIn(object.spec).workloadRef);
  const kind = workloadKindOf(ref);
  if (kind === undefined || typeof ref.name !== 'string') return none;
  const { namespace } = keyOf(object);
  const view = stores[kind].get(namespace, ref.name);
  if (view === undefined)
    return missing(object, ref.name, `no ${kind} of that name exists in namespace "${namespace}"`);
  const source = templateOf(view);
  if (source !== undefined) return { view, source, problems: [] };
  return missing(object, ref.name, `that ${kind} belongs to another controller: name its owner instead`);
}

function missing(object: RolloutObject, name: string, why: string): FoundWorkload {
  const field = 'spec.workloadRef.name';
  const found = valueText(name);
  const remedy = 'create the workload or correct the reference';
  const { message } = problem({ object: objectText(object), field, found, allowed: why, remedy });
  return { problems: [{ scope: 'forward', field, message }] };
}

/** Index of Rollouts by the workload that they refer to. */
export function workloadKey(kind: string, workload: { readonly namespace?: string; readonly name: string }): string {
  return `${kind}/${queueKey(workload)}`;
}

/** Writes to the Rollout and to its workload, once everything else is settled. */
export function workloadEffects(scene: Scene): readonly RolloutEffect[] {
  const { workload, rollout, keys } = scene.observed;
  if (workload === undefined) return [];
  const { generation } = workload.metadata;
  const isTold =
    generation === undefined || rollout.metadata.annotations?.[keys.workloadGeneration] === String(generation);
  const set = { [keys.workloadGeneration]: String(generation) };
  const told: readonly RolloutEffect[] = isTold ? [] : [{ kind: 'Annotate', target: refTo(rollout), set, tells: [] }];
  return [...told, ...scaleDown(scene, workload), ...hullEffects(scene, workload)];
}

/** Never upwards: whoever wants the Deployment's own pods back scales it himself. */
function scaleDown(scene: Scene, workload: WorkloadView): readonly RolloutEffect[] {
  const { scaleDown: how = 'never' } = scene.observed.rollout.spec.workloadRef ?? {};
  const { kind, replicas } = workload;
  if (how === 'never' || kind !== 'Deployment' || replicas === undefined) return [];
  const isFirst = how === 'progressively' && scene.state === 'deploying';
  // On the first deploy as many go as pods of the Rollout are there; afterwards all of them.
  const wanted = isFirst ? Math.max(0, scene.replicas - available(scene.current)) : 0;
  if ((!isFirst && !isSettled(scene)) || wanted >= replicas) return [];
  return [{ kind: 'Patch', target: refTo(workload), patch: { spec: { replicas: wanted } }, tells: [] }];
}

function isSettled(scene: Scene): boolean {
  return scene.state === 'stable' && isWhole(scene.current, scene.replicas);
}
