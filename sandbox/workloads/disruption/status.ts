/**
 * The status of a PodDisruptionBudget: how many of its pods may be evicted now. Pure.
 */

import type { Json, JsonObject } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { fieldOf, textOf } from '../../../kube/json.ts';
import { instantOf, isTerminal, objectOf, objectsIn, type PodView, timeText } from '../views.ts';

export interface BudgetInput {
  /** Its pods that have not ended. */
  readonly pods: readonly PodView[];
  /** How many pods their controllers want in all. */
  readonly wanted: number;
  readonly nowMs: number;
}

/** An eviction that has led to no deletion after so long is forgotten. */
const forgetAfterMs = 120_000;

/** A merge patch for the status. */
export function budgetStatus(budget: RawObject, { pods, wanted, nowMs }: BudgetInput): JsonObject {
  const { expected, desired } = demandOf(budget, pods.length, wanted);
  const evicted = evictedPods(budget, pods, nowMs);
  const healthy = pods.filter(
    (pod) => pod.ready && pod.metadata.deletionTimestamp === undefined && evicted[pod.metadata.name] === undefined,
  ).length;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const generation = budget.metadata.generation ?? 0;
  return {
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    disruptedPods: disruptedPatch(budget, evicted),
    observedGeneration: generation,
    conditions: [conditionOf(budget, allowed > 0, generation, nowMs)],
  };
}

interface Demand {
  readonly expected: number;
  readonly desired: number;
}

function demandOf(budget: RawObject, present: number, wanted: number): Demand {
  const most = fieldOf(budget, 'spec', 'maxUnavailable');
  if (most !== undefined) return { expected: wanted, desired: Math.max(0, wanted - share(most, wanted)) };
  const least = fieldOf(budget, 'spec', 'minAvailable');
  if (typeof least === 'string') return { expected: wanted, desired: share(least, wanted) };
  return typeof least === 'number' ? { expected: present, desired: least } : { expected: 0, desired: 0 };
}

function share(value: Json, of: number): number {
  return typeof value === 'string' ? Math.ceil((Number.parseFloat(value) / 100) * of) : Number(value);
}

/** Pods whose eviction was granted and whose deletion has not been seen yet. */
function evictedPods(budget: RawObject, pods: readonly PodView[], nowMs: number): Readonly<Record<string, Json>> {
  const known = objectOf(budget, 'status', 'disruptedPods');
  const kept: Record<string, Json> = {};
  for (const { metadata } of pods) {
    const at = known[metadata.name];
    const since = typeof at === 'string' ? instantOf(at) : undefined;
    if (at === undefined || since === undefined || metadata.deletionTimestamp !== undefined) continue;
    if (since + forgetAfterMs >= nowMs) kept[metadata.name] = at;
  }
  return kept;
}

function disruptedPatch(budget: RawObject, kept: Readonly<Record<string, Json>>): Json {
  const gone = Object.keys(objectOf(budget, 'status', 'disruptedPods')).filter((name) => kept[name] === undefined);
  if (gone.length === 0 && Object.keys(kept).length === 0) return null;
  return { ...kept, ...Object.fromEntries(gone.map((name) => [name, null])) };
}

function conditionOf(budget: RawObject, allowed: boolean, observedGeneration: number, nowMs: number): JsonObject {
  const status = allowed ? 'True' : 'False';
  const known = objectsIn(budget, 'status', 'conditions').find((one) => one.type === 'DisruptionAllowed');
  const since = known?.status === status ? textOf(known, 'lastTransitionTime') : undefined;
  return {
    lastTransitionTime: since ?? timeText(nowMs),
    message: '',
    observedGeneration,
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    status,
    type: 'DisruptionAllowed',
  };
}

/** Whether a pod counts for a budget at all. */
export function counts(pod: PodView): boolean {
  return !isTerminal(pod);
}
