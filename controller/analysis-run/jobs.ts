/** Runs the Jobs of one AnalysisRun's measurements: in its namespace, owned by it, under names that tell run, metric and number. */

import type { JobDraft, JobPort, JobState, Missing } from '../../analysis/provider.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ApiResult, KubeClient, KubeObject, ObjectKey } from '../../kube/api.ts';
import { sentenceOf } from '../../kube/client.ts';
import type { PodLog } from '../../kube/pod-log.ts';
import { controllerOf } from '../../kube/ref.ts';
import { failedLog, imageTrouble } from './job-pods.ts';
import { jobEnd } from './job-view.ts';
import type { AnalysisRunObject } from './observed.ts';

export interface JobParts {
  readonly client: KubeClient;
  readonly keys: Keys;
  /** Without it a failed Job's reason has no log. */
  readonly podLog?: PodLog;
  readonly signal: AbortSignal;
}

const longestName = 63;
type Live = Extract<ApiResult, { kind: 'ok' }>['object'];

export function jobPort(run: AnalysisRunObject, parts: JobParts): JobPort {
  const { namespace = '' } = run.metadata;
  return {
    namespace,
    start: (draft) => start(run, draft, parts),
    look: (name) => look(run, jobKey(namespace, name), parts),
    remove: (name) => remove(run, jobKey(namespace, name), parts),
  };
}

function jobKey(namespace: string, name: string): ObjectKey {
  return { group: 'batch', kind: 'Job', namespace, name };
}

/** `<run uid>.<metric>.<number>`; a long metric is cut, never the number, or two measurements would share a Job. */
export function jobName(runUid: string, metric: string, number: number): string {
  const room = longestName - runUid.length - 2 - String(number).length;
  const cut = metric.slice(0, Math.max(0, room)).replace(/[^a-z0-9]+$/, '');
  return cut === '' ? `${runUid}.${number}` : `${runUid}.${cut}.${number}`;
}

/** The measurements that ended, errors included, tell the number; so a repeat after a crash gets the same one. */
function nextNumber(run: AnalysisRunObject, metric: string): number {
  const result = run.status?.metricResults?.find(({ name }) => name === metric);
  return (result?.count ?? 0) + (result?.error ?? 0) + 1;
}

async function start(
  run: AnalysisRunObject,
  draft: JobDraft,
  parts: JobParts,
): Promise<{ kind: 'started'; name: string } | Missing> {
  const { client, signal } = parts;
  const name = jobName(run.metadata.uid ?? '', draft.metric, nextNumber(run, draft.metric));
  const made = await client.create(jobObject(run, name, draft, parts.keys), { signal });
  const started = { kind: 'started', name } as const;
  switch (made.kind) {
    case 'ok':
      return started;
    case 'conflict':
      return made.reason === 'AlreadyExists'
        ? adopt(run, name, parts)
        : { kind: 'unavailable', why: `Job ${name} could not be created for now` };
    // It may exist: the next look tells.
    case 'unknown':
      return started;
    case 'busy':
      return { kind: 'unavailable', why: sentenceOf(made), retryAfterMs: made.retryAfterMs };
    case 'forbidden':
      return { kind: 'misconfigured', why: `Job ${name} could not be created: the controller may not ${made.right}` };
    case 'invalid':
    case 'not-found':
    case 'gone':
      return { kind: 'misconfigured', why: `Job ${name} could not be created: ${made.message}` };
  }
}

/** An earlier try whose answer was lost; or a Job of somebody else. */
async function adopt(
  run: AnalysisRunObject,
  name: string,
  { client, keys, signal }: JobParts,
): Promise<{ kind: 'started'; name: string } | Missing> {
  const live = await client.get(jobKey(run.metadata.namespace ?? '', name), { signal });
  if (live.kind === 'ok' && !isOf(run, live.object, keys))
    return { kind: 'misconfigured', why: `Job ${name} exists and is not of this run: delete it` };
  return { kind: 'started', name };
}

function isOf(run: AnalysisRunObject, job: KubeObject, keys: Keys): boolean {
  return job.metadata.labels?.[keys.analysisRunUid] === run.metadata.uid;
}

function jobObject(run: AnalysisRunObject, name: string, draft: JobDraft, keys: Keys): KubeObject {
  const { namespace = '', uid = '', labels } = run.metadata;
  const instanceId = labels?.[keys.instanceId];
  const object = {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels: {
        ...draft.labels,
        ...(instanceId === undefined ? {} : { [keys.instanceId]: instanceId }),
        [keys.analysisRunUid]: uid,
      },
      annotations: {
        ...draft.annotations,
        [keys.analysisRunName]: run.metadata.name,
        [keys.analysisRunNamespace]: namespace,
        [keys.analysisRunMetricName]: draft.metric,
      },
      ownerReferences: [controllerOf(run)],
    },
    spec: draft.spec,
  };
  return object;
}

async function look(run: AnalysisRunObject, key: ObjectKey, parts: JobParts): Promise<JobState> {
  const { client, keys, podLog, signal } = parts;
  const live = await client.get(key, { signal });
  if (live.kind === 'not-found' || (live.kind === 'ok' && !isOf(run, live.object, keys))) return { kind: 'gone' };
  if (live.kind !== 'ok') return { kind: 'unavailable', why: sentenceOf(live) };
  const end = jobEnd(live.object);
  if (end?.type === 'Complete') return { kind: 'succeeded' };
  const pods = await podsOf(live.object, parts);
  if (end === undefined) {
    const trouble = imageTrouble(pods);
    return trouble === undefined ? { kind: 'running' } : { kind: 'stuck', why: `Job ${key.name}: ${trouble}` };
  }
  const said = [end.reason, end.message].filter((text) => text !== '').join(': ');
  const log = podLog === undefined ? undefined : await failedLog(pods, podLog, signal);
  const tail = log === undefined ? '' : `; the last lines of its log: ${log}`;
  return { kind: 'failed', why: `Job ${key.name} failed: ${said}${tail}` };
}

/** None when they can't be read just now: they only add to what the Job says. */
async function podsOf(job: Live, { client, signal }: JobParts): Promise<readonly Live[]> {
  const { namespace = '', uid = '' } = job.metadata;
  const labelSelector = `batch.kubernetes.io/controller-uid=${uid}`;
  const found = await client.list({ group: '', kind: 'Pod' }, { namespace, labelSelector, signal });
  return found.kind === 'ok' ? found.items : [];
}

/** What can't be deleted now is deleted when the run ends. */
async function remove(run: AnalysisRunObject, key: ObjectKey, { client, keys, signal }: JobParts): Promise<void> {
  const live = await client.get(key, { signal });
  if (live.kind !== 'ok' || !isOf(run, live.object, keys)) return;
  const { uid = '' } = live.object.metadata;
  await client.delete(key, { uid, propagation: 'Background', signal });
}
