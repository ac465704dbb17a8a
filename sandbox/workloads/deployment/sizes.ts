/**
 * How many pods each ReplicaSet of a Deployment should have next. Pure.
 */

import type { ReplicaSetView } from '../views.ts';
import { byCreation, counted, type DeploymentView, desiredAnnotation, maxAnnotation, sum } from './view.ts';

export interface Sets {
  readonly current: ReplicaSetView | undefined;
  /** Of older templates, oldest first. */
  readonly old: readonly ReplicaSetView[];
}

export interface Resize {
  readonly set: ReplicaSetView;
  readonly to: number;
  /** Also write how large the Deployment is now, though the size stays. */
  readonly always?: true;
}

export function active(sets: readonly ReplicaSetView[]): readonly ReplicaSetView[] {
  return sets.filter((set) => set.replicas > 0);
}

export function allOf({ current, old }: Sets): readonly ReplicaSetView[] {
  return current === undefined ? old : [...old, current];
}

/** The size of the current ReplicaSet that the surge allows now. */
export function grownSize(deployment: DeploymentView, sets: readonly ReplicaSetView[], has: number): number {
  const room = deployment.replicas + deployment.maxSurge - sum(sets, (set) => set.replicas);
  if (room <= 0) return has;
  return has + Math.min(room, deployment.replicas - has);
}

/** One step of a rolling update: the new one up, or the old ones down. */
export function rollingStep(
  deployment: DeploymentView,
  sets: Sets & { readonly current: ReplicaSetView },
): readonly Resize[] {
  const { current, old } = sets;
  if (current.replicas > deployment.replicas) return [{ set: current, to: deployment.replicas }];
  const grown = grownSize(deployment, allOf(sets), current.replicas);
  if (grown !== current.replicas) return [{ set: current, to: grown }];
  return shrinkOld(deployment, current, active(old));
}

/** Unhealthy pods of old ReplicaSets go first, then as many as are not needed for availability. */
function shrinkOld(
  deployment: DeploymentView,
  current: ReplicaSetView,
  old: readonly ReplicaSetView[],
): readonly Resize[] {
  const minAvailable = deployment.replicas - deployment.maxUnavailable;
  const notYetAvailable = current.replicas - counted(current, 'availableReplicas');
  const may = sum([...old, current], (set) => set.replicas) - minAvailable - notYetAvailable;
  if (old.length === 0 || may <= 0) return [];
  const sizes = new Map(old.map((set) => [set, set.replicas]));
  let unhealthy = may;
  for (const set of old) {
    const gone = Math.min(unhealthy, set.replicas - counted(set, 'availableReplicas'));
    if (gone <= 0) continue;
    sizes.set(set, set.replicas - gone);
    unhealthy -= gone;
  }
  let spare = sum([...old, current], (set) => counted(set, 'availableReplicas')) - minAvailable;
  for (const [set, size] of sizes) {
    const gone = Math.max(0, Math.min(spare, size));
    sizes.set(set, size - gone);
    spare -= gone;
  }
  return [...sizes].filter(([set, to]) => to !== set.replicas).map(([set, to]) => ({ set, to }));
}

/** The Deployment itself was resized while a ReplicaSet still carries its former size. */
export function wasResized(deployment: DeploymentView, sets: Sets): boolean {
  return active(allOf(sets)).some((set) => {
    const desired = set.metadata.annotations?.[desiredAnnotation];
    return desired !== undefined && Number(desired) !== deployment.replicas;
  });
}

/** The new size, in one ReplicaSet or spread over several in proportion to what they have. */
export function resizeAll(deployment: DeploymentView, sets: Sets): readonly Resize[] {
  const { current, old } = sets;
  const running = active(allOf(sets));
  const only = running.length === 1 ? running[0] : running.length === 0 ? (current ?? old.at(-1)) : undefined;
  if (only !== undefined) return only.replicas === deployment.replicas ? [] : [{ set: only, to: deployment.replicas }];
  if (current !== undefined && isSaturated(deployment, current)) return active(old).map((set) => ({ set, to: 0 }));
  return deployment.recreate || running.length === 0 ? [] : inProportion(deployment, running);
}

function isSaturated(deployment: DeploymentView, set: ReplicaSetView): boolean {
  return (
    set.replicas === deployment.replicas &&
    Number(set.metadata.annotations?.[desiredAnnotation]) === deployment.replicas &&
    counted(set, 'availableReplicas') === deployment.replicas
  );
}

function inProportion(deployment: DeploymentView, running: readonly ReplicaSetView[]): readonly Resize[] {
  const allowed = deployment.replicas === 0 ? 0 : deployment.replicas + deployment.maxSurge;
  const toAdd = allowed - sum(running, (set) => set.replicas);
  const newerFirst = toAdd > 0 ? -1 : 1;
  const order = running.toSorted((a, b) => b.replicas - a.replicas || newerFirst * byCreation(a, b));
  let added = 0;
  const sizes = order.map((set) => {
    const wanted = toAdd === 0 ? 0 : fraction(deployment, set);
    const rest = toAdd - added;
    const share = toAdd > 0 ? Math.min(wanted, rest) : Math.max(wanted, rest);
    added += share;
    return { set, to: set.replicas + share, always: true as const };
  });
  const leftOver = toAdd - added;
  return sizes.map((one, at) => (at === 0 ? { ...one, to: Math.max(0, one.to + leftOver) } : one));
}

/** By how much a ReplicaSet grows when it keeps its share of the whole. */
function fraction(deployment: DeploymentView, set: ReplicaSetView): number {
  if (deployment.replicas === 0) return -set.replicas;
  const before = Number(set.metadata.annotations?.[maxAnnotation]) || Number(deployment.status.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((set.replicas * (deployment.replicas + deployment.maxSurge)) / before) - set.replicas;
}
