/** What an unset field of an Experiment means, and the names of what it makes. Pure. */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { Experiment, ExperimentTemplate } from '../../crds/schema/experiment.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf } from '../rollout/time-text.ts';

export function replicasOf(template: ExperimentTemplate): number {
  return template.replicas ?? 1;
}

export function deadlineSeconds({ spec }: Experiment): number {
  return spec.progressDeadlineSeconds ?? 600;
}

/** How long the pods live on after the end. */
export function scaleDownDelayMs({ spec }: Experiment): number {
  return (spec.scaleDownDelaySeconds ?? 30) * 1000;
}

/** Milliseconds from `availableAt` on; undefined for an endless one. */
export function durationMs({ spec }: Experiment): number | undefined {
  return spec.duration ? parseDurationMs(spec.duration) : undefined;
}

/** When the duration is over; undefined before all pods were available, and for an endless one. */
export function endOf(experiment: Experiment): Instant | undefined {
  const since = instantOf(experiment.status?.availableAt);
  const lengthMs = durationMs(experiment);
  return since === undefined || lengthMs === undefined ? undefined : since + lengthMs;
}

export function setName(experiment: Experiment, template: ExperimentTemplate): string {
  return `${experiment.metadata.name}-${template.name}`;
}

/** Undefined when the template asks for no Service. */
export function serviceName(experiment: Experiment, template: ExperimentTemplate): string | undefined {
  return template.service === undefined ? undefined : template.service.name || setName(experiment, template);
}
