/** The rows of Deployments, ReplicaSets, Jobs, disruption budgets and autoscalers. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { listAt, numberAt, objectAt, objectsAt, stringAt, textOf, valueAt } from '../json-access.ts';
import { selectorText } from '../selectors/selector-object.ts';
import type { Cell } from '../served-kind.ts';
import { ageOf, humanDuration } from './age.ts';
import { orNone } from './pod-cells.ts';

function created(object: JsonObject, now: number): string {
  return ageOf(stringAt(object, 'metadata', 'creationTimestamp'), now);
}

function templateCells(object: JsonObject): readonly Cell[] {
  const containers = objectsAt(object, 'spec', 'template', 'spec', 'containers');
  return [
    containers.map((one) => stringAt(one, 'name')).join(','),
    containers.map((one) => stringAt(one, 'image')).join(','),
    orNone(selectorText(valueAt(object, 'spec', 'selector'))),
  ];
}

export function deploymentCells(deployment: JsonObject, now: number): readonly Cell[] {
  const status = objectAt(deployment, 'status');
  return [
    `${numberAt(status, 'readyReplicas') ?? 0}/${numberAt(deployment, 'spec', 'replicas') ?? 0}`,
    numberAt(status, 'updatedReplicas') ?? 0,
    numberAt(status, 'availableReplicas') ?? 0,
    created(deployment, now),
    ...templateCells(deployment),
  ];
}

export function replicaSetCells(set: JsonObject, now: number): readonly Cell[] {
  return [
    numberAt(set, 'spec', 'replicas') ?? 0,
    numberAt(set, 'status', 'replicas') ?? 0,
    numberAt(set, 'status', 'readyReplicas') ?? 0,
    created(set, now),
    ...templateCells(set),
  ];
}

export function jobCells(job: JsonObject, now: number): readonly Cell[] {
  return [jobStatus(job), completions(job), duration(job, now), created(job, now), ...templateCells(job)];
}

function jobStatus(job: JsonObject): string {
  const has = (type: string): boolean =>
    objectsAt(job, 'status', 'conditions').some((one) => one.type === type && one.status === 'True');
  const ended = ['Complete', 'Failed'].find(has);
  if (ended !== undefined) return ended;
  if (objectAt(job, 'metadata').deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(has) ?? 'Running';
}

function completions(job: JsonObject): string {
  const succeeded = numberAt(job, 'status', 'succeeded') ?? 0;
  const wanted = numberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return `${succeeded}/${wanted}`;
  const parallel = numberAt(job, 'spec', 'parallelism') ?? 0;
  return parallel > 1 ? `${succeeded}/1 of ${parallel}` : `${succeeded}/1`;
}

function duration(job: JsonObject, now: number): string {
  const start = Date.parse(stringAt(job, 'status', 'startTime'));
  const end = Date.parse(stringAt(job, 'status', 'completionTime'));
  if (Number.isNaN(start)) return '';
  return humanDuration((Number.isNaN(end) ? now : end) - start);
}

export function disruptionBudgetCells(budget: JsonObject, now: number): readonly Cell[] {
  const spec = objectAt(budget, 'spec');
  return [
    textOf(spec.minAvailable) || 'N/A',
    textOf(spec.maxUnavailable) || 'N/A',
    numberAt(budget, 'status', 'disruptionsAllowed') ?? 0,
    created(budget, now),
  ];
}

export function autoscalerCells(scaler: JsonObject, now: number): readonly Cell[] {
  const target = objectAt(scaler, 'spec', 'scaleTargetRef');
  return [
    `${stringAt(target, 'kind')}/${stringAt(target, 'name')}`,
    targets(scaler),
    textOf(objectAt(scaler, 'spec').minReplicas) || '<unset>',
    numberAt(scaler, 'spec', 'maxReplicas') ?? 0,
    numberAt(scaler, 'status', 'currentReplicas') ?? 0,
    created(scaler, now),
  ];
}

/** Of the metrics the first two; what was measured is not known here unless the status says it. */
function targets(scaler: JsonObject): string {
  const metrics = listAt(scaler, 'spec', 'metrics');
  if (metrics.length === 0) return '<none>';
  const shown = metrics
    .slice(0, 2)
    .map((metric, index) => target(metric, listAt(scaler, 'status', 'currentMetrics')[index]));
  const more = metrics.length > 2 ? ` + ${metrics.length - 2} more...` : '';
  return `${shown.join(', ')}${more}`;
}

function target(metric: Json, current: Json | undefined): string {
  const name = stringAt(metric, 'resource', 'name');
  if (name === '') return '<unknown>';
  const wanted = objectAt(metric, 'resource', 'target');
  const now = objectAt(current, 'resource', 'current');
  if (wanted.averageUtilization !== undefined) {
    const measured = textOf(now.averageUtilization);
    return `${name}: ${measured === '' ? '<unknown>' : `${measured}%`}/${textOf(wanted.averageUtilization)}%`;
  }
  return `${name}: ${textOf(now.averageValue) || '<unknown>'}/${textOf(wanted.averageValue)}`;
}
