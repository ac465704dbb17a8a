/** The part of status that is derived from what is seen: counts, weights, conditions, phase, and what it waits for. */

import type { WaitingStatus } from '../../crds/schema/rollout-decisions.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { selectorText } from '../../crds/schema/label-selector.ts';
import type { Fact, Waiting } from '../decision.ts';
import { analysisStatus } from './analysis.ts';
import { activeCounts, blueGreenStatus } from './blue-green-status.ts';
import { conditionsOf, invalidSpec, withHealthy } from './conditions.ts';
import { durations } from './durations.ts';
import { countedOn } from './experiments.ts';
import { albStatus } from './load-balancer.ts';
import type { Observed } from './observed.ts';
import { phaseOf } from './phase.ts';
import { sceneOf } from './scene.ts';
import { statusWeights } from './status-weights.ts';
import { deadlineText } from './time-text.ts';

export interface NextStatus {
  readonly status: RolloutStatus;
  readonly facts: readonly Fact[];
}

/** `intent` is the stored status with what this pass decided; `waiting` is undefined in a final state. */
export function nextStatus(observed: Observed, intent: RolloutStatus, waiting: Waiting | undefined): NextStatus {
  const before = observed.rollout.status;
  const counted = { ...intent, ...counts(observed, intent), ...generation(observed) };
  const now = sceneOf(observed, counted);
  const analysis = analysisStatus(now);
  const canary = {
    ...counted.canary,
    ...analysis.status,
    currentExperiment: countedOn(now),
    weights: statusWeights(now) ?? kept(observed),
  };
  const { blueGreen, facts } = blueGreenStatus(now);
  const seen: RolloutStatus = {
    ...counted,
    ...albStatus(sceneOf(observed, counted)),
    canary,
    blueGreen,
    waiting: waiting === undefined ? undefined : waitingText(waiting),
  };
  const scene = sceneOf(observed, seen);
  const conditions = conditionsOf(scene, before);
  const message = problemText(observed);
  if (message !== undefined) conditions.unshift(invalidSpec(scene, before, message));
  const named: RolloutStatus = { ...seen, conditions };
  const phased: RolloutStatus = { ...named, ...phaseOf(observed, named), ...durations(observed, named) };
  return { status: withHealthy(scene, before, phased), facts: [...analysis.facts, ...facts] };
}

/** The sentences of all problems, in one text. */
export function allProblems({ problems }: Observed): string {
  return problems.map((one) => one.message).join(' ');
}

/** What is wrong with the spec, in one text. */
function problemText(observed: Observed): string | undefined {
  return observed.problems.length === 0 ? undefined : allProblems(observed);
}

function counts(observed: Observed, status: RolloutStatus): Partial<RolloutStatus> {
  const { replicaSets, rollout } = observed;
  const sum = (pick: (set: (typeof replicaSets)[number]) => number) =>
    replicaSets.reduce((total, set) => total + pick(set), 0);
  const replicas = sum((set) => set.status.replicas);
  return {
    replicas,
    updatedReplicas: replicaSets.find((set) => set.podHash === status.currentPodHash)?.status.replicas ?? 0,
    readyReplicas: sum((set) => set.status.ready),
    availableReplicas: sum((set) => set.status.available),
    HPAReplicas: replicas,
    selector: rollout.spec.selector === undefined ? undefined : selectorText(rollout.spec.selector),
    ...activeCounts(sceneOf(observed, status)),
  };
}

function generation(observed: Observed): Partial<RolloutStatus> {
  const { dialect, rollout, workload } = observed;
  const said = (value: number | undefined) =>
    value === undefined || dialect.observedGeneration === 'integer' ? value : String(value);
  return {
    observedGeneration: said(rollout.metadata.generation),
    workloadObservedGeneration: said(workload?.metadata.generation),
  };
}

/** What was written to a route that the spec does not name any more is still there. */
function kept(observed: Observed) {
  return observed.problems.length === 0 ? undefined : observed.rollout.status?.canary?.weights;
}

function waitingText(waiting: Waiting): WaitingStatus {
  const { reason, on, value, limit, until, moves } = waiting;
  return {
    reason,
    on,
    moves,
    ...(value === undefined ? {} : { value }),
    ...(limit === undefined ? {} : { limit }),
    ...(until === undefined ? {} : { until: deadlineText(until) }),
  };
}
