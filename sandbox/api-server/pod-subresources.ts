/** What is done to pods through paths of their own: binding to a node, eviction within a disruption budget, logs. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import { disruptionBudgets, nodes } from './builtin-shelves.ts';
import type { ApiReply } from './contract.ts';
import { commit, ownWrite, timestamp, type Write } from './core.ts';
import { deleteObject, deleteOptions } from './delete.ts';
import { listAt, metadataOf, nameOf, numberAt, objectAt, objectsAt, stringAt } from './json-access.ts';
import { selectorMatches } from './selectors/selector-object.ts';
import { badRequest, conflict, notFound, StatusError, tooManyRequests } from './status-error.ts';
import { liveObject, updateObject } from './update.ts';

export const success: JsonObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };

function livePod(write: Write): JsonObject {
  const pod = liveObject(write);
  if (pod === undefined) throw notFound(write.target.kind, write.target.name);
  return pod;
}

/** @throws StatusError 404, 409. */
export function bindPod(write: Write, body: Json | undefined): JsonObject {
  const pod = livePod(write);
  const node = stringAt(body, 'target', 'name');
  const current = stringAt(pod, 'spec', 'nodeName');
  if (current !== '') {
    const named = { group: '', plural: 'pods/binding' };
    throw conflict(named, nameOf(pod), `pod ${nameOf(pod)} is already assigned to node ${JSON.stringify(current)}`);
  }
  const conditions = objectsAt(pod, 'status', 'conditions').filter((one) => one.type !== 'PodScheduled');
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(write.core.clock.now()),
  };
  commit(write, nameOf(pod), {
    ...pod,
    spec: { ...objectAt(pod, 'spec'), nodeName: node },
    status: { ...objectAt(pod, 'status'), conditions: [...conditions, scheduled] },
  });
  return success;
}

/** A delete that a budget may refuse with 429. @throws StatusError 400, 404, 409, 429, 500. */
export function evictPod(write: Write, body: Json | undefined): JsonObject {
  const pod = livePod(write);
  const eviction = isJsonObject(body) ? body : {};
  if (nameOf(eviction) !== '' && nameOf(eviction) !== nameOf(pod)) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const options = deleteOptions(eviction.deleteOptions, {});
  const dryRun = write.dryRun || listAt(eviction, 'deleteOptions', 'dryRun').includes('All');
  const evicting = { ...write, dryRun };
  if (needsBudget(pod)) takeFromBudget(evicting, pod);
  const marked = dryRun ? pod : commit(write, nameOf(pod), withDisruption(pod, write));
  deleteObject(evicting, marked, options);
  return success;
}

function withDisruption(pod: JsonObject, write: Write): JsonObject {
  const conditions = objectsAt(pod, 'status', 'conditions').filter((one) => one.type !== 'DisruptionTarget');
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(write.core.clock.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return { ...pod, status: { ...objectAt(pod, 'status'), conditions: [...conditions, condition] } };
}

/** Pods that are pending, done or ending disrupt nothing. */
function needsBudget(pod: JsonObject): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  const ended = phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending';
  return !ended && metadataOf(pod).deletionTimestamp === undefined;
}

function takeFromBudget(write: Write, pod: JsonObject): void {
  const { core, target } = write;
  const budgets = core.store
    .list(disruptionBudgets.shelf, target.namespace)
    .filter((budget) => selectorMatches(objectAt(budget, 'spec').selector, objectAt(pod, 'metadata', 'labels')));
  const [budget] = budgets;
  if (budget === undefined) return;
  if (budgets.length > 1) {
    throw new StatusError(
      500,
      'InternalError',
      'Internal error occurred: This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  }
  const allowed = numberAt(budget, 'status', 'disruptionsAllowed') ?? 0;
  if (allowed <= 0) throw refusedByBudget(budget);
  const kind = core.kinds.ofKind('policy', 'v1', 'PodDisruptionBudget');
  if (kind === undefined) return;
  const at = timestamp(core.clock.now());
  const disruptedPods = { ...objectAt(budget, 'status', 'disruptedPods'), [nameOf(pod)]: at };
  const left = allowed - 1;
  const status = { ...objectAt(budget, 'status'), disruptionsAllowed: left, disruptedPods };
  const counted = left > 0 ? status : { ...status, conditions: [noneLeft(budget, at)] };
  const onBudget = { kind, namespace: target.namespace, name: nameOf(budget), subresource: 'status' };
  updateObject(
    { ...write, ...ownWrite('update'), dryRun: write.dryRun, target: onBudget },
    { ...budget, status: counted },
    budget,
  );
}

function noneLeft(budget: JsonObject, at: string): JsonObject {
  return {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: numberAt(budget, 'status', 'observedGeneration') ?? numberAt(budget, 'metadata', 'generation'),
    lastTransitionTime: at,
    reason: 'InsufficientPods',
    message: '',
  };
}

function refusedByBudget(budget: JsonObject): StatusError {
  const healthy = numberAt(budget, 'status', 'currentHealthy') ?? 0;
  const desired = numberAt(budget, 'status', 'desiredHealthy') ?? 0;
  const message = `The disruption budget ${nameOf(budget)} needs ${desired} healthy pods and has ${healthy} currently`;
  return tooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
  });
}

const kubeletAnnotation = 'sandbox.tidegate.io/kubelet';

/** Where the node that runs the pod has its log lines. @throws StatusError 400, 404. */
export function podLog(write: Write, query: Readonly<Record<string, string>>): ApiReply {
  const pod = livePod(write);
  const container = containerOf(pod, query.container ?? '');
  const node = stringAt(pod, 'spec', 'nodeName');
  const home = write.core.store.get(nodes.shelf, '', node);
  const kubelet = stringAt(home, 'metadata', 'annotations', kubeletAnnotation);
  if (node === '') return { kind: 'text', status: 200, text: '' };
  if (kubelet === '') throw notFound(write.target.kind, node);
  const path = ['containerLogs', write.target.namespace, nameOf(pod), container].map(encodeURIComponent).join('/');
  const wanted = new URLSearchParams(Object.entries(query).filter(([key]) => key !== 'container'));
  return { kind: 'forward', url: `${kubelet}/${path}${wanted.size === 0 ? '' : `?${wanted.toString()}`}` };
}

function containerOf(pod: JsonObject, asked: string): string {
  const names = objectsAt(pod, 'spec', 'containers').map((container) => stringAt(container, 'name'));
  const known = [...names, ...objectsAt(pod, 'spec', 'initContainers').map((container) => stringAt(container, 'name'))];
  if (asked !== '') {
    if (known.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${nameOf(pod)}`);
  }
  if (names.length === 1) return names[0] ?? '';
  throw badRequest(`a container name must be specified for pod ${nameOf(pod)}, choose one of: [${names.join(' ')}]`);
}
