/** The writes of the experiment room, each with what there is to tell of it. Pure. */

import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';
import type { AnalysisRunView, ReplicaSetView, ServiceView } from '../rollout/observed.ts';
import { refTo } from '../rollout/scene.ts';
import { replicaSetDraft, serviceDraft } from './drafts.ts';
import type { ExperimentEffect, Observed, TemplateView } from './observed.ts';
import { replicasOf } from './settings.ts';

export function createSet(observed: Observed, view: TemplateView): ExperimentEffect {
  const object = replicaSetDraft(observed, view);
  const message = `Created ReplicaSet ${object.metadata.name} with ${replicasOf(view.spec)} pods`;
  const tells: readonly Fact[] = [{ reason: 'NewReplicaSetCreated', at: observed.now, type: 'Normal', message }];
  return { kind: 'Create', object, template: view.spec.name, tells };
}

export function createService(observed: Observed, view: TemplateView): readonly ExperimentEffect[] {
  const object = serviceDraft(observed, view);
  return object === undefined ? [] : [{ kind: 'Create', object, template: view.spec.name, tells: [] }];
}

/** Given pods again, it keeps no deadline of an earlier end. */
export function scaleEffect(observed: Observed, set: ReplicaSetView, to: number): ExperimentEffect {
  const { keys, now, owner } = observed;
  const isUp = to > set.replicas;
  const message = `Scaled ${isUp ? 'up' : 'down'} ReplicaSet ${set.metadata.name} from ${set.replicas} to ${to}`;
  const spec = { spec: { replicas: to } };
  const hasDeadline = set.metadata.annotations?.[keys.scaleDownDeadline] !== undefined;
  const patch = isUp && hasDeadline ? { ...spec, metadata: { annotations: { [keys.scaleDownDeadline]: null } } } : spec;
  return {
    kind: 'Patch',
    target: refTo(set),
    patch,
    ...(isUp || owner === undefined ? {} : guarded(owner.key)),
    tells: [{ reason: 'ScalingReplicaSet', at: now, type: 'Normal', message }],
  };
}

function guarded(guard: ObjectKey): { readonly guard: ObjectKey } {
  return { guard };
}

export function stopRun(observed: Observed, run: AnalysisRunView & KubeObject): ExperimentEffect {
  const message = `Stopping AnalysisRun ${run.metadata.name}`;
  return {
    kind: 'Patch',
    target: refTo(run),
    patch: { spec: { terminate: true } },
    tells: [{ reason: 'AnalysisRunTerminating', at: observed.now, type: 'Normal', message }],
  };
}

export function deleteService(observed: Observed, service: ServiceView): ExperimentEffect {
  return { kind: 'Delete', target: refTo(service), tells: [], ...(observed.owner ? guarded(observed.owner.key) : {}) };
}
