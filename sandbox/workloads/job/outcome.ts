/**
 * Where a Job stands: how many of its pods ended how, whether it is over and why. Pure.
 */

import { textOf } from '../../../kube/json.ts';
import { isActive, isTerminal, type PodView } from '../views.ts';
import { conditionOf, type JobView } from './view.ts';

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking';

export interface JobPods {
  readonly active: readonly PodView[];
  readonly terminating: readonly PodView[];
  /** Ended or being deleted, and still to be written down. */
  readonly newSucceeded: readonly PodView[];
  readonly newFailed: readonly PodView[];
}

export interface Ending {
  readonly type: 'SuccessCriteriaMet' | 'FailureTarget';
  readonly reason: string;
  readonly message: string;
}

/** A pod that is being deleted counts as failed, so that one whose node never answers is not waited for. */
export function sortPods(job: JobView, pods: readonly PodView[]): JobPods {
  const known = new Set([...job.uncounted.succeeded, ...job.uncounted.failed]);
  const fresh = pods.filter((pod) => isTracked(pod) && !known.has(pod.metadata.uid ?? ''));
  return {
    active: pods.filter(isActive),
    terminating: pods.filter((pod) => !isTerminal(pod) && !isActive(pod)),
    newSucceeded: fresh.filter((pod) => pod.phase === 'Succeeded'),
    newFailed: fresh.filter((pod) => pod.phase !== 'Succeeded' && !isActive(pod)),
  };
}

export function isTracked(pod: PodView): boolean {
  return pod.metadata.finalizers?.includes(trackingFinalizer) === true;
}

export interface Tally {
  readonly succeeded: number;
  readonly failed: number;
}

export function tallyOf(job: JobView, pods: JobPods): Tally {
  return {
    succeeded: job.succeeded + job.uncounted.succeeded.length + pods.newSucceeded.length,
    failed: job.failed + job.uncounted.failed.length + pods.newFailed.length,
  };
}

/** What was found before stands; then too many failures, then the deadline. */
export function failureOf(job: JobView, pods: JobPods, tally: Tally, nowMs: number): Ending | undefined {
  const target = conditionOf(job, 'FailureTarget');
  if (target !== undefined)
    return said('FailureTarget', textOf(target, 'reason') ?? '', textOf(target, 'message') ?? '');
  if (tally.failed > job.backoffLimit || restartedTooOften(job, pods)) {
    return said('FailureTarget', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit');
  }
  const due = deadlineAt(job);
  if (due === undefined || nowMs < due) return undefined;
  return said('FailureTarget', 'DeadlineExceeded', 'Job was active longer than specified deadline');
}

function restartedTooOften(job: JobView, pods: JobPods): boolean {
  if (!job.onFailure) return false;
  const restarts = [...pods.active, ...pods.terminating].reduce((sum, pod) => sum + pod.restarts, 0);
  return job.backoffLimit === 0 ? restarts > 0 : restarts >= job.backoffLimit;
}

/** Epoch ms; undefined without a deadline. */
export function deadlineAt(job: JobView): number | undefined {
  if (job.deadlineSeconds === undefined || job.startedAt === undefined || job.suspended) return undefined;
  return job.startedAt + job.deadlineSeconds * 1000;
}

/** As many successes as wanted and nothing left running. */
export function successOf(job: JobView, tally: Tally, active: number): Ending | undefined {
  const enough = job.completions === undefined ? tally.succeeded > 0 : tally.succeeded >= job.completions;
  if (conditionOf(job, 'SuccessCriteriaMet') === undefined && (!enough || active > 0)) return undefined;
  return said('SuccessCriteriaMet', 'CompletionsReached', 'Reached expected number of succeeded pods');
}

function said(type: Ending['type'], reason: string, message: string): Ending {
  return { type, reason, message };
}

/** Pods that should run now. */
export function wantedActive(job: JobView, tally: Tally, active: number): number {
  if (job.suspended) return 0;
  if (job.completions === undefined) return tally.succeeded > 0 ? active : job.parallelism;
  return Math.max(0, Math.min(job.parallelism, job.completions - tally.succeeded));
}

const firstWaitMs = 10_000;
const longestWaitMs = 600_000;

/** How long after a failure the next pod is made: 10 s, doubling with each failure in a row. */
export function failureWaitMs(failuresInARow: number): number {
  return failuresInARow === 0 ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** (failuresInARow - 1));
}
