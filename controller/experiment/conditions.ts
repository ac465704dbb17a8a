/** The conditions of an Experiment (argo-rollouts.md 1.8). A condition that says the same keeps its times. Pure. */

import { isCompleted } from '../../analysis/judge/assess.ts';
import type { ExperimentCondition, ExperimentStatus, TemplateStatus } from '../../crds/schema/experiment.ts';
import { timeText } from '../rollout/time-text.ts';
import type { Observed } from './observed.ts';

type Said = Pick<ExperimentCondition, 'type' | 'status' | 'reason' | 'message'> & { readonly isProgress?: boolean };

/** `next` is the whole next status but for its conditions. */
export function conditionsOf(observed: Observed, next: ExperimentStatus): ExperimentCondition[] {
  const failure = observed.sets.map((set) => set.failure).find((one) => one !== undefined);
  const said: readonly (Said | undefined)[] = [
    observed.problems.length === 0 ? undefined : invalid(observed),
    progressing(observed, next),
    running(observed, next),
    completed(observed, next),
    failure === undefined || isCompleted(next.phase)
      ? undefined
      : { type: 'ReplicaFailure', status: 'True', reason: 'ReplicaSetCreateError', message: failure },
  ];
  return said.flatMap((one) => (one === undefined ? [] : [dated(observed, one)]));
}

function dated(observed: Observed, { isProgress, ...next }: Said): ExperimentCondition {
  const old = observed.experiment.status?.conditions?.find(({ type }) => type === next.type);
  const isSame = old?.status === next.status && old.reason === next.reason && old.message === next.message;
  if (old !== undefined && isSame && !isProgress) return old;
  const now = timeText(observed.now);
  const lastTransitionTime = old?.status === next.status ? (old.lastTransitionTime ?? now) : now;
  return { ...next, lastUpdateTime: now, lastTransitionTime };
}

function invalid({ problems }: Observed): Said {
  return { type: 'InvalidSpec', status: 'True', reason: 'InvalidSpec', message: problems.join(' ') };
}

function nameOf({ experiment }: Observed): string {
  return `Experiment ${experiment.metadata.name}`;
}

function progressing(observed: Observed, next: ExperimentStatus): Said | undefined {
  const type = 'Progressing';
  const name = nameOf(observed);
  if (isCompleted(next.phase))
    return { type, status: 'False', reason: 'ExperimentCompleted', message: `${name} is over: ${next.phase}` };
  if (hasProgress(observed.experiment.status?.templateStatuses, next.templateStatuses))
    return { type, status: 'True', reason: 'ReplicaSetUpdated', message: `${name} is progressing`, isProgress: true };
  if (next.phase === 'Running')
    return { type, status: 'True', reason: 'NewReplicaSetAvailable', message: `${name} is running` };
  const old = observed.experiment.status?.conditions?.find((one) => one.type === type);
  return old === undefined ? undefined : { type, status: old.status, reason: old.reason, message: old.message };
}

const countFields = ['replicas', 'readyReplicas', 'availableReplicas'] as const;

function hasProgress(before: readonly TemplateStatus[] = [], after: readonly TemplateStatus[] = []): boolean {
  return after.some((one) => {
    const old = before.find(({ name }) => name === one.name);
    return old === undefined || countFields.some((field) => old[field] !== one[field]);
  });
}

function running(observed: Observed, next: ExperimentStatus): Said | undefined {
  if (next.availableAt === undefined) return undefined;
  const isOn = next.phase === 'Running';
  const message = isOn
    ? `All pods of ${nameOf(observed)} are available`
    : `${nameOf(observed)} does not have all its pods`;
  if (isCompleted(next.phase)) return { type: 'Running', status: 'False', reason: 'ExperimentCompleted', message };
  return {
    type: 'Running',
    status: isOn ? 'True' : 'False',
    reason: isOn ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
    message,
  };
}

function completed(observed: Observed, next: ExperimentStatus): Said {
  const isOver = isCompleted(next.phase);
  const message = isOver ? `${nameOf(observed)} is over: ${next.phase}` : `${nameOf(observed)} is not over`;
  return { type: 'Completed', status: isOver ? 'True' : 'False', reason: 'ExperimentCompleted', message };
}
