/**
 * What the Deployment controller reads of a Deployment.
 */

import type { LabelSelector } from '../../../crds/schema/label-selector.ts';
import type { Json, JsonObject, KubeObject } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { fieldOf, numberOf, textOf } from '../../../kube/json.ts';
import { head, objectOf, objectsIn, type ReplicaSetView, selectorOf } from '../views.ts';

export const revisionAnnotation = 'deployment.kubernetes.io/revision';
export const historyAnnotation = 'deployment.kubernetes.io/revision-history';
export const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas';
export const maxAnnotation = 'deployment.kubernetes.io/max-replicas';
export const hashLabel = 'pod-template-hash';

export interface DeploymentView extends KubeObject {
  readonly replicas: number;
  readonly paused: boolean;
  readonly recreate: boolean;
  /** Pods above and below the wanted number during a rolling update. */
  readonly maxSurge: number;
  readonly maxUnavailable: number;
  readonly minReadySeconds: number;
  readonly historyLimit: number;
  readonly deadlineSeconds: number | undefined;
  readonly selector: LabelSelector;
  readonly template: JsonObject;
  readonly status: JsonObject;
  readonly conditions: readonly JsonObject[];
}

/** A deadline of so many seconds stands for none. */
const noDeadline = 2 ** 31 - 1;

export function deploymentView(raw: RawObject): DeploymentView {
  const replicas = numberOf(raw, 'spec', 'replicas') ?? 1;
  const recreate = textOf(raw, 'spec', 'strategy', 'type') === 'Recreate';
  const deadline = numberOf(raw, 'spec', 'progressDeadlineSeconds');
  return {
    ...head(raw),
    replicas,
    paused: fieldOf(raw, 'spec', 'paused') === true,
    recreate,
    ...limitsOf(raw, recreate, replicas),
    minReadySeconds: numberOf(raw, 'spec', 'minReadySeconds') ?? 0,
    historyLimit: numberOf(raw, 'spec', 'revisionHistoryLimit') ?? 10,
    deadlineSeconds: deadline === noDeadline ? undefined : deadline,
    selector: selectorOf(raw),
    template: objectOf(raw, 'spec', 'template'),
    status: objectOf(raw, 'status'),
    conditions: objectsIn(raw, 'status', 'conditions'),
  };
}

/** Both zero (25 % of one pod, rounded down) would never move: then one pod may be missing. */
function limitsOf(
  raw: RawObject,
  recreate: boolean,
  replicas: number,
): Pick<DeploymentView, 'maxSurge' | 'maxUnavailable'> {
  if (recreate) return { maxSurge: 0, maxUnavailable: 0 };
  const rolling = objectOf(raw, 'spec', 'strategy', 'rollingUpdate');
  const maxSurge = share(rolling.maxSurge, replicas, Math.ceil);
  const unavailable = share(rolling.maxUnavailable, replicas, Math.floor);
  const maxUnavailable = maxSurge === 0 && unavailable === 0 ? 1 : unavailable;
  return { maxSurge, maxUnavailable: Math.min(maxUnavailable, replicas) };
}

function share(value: Json | undefined, of: number, round: (count: number) => number): number {
  if (typeof value === 'string') return round((Number.parseFloat(value) / 100) * of);
  return typeof value === 'number' ? value : 0;
}

/** A ReplicaSet's count out of its status. */
export function counted(set: ReplicaSetView, field: string): number {
  return numberOf(set.status, field) ?? 0;
}

export function sum(sets: readonly ReplicaSetView[], count: (set: ReplicaSetView) => number): number {
  return sets.reduce((so, set) => so + count(set), 0);
}

export function revisionOf(set: ReplicaSetView): number {
  return Number.parseInt(set.metadata.annotations?.[revisionAnnotation] ?? '0', 10) || 0;
}

/** Oldest first; names decide within a second. */
export function byCreation(a: ReplicaSetView, b: ReplicaSetView): number {
  const [atA = '', atB = ''] = [a.metadata.creationTimestamp, b.metadata.creationTimestamp];
  if (atA !== atB) return atA < atB ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}
