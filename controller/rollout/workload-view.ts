/** Projection of the workloads that a Rollout may take its pod template from: small in memory, whole when asked. */

import { type JsonObject, objectIn } from '../../crds/schema/json.ts';
import type { KubeObject } from '../../kube/api.ts';
import { head } from './view-head.ts';

/** A Deployment, ReplicaSet or PodTemplate. A ReplicaSet that belongs to a Deployment or Rollout has no text. */
export interface WorkloadView extends KubeObject {
  /** spec.template and spec.selector as JSON text: most workloads of a cluster are never asked for theirs. */
  readonly text: string;
  /** spec.replicas; undefined where the kind has none. */
  readonly replicas: number | undefined;
  /** A Deployment with spec.paused. */
  readonly paused: boolean;
}

/** What a Rollout takes from its workload. */
export interface WorkloadTemplate {
  readonly template: JsonObject;
  readonly selector: JsonObject | undefined;
}

export function workloadView(raw: KubeObject & JsonObject): WorkloadView {
  const isOwned = raw.kind === 'ReplicaSet' && raw.metadata.ownerReferences?.some((one) => one.controller === true);
  const { replicas, paused } = objectIn(raw.spec);
  return {
    ...head(raw),
    text: isOwned ? '' : JSON.stringify(fieldsOf(raw)),
    replicas: typeof replicas === 'number' ? replicas : undefined,
    paused: paused === true,
  };
}

/** A PodTemplate has its template at the top and no selector. */
function fieldsOf(raw: KubeObject & JsonObject): JsonObject {
  const { template, selector } = raw.kind === 'PodTemplate' ? raw : objectIn(raw.spec);
  return { template: objectIn(template), selector: raw.kind === 'PodTemplate' ? undefined : selector };
}

const read = new WeakMap<WorkloadView, WorkloadTemplate>();

/** Undefined for a ReplicaSet that is somebody's already. */
export function templateOf(view: WorkloadView): WorkloadTemplate | undefined {
  if (view.text === '') return undefined;
  const known = read.get(view);
  if (known !== undefined) return known;
  const { template, selector } = JSON.parse(view.text) as { template: JsonObject; selector?: JsonObject };
  const fresh = { template, selector };
  read.set(view, fresh);
  return fresh;
}
