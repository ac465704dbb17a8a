/** Carries a decision out: one status write at most, then its events; or the measurements and the deletion it asks for. */
import { isCompleted } from '../../analysis/judge/assess.ts';
import type { ApiResult, EventRecorder, KubeClient, Leadership } from '../../kube/api.ts';
import { keyOf } from '../../kube/ref.ts';
import type { ReconcileResult } from '../decision.ts';
import type { AnalysisRunDecision } from './decide.ts';
import type { AnalysisRunObject, Observed, PreparedMetric } from './observed.ts';
import type { JobView } from './job-view.ts';
import type { Measurements } from './measurements.ts';
import { statusPatch } from './status.ts';

export interface ActParts {
  readonly client: KubeClient;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly measurements: Measurements;
  readonly written: Map<string, AnalysisRunObject>;
  readonly startMeasurement: (run: AnalysisRunObject, metric: PreparedMetric) => void;
}

export async function act(
  observed: Observed,
  decision: AnalysisRunDecision,
  parts: ActParts,
): Promise<ReconcileResult> {
  if (!parts.leadership.mayWrite()) return { kind: 'retry', why: 'leadership is in doubt' };
  if (decision.phase === 'record') return record(observed, decision, parts);
  for (const effect of decision.effects) {
    switch (effect.kind) {
      case 'StartMeasurement':
        start(observed, effect.metric, parts);
        break;
      case 'StopMeasurements':
        parts.measurements.stop(uidOf(observed.run));
        break;
      case 'DeleteJob': {
        const failed = await removeJob(effect.job, parts);
        if (failed !== undefined) return failed;
        break;
      }
      case 'DeleteRun': {
        const failed = await remove(observed.run, parts);
        if (failed !== undefined) return failed;
        break;
      }
    }
  }
  return { kind: 'done', ...(decision.lookAgainAt === undefined ? {} : { lookAgainAt: decision.lookAgainAt }) };
}

function uidOf(run: AnalysisRunObject): string {
  return run.metadata.uid ?? '';
}

function start({ run, prepared }: Observed, name: string, parts: ActParts): void {
  const metric = prepared.kind === 'ok' ? prepared.metrics.find((one) => one.name === name) : undefined;
  if (metric !== undefined) parts.startMeasurement(run, metric);
}

/** The write carries the resourceVersion it was decided on, so a stale decision is answered with a conflict. */
async function record(
  { run, taken }: Observed,
  decision: AnalysisRunDecision,
  parts: ActParts,
): Promise<ReconcileResult> {
  const patch = decision.status === undefined ? undefined : statusPatch(run.status, decision.status);
  if (patch === undefined) return { kind: 'done' };
  const key = keyOf(run);
  const served = await parts.client.served({ group: key.group, kind: key.kind });
  const { resourceVersion = '', uid = '' } = run.metadata;
  const result = await parts.client.merge(
    key,
    { status: patch },
    // Where Argo's own CRD is installed an AnalysisRun has no status subresource.
    { resourceVersion, uid, ...(served?.subresources.has('status') === true ? { subresource: 'status' } : {}) },
  );
  if (result.kind !== 'ok') return afterFailure(result, run, parts);
  parts.measurements.recorded(uid, taken);
  if (isCompleted(decision.status?.phase)) parts.measurements.stop(uid);
  parts.written.set(uid, result.object as unknown as AnalysisRunObject);
  const regarding = { ...key, uid, apiVersion: run.apiVersion };
  for (const { reason, type, message, at } of decision.facts)
    parts.events.record({ regarding, reason, type, message, at });
  return { kind: 'again' };
}

function afterFailure(
  result: Exclude<ApiResult, { kind: 'ok' }>,
  run: AnalysisRunObject,
  parts: ActParts,
): ReconcileResult {
  switch (result.kind) {
    case 'not-found':
    case 'gone':
      forget(run, parts);
      return { kind: 'done' };
    case 'conflict':
      // Somebody wrote in between; the cache will show it in a moment.
      return { kind: 'retry', why: 'the run was changed meanwhile', afterMs: 50 };
    case 'busy':
      return { kind: 'retry', why: 'the API server is busy', afterMs: result.retryAfterMs };
    case 'invalid':
    case 'forbidden':
      return { kind: 'retry', why: result.message };
    case 'unknown':
      return { kind: 'retry', why: 'the answer to the status write was lost' };
  }
}

function forget(run: AnalysisRunObject, parts: ActParts): void {
  parts.measurements.stop(uidOf(run));
  parts.written.delete(uidOf(run));
}

async function remove(run: AnalysisRunObject, parts: ActParts): Promise<ReconcileResult | undefined> {
  const result = await parts.client.delete(keyOf(run), { uid: uidOf(run), propagation: 'Background' });
  forget(run, parts);
  if (result.kind === 'ok' || result.kind === 'not-found') return undefined;
  return { kind: 'retry', why: 'the run could not be deleted' };
}

async function removeJob(job: JobView, parts: ActParts): Promise<ReconcileResult | undefined> {
  const { uid = '' } = job.metadata;
  const result = await parts.client.delete(keyOf(job), { uid, propagation: 'Background' });
  // A conflict: another Job has the name now, so this one is gone.
  if (result.kind === 'ok' || result.kind === 'not-found' || result.kind === 'conflict') return undefined;
  return { kind: 'retry', why: 'a Job of the run could not be deleted' };
}
