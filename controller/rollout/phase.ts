/** Phase and message of a Rollout, first match wins (argo-rollouts.md 2.4). */

import type { RolloutCondition, RolloutPhase, RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { desiredReplicas, maxTrafficWeight } from '../../crds/schema/defaults.ts';
import { unfinishedText } from './blue-green-status.ts';
import type { Observed } from './observed.ts';
import { instantOf } from './time-text.ts';
import { writtenWeight } from './traffic-plan.ts';

export interface PhaseText {
  readonly phase: RolloutPhase;
  readonly message: string;
}

/** `status` must have its counts and conditions already. */
export function phaseOf(observed: Observed, status: RolloutStatus): PhaseText {
  const { conditions = [], updatedReplicas = 0, availableReplicas = 0, replicas = 0 } = status;
  const invalid = conditions.find((one) => one.type === 'InvalidSpec' && one.status === 'True');
  if (invalid) return degraded('InvalidSpec', invalid);
  const bad = conditions.find((one) => one.reason === 'RolloutAborted' || one.reason === 'ProgressDeadlineExceeded');
  if (bad) return degraded(bad.reason, bad);
  if (observed.rollout.spec.paused || status.manualPauseStartedAt !== undefined)
    return { phase: 'Paused', message: 'manually paused' };
  const pause = status.pauseConditions?.[0];
  if (pause) return { phase: 'Paused', message: pause.reason };
  if (isRestarting(observed, status)) return progressing('rollout is restarting');
  const desired = desiredReplicas(observed.rollout);
  if (updatedReplicas < desired) return progressing('more replicas need to be updated');
  if (availableReplicas < updatedReplicas) return progressing('updated replicas are still becoming available');
  if (observed.rollout.spec.strategy?.blueGreen !== undefined) {
    const unfinished = unfinishedText(observed, status);
    return unfinished === undefined ? { phase: 'Healthy', message: '' } : progressing(unfinished);
  }
  if (observed.traffic === undefined && replicas > updatedReplicas)
    return progressing('old replicas are pending termination');
  if (status.stableRS !== status.currentPodHash) return progressing('waiting for all steps to complete');
  // Beyond Argo: healthy means that the route is final too, and on the way back to stable that the router has taken it.
  if (isSplit(observed) || isUnconfirmed(observed, status))
    return progressing('traffic is not all on the stable revision yet');
  return { phase: 'Healthy', message: '' };
}

function degraded(reason: string | undefined, { message = '' }: RolloutCondition): PhaseText {
  return { phase: 'Degraded', message: `${reason}: ${message}` };
}

function isRestarting({ rollout }: Observed, { restartedAt }: RolloutStatus): boolean {
  const wanted = instantOf(rollout.spec.restartAt);
  return wanted !== undefined && wanted !== instantOf(restartedAt);
}

function isSplit({ traffic, rollout }: Observed): boolean {
  return ((traffic && writtenWeight(traffic.state, maxTrafficWeight(rollout))) ?? 0) > 0;
}

function isUnconfirmed({ traffic }: Observed, { transition }: RolloutStatus): boolean {
  return transition !== undefined && traffic?.state.confirmed === 'no';
}

function progressing(message: string): PhaseText {
  return { phase: 'Progressing', message };
}
