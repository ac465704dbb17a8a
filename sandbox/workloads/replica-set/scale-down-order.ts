/**
 * Which pods a ReplicaSet deletes first: the rules of the ReplicaSet controller of Kubernetes 1.36. Pure.
 */

import type { PodView } from '../views.ts';

const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };

/**
 * Without a node before those with one, pending before running, not ready before ready, cheaper to delete first, ready for a
 * shorter time, restarted more often, younger. Times are compared by their magnitude (powers of two of their age), and
 * within one by uid, so that the oldest pods are not always the last.
 */
export function inScaleDownOrder(pods: readonly PodView[], nowMs: number): PodView[] {
  return pods.toSorted((a, b) => compare(a, b, nowMs) || (idOf(a) < idOf(b) ? -1 : 1));
}

function compare(a: PodView, b: PodView, nowMs: number): number {
  return (
    flag(a.nodeName !== '') - flag(b.nodeName !== '') ||
    phaseOf(a) - phaseOf(b) ||
    flag(a.ready) - flag(b.ready) ||
    deletionCost(a) - deletionCost(b) ||
    (a.ready && b.ready ? byAge(a.readySince, b.readySince, a, b, nowMs) : 0) ||
    b.restarts - a.restarts ||
    byAge(createdAt(a), createdAt(b), a, b, nowMs)
  );
}

function flag(value: boolean): number {
  return value ? 1 : 0;
}

function phaseOf(pod: PodView): number {
  return phaseOrder[pod.phase] ?? 0;
}

function deletionCost(pod: PodView): number {
  const cost = Number(pod.metadata.annotations?.[costAnnotation] ?? 0);
  return Number.isInteger(cost) ? cost : 0;
}

function createdAt(pod: PodView): number | undefined {
  const at = Date.parse(pod.metadata.creationTimestamp ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** An unknown time counts as the youngest. */
function byAge(atA: number | undefined, atB: number | undefined, a: PodView, b: PodView, nowMs: number): number {
  if (atA === atB) return 0;
  if (atA === undefined) return -1;
  if (atB === undefined) return 1;
  return magnitude(nowMs - atA) - magnitude(nowMs - atB) || (idOf(a) < idOf(b) ? -1 : 1);
}

function magnitude(ageMs: number): number {
  return ageMs <= 0 ? -1 : Math.floor(Math.log2(ageMs * 1e6));
}

function idOf(pod: PodView): string {
  return pod.metadata.uid ?? '';
}
