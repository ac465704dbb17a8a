/**
 * What the Job controller reads of a Job.
 */

import type { JsonObject, KubeObject } from '../../../kube/api.ts';
import type { RawObject } from '../../../kube/cache/store.ts';
import { fieldOf, listOf, numberOf, textOf } from '../../../kube/json.ts';
import { head, instantOf, objectOf, objectsIn } from '../views.ts';

export interface JobView extends KubeObject {
  /** Undefined: the first success of any pod completes it. */
  readonly completions: number | undefined;
  readonly parallelism: number;
  readonly backoffLimit: number;
  readonly deadlineSeconds: number | undefined;
  readonly ttlSeconds: number | undefined;
  readonly suspended: boolean;
  readonly onFailure: boolean;
  readonly template: JsonObject;
  readonly status: JsonObject;
  readonly conditions: readonly JsonObject[];
  readonly startedAt: number | undefined;
  readonly succeeded: number;
  readonly failed: number;
  /** Uids of ended pods that are written down and not counted yet. */
  readonly uncounted: { readonly succeeded: readonly string[]; readonly failed: readonly string[] };
}

export function jobView(raw: RawObject): JobView {
  return {
    ...head(raw),
    completions: numberOf(raw, 'spec', 'completions'),
    parallelism: numberOf(raw, 'spec', 'parallelism') ?? 1,
    backoffLimit: numberOf(raw, 'spec', 'backoffLimit') ?? 6,
    deadlineSeconds: numberOf(raw, 'spec', 'activeDeadlineSeconds'),
    ttlSeconds: numberOf(raw, 'spec', 'ttlSecondsAfterFinished'),
    suspended: fieldOf(raw, 'spec', 'suspend') === true,
    onFailure: textOf(raw, 'spec', 'template', 'spec', 'restartPolicy') === 'OnFailure',
    template: objectOf(raw, 'spec', 'template'),
    status: objectOf(raw, 'status'),
    conditions: objectsIn(raw, 'status', 'conditions'),
    startedAt: instantOf(textOf(raw, 'status', 'startTime')),
    succeeded: numberOf(raw, 'status', 'succeeded') ?? 0,
    failed: numberOf(raw, 'status', 'failed') ?? 0,
    uncounted: {
      succeeded: listOf(raw, 'status', 'uncountedTerminatedPods', 'succeeded').map(String),
      failed: listOf(raw, 'status', 'uncountedTerminatedPods', 'failed').map(String),
    },
  };
}

export function conditionOf(job: JobView, type: string): JsonObject | undefined {
  return job.conditions.find((one) => one.type === type && one.status === 'True');
}

/** The condition that says that the Job is over. */
export function finishedOf(job: JobView): JsonObject | undefined {
  return conditionOf(job, 'Complete') ?? conditionOf(job, 'Failed');
}
