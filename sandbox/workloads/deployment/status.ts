/**
 * The status of a Deployment out of its ReplicaSets, its conditions in the words that users know. Pure.
 */

import type { Json, JsonObject } from '../../../kube/api.ts';
import { numberOf, textOf } from '../../../kube/json.ts';
import { instantOf, objectsIn, timeText } from '../views.ts';
import { allOf, type Sets } from './sizes.ts';
import { counted, type DeploymentView, sum } from './view.ts';

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

export interface StatusInput {
  readonly sets: Sets;
  /** As far as this pass knows already: set after a ReplicaSet was made or the Deployment was paused. */
  readonly conditions: readonly JsonObject[];
  /** Whether a rollout is judged: not while paused or resized. */
  readonly rolling: boolean;
  readonly nowMs: number;
}

const replaced = 'NewReplicaSetAvailable';
const timedOut = 'ProgressDeadlineExceeded';

/** A merge patch for the status: counts of zero are left out, save `terminatingReplicas`. */
export function deploymentStatus(deployment: DeploymentView, input: StatusInput): JsonObject {
  const all = allOf(input.sets);
  const available = sum(all, (set) => counted(set, 'availableReplicas'));
  const status: JsonObject = {
    observedGeneration: deployment.metadata.generation ?? 0,
    replicas: orNull(sum(all, (set) => counted(set, 'replicas'))),
    updatedReplicas: orNull(input.sets.current === undefined ? 0 : counted(input.sets.current, 'replicas')),
    readyReplicas: orNull(sum(all, (set) => counted(set, 'readyReplicas'))),
    availableReplicas: orNull(available),
    unavailableReplicas: orNull(Math.max(0, sum(all, (set) => set.replicas) - available)),
    terminatingReplicas: sum(all, (set) => counted(set, 'terminatingReplicas')),
  };
  let conditions = withCondition(input.conditions, availability(deployment, available), input.nowMs);
  if (input.rolling) conditions = judged(deployment, input, status, conditions);
  return { ...status, conditions: [...conditions] };
}

function orNull(count: number): Json {
  return count === 0 ? null : count;
}

function availability(deployment: DeploymentView, available: number): Condition {
  const enough = available >= deployment.replicas - deployment.maxUnavailable;
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };
}

function judged(
  deployment: DeploymentView,
  input: StatusInput,
  status: JsonObject,
  before: readonly JsonObject[],
): readonly JsonObject[] {
  const { nowMs } = input;
  let conditions = before;
  if (deployment.deadlineSeconds === undefined) conditions = without(conditions, 'Progressing');
  else {
    const known = conditions.find((one) => one.type === 'Progressing');
    const over = status.replicas === status.updatedReplicas && known?.reason === replaced;
    if (!over) conditions = progressed(deployment, input, status, conditions);
  }
  const failure = failureOf(input.sets);
  return failure === undefined ? without(conditions, 'ReplicaFailure') : withCondition(conditions, failure, nowMs);
}

function progressed(
  deployment: DeploymentView,
  { sets, nowMs }: StatusInput,
  status: JsonObject,
  conditions: readonly JsonObject[],
): readonly JsonObject[] {
  const { name } = deployment.metadata;
  const who = sets.current === undefined ? `Deployment "${name}"` : `ReplicaSet "${sets.current.metadata.name}"`;
  const progressing = (value: Condition['status'], reason: string, says: string): Condition => ({
    type: 'Progressing',
    status: value,
    reason,
    message: `${who} ${says}`,
  });
  if (isComplete(deployment, status)) {
    return withCondition(conditions, progressing('True', replaced, 'has successfully progressed.'), nowMs);
  }
  if (hasProgressed(deployment, status)) {
    // Each step forward moves the deadline, so the time of the update is told though nothing else changes.
    const known = conditions.find((one) => one.type === 'Progressing');
    const since = known?.status === 'True' ? known.lastTransitionTime : undefined;
    const condition = made(progressing('True', 'ReplicaSetUpdated', 'is progressing.'), nowMs, since);
    return [...without(conditions, 'Progressing'), condition];
  }
  const due = deadlineAt(deployment, conditions);
  if (due === undefined || nowMs <= due) return conditions;
  return withCondition(conditions, progressing('False', timedOut, 'has timed out progressing.'), nowMs);
}

/** When a rollout that does not move counts as failed, epoch ms; undefined when it cannot. */
export function deadlineAt(deployment: DeploymentView, conditions: readonly JsonObject[]): number | undefined {
  const known = conditions.find((one) => one.type === 'Progressing');
  const since = instantOf(typeof known?.lastUpdateTime === 'string' ? known.lastUpdateTime : undefined);
  if (known === undefined || known.reason === replaced || known.reason === timedOut) return undefined;
  if (deployment.deadlineSeconds === undefined || since === undefined) return undefined;
  return since + deployment.deadlineSeconds * 1000;
}

export function isComplete(deployment: DeploymentView, status: JsonObject): boolean {
  const fields = ['updatedReplicas', 'replicas', 'availableReplicas'] as const;
  return (
    fields.every((field) => (numberOf(status, field) ?? 0) === deployment.replicas) &&
    (numberOf(status, 'observedGeneration') ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(deployment: DeploymentView, status: JsonObject): boolean {
  const was = (field: string): number => numberOf(deployment.status, field) ?? 0;
  const is = (field: string): number => numberOf(status, field) ?? 0;
  return (
    is('updatedReplicas') > was('updatedReplicas') ||
    is('replicas') - is('updatedReplicas') < was('replicas') - was('updatedReplicas') ||
    is('readyReplicas') > was('readyReplicas') ||
    is('availableReplicas') > was('availableReplicas')
  );
}

/** What keeps a ReplicaSet from having its pods, that of the current one first. */
function failureOf({ current, old }: Sets): Condition | undefined {
  for (const set of current === undefined ? old : [current, ...old]) {
    const found = objectsIn(set.status, 'conditions').find((one) => one.type === 'ReplicaFailure');
    if (found === undefined) continue;
    return {
      type: 'ReplicaFailure',
      status: 'True',
      reason: textOf(found, 'reason') ?? '',
      message: textOf(found, 'message') ?? '',
    };
  }
  return undefined;
}

/** The same value and reason stay as they were said first; another one goes to the end. */
export function withCondition(
  conditions: readonly JsonObject[],
  condition: Condition,
  nowMs: number,
): readonly JsonObject[] {
  const known = conditions.find((one) => one.type === condition.type);
  if (known?.status === condition.status && known.reason === condition.reason) return conditions;
  const since = known?.status === condition.status ? known.lastTransitionTime : undefined;
  return [...without(conditions, condition.type), made(condition, nowMs, since)];
}

function made(condition: Condition, nowMs: number, since: Json | undefined): JsonObject {
  const { type, status, reason, message } = condition;
  const now = timeText(nowMs);
  return { type, status, lastUpdateTime: now, lastTransitionTime: since ?? now, reason, message };
}

function without(conditions: readonly JsonObject[], type: string): readonly JsonObject[] {
  return conditions.filter((one) => one.type !== type);
}
