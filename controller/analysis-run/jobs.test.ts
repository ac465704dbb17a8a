/** Jobs of measurements: names, what is created, and how an answer of the API server is read. */

import { describe, expect, it } from 'vitest';
import type { JobDraft } from '../../analysis/provider.ts';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { ApiResult, JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import type { PodLog } from '../../kube/pod-log.ts';
import { jobEnd } from './job-view.ts';
import { jobName, jobPort } from './jobs.ts';
import type { AnalysisRunObject } from './observed.ts';

const uid = '0a1b2c3d-0000-4000-8000-000000000001';
const known = keys(tidegateDialect);
const run = {
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisRun',
  metadata: { name: 'web-1', namespace: 'shop', uid, labels: { [known.instanceId]: 'blue' } },
  spec: { metrics: [] },
  status: { phase: 'Running', metricResults: [{ name: 'smoke', phase: 'Running', count: 2, error: 1 }] },
} as unknown as AnalysisRunObject;
const draft: JobDraft = {
  metric: 'smoke',
  labels: { team: 'web' },
  annotations: { note: 'x' },
  spec: { template: {} },
};
type Live = KubeObject & JsonObject;

function aJob(status: JsonObject, labels: Record<string, string> = { [known.analysisRunUid]: uid }): Live {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'j', namespace: 'shop', uid: 'job-uid', labels },
    status,
  };
}

interface Given {
  readonly create?: ApiResult;
  readonly job?: Live;
  readonly pods?: readonly Live[];
  readonly log?: string;
}

function port(given: Given) {
  const created: KubeObject[] = [];
  const deleted: unknown[] = [];
  const client = {
    create: async (object: Live) => {
      created.push(object);
      return given.create ?? { kind: 'ok', object };
    },
    get: async () =>
      given.job === undefined ? { kind: 'not-found', message: 'gone' } : { kind: 'ok', object: given.job },
    list: async () => ({ kind: 'ok', items: given.pods ?? [], resourceVersion: '1' }),
    delete: async (key: { name: string }, options: object) => {
      deleted.push([key.name, options]);
      return { kind: 'ok', object: {} };
    },
  } as unknown as KubeClient;
  const podLog: PodLog = async () => ({ kind: 'ok', object: given.log ?? '' });
  const jobs = jobPort(run, { client, keys: known, podLog, signal: new AbortController().signal });
  return { jobs, created, deleted };
}

const condition = (type: string, reason = '', message = '') => ({
  conditions: [{ type, status: 'True', reason, message }],
});
const pod = (state: JsonObject): Live => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'j-x', namespace: 'shop' },
  status: { containerStatuses: [{ name: 'main', state }] },
});

describe('the name of a Job', () => {
  it.each([
    ['smoke', 1, `${uid}.smoke.1`],
    ['a-metric-with-a-very-long-name-indeed', 12, `${uid}.a-metric-with-a-very-lon.12`.slice(0, 63)],
  ])('of %s, number %i, has 63 characters at most and keeps its number', (metric, number, expected) => {
    const name = jobName(uid, metric, number);

    expect(name).toHaveLength(Math.min(63, `${uid}.${metric}.${number}`.length));
    expect(name.endsWith(`.${number}`)).toBe(true);
    expect(name.startsWith(expected.slice(0, 50))).toBe(true);
  });
});

describe('starting a Job', () => {
  it('makes one that belongs to the run and tells metric and number [AnalysisTemplate.spec.metrics[].provider.job.metadata.labels, AnalysisTemplate.spec.metrics[].provider.job.metadata.annotations, label:analysisrun.argoproj.io/uid, annotation:analysisrun.argoproj.io/name, annotation:analysisrun.argoproj.io/metric-name]', async () => {
    const { jobs, created } = port({});

    expect(await jobs.start(draft)).toEqual({ kind: 'started', name: `${uid}.smoke.4` });
    expect(created).toEqual([
      {
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name: `${uid}.smoke.4`,
          namespace: 'shop',
          labels: { team: 'web', [known.instanceId]: 'blue', [known.analysisRunUid]: uid },
          annotations: {
            note: 'x',
            [known.analysisRunName]: 'web-1',
            [known.analysisRunNamespace]: 'shop',
            [known.analysisRunMetricName]: 'smoke',
          },
          ownerReferences: [
            {
              apiVersion: 'tidegate.io/v1alpha1',
              kind: 'AnalysisRun',
              name: 'web-1',
              uid,
              controller: true,
              blockOwnerDeletion: true,
            },
          ],
        },
        spec: { template: {} },
      },
    ]);
    expect(keys(argoDialect).analysisRunUid).toBe('analysisrun.argoproj.io/uid');
  });

  const exists: ApiResult = { kind: 'conflict', message: 'exists', reason: 'AlreadyExists' };
  it.each([
    ['goes on with one of an earlier try', { create: exists, job: aJob({}) }, { kind: 'started' }],
    ['refuses one of somebody else', { create: exists, job: aJob({}, {}) }, { kind: 'misconfigured' }],
    [
      'takes a lost answer for one that may exist',
      { create: { kind: 'unknown', cause: new Error('lost') } as const },
      { kind: 'started' },
    ],
    [
      'says which right is missing',
      { create: { kind: 'forbidden', message: '', right: 'create jobs.batch in namespace shop' } as const },
      {
        kind: 'misconfigured',
        why: `Job ${uid}.smoke.4 could not be created: the controller may not create jobs.batch in namespace shop`,
      },
    ],
  ])('%s', async (_what, given, expected) => {
    expect(await port(given).jobs.start(draft)).toMatchObject(expected);
  });
});

describe('looking at a Job', () => {
  it.each([
    ['one that is gone', {}, { kind: 'gone' }],
    ['one of another run', { job: aJob({}, {}) }, { kind: 'gone' }],
    ['one that works', { job: aJob({ active: 1 }) }, { kind: 'running' }],
    ['one that is complete', { job: aJob(condition('Complete')) }, { kind: 'succeeded' }],
    ['one whose pods still stop', { job: aJob(condition('FailureTarget', 'DeadlineExceeded')) }, { kind: 'running' }],
  ])('%s', async (_what, given, expected) => {
    expect(await port(given).jobs.look('j')).toEqual(expected);
  });

  it('gives the end of the log of the pod that failed', async () => {
    const log = `${'noise\n'.repeat(200)}assertion failed: 3 of 4 orders`;
    const given = {
      job: aJob(condition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit')),
      pods: [pod({ terminated: { exitCode: 1 } })],
      log,
    };
    const state = await port(given).jobs.look('j');

    expect(state).toMatchObject({ kind: 'failed' });
    const why = state.kind === 'failed' ? state.why : '';
    expect(why).toMatch(/^Job j failed: BackoffLimitExceeded: Job has reached .*; the last lines of its log: …/);
    expect(why.endsWith('assertion failed: 3 of 4 orders')).toBe(true);
    expect(why.length).toBeLessThan(800);
  });

  it.each(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName'])(
    'tells a pod that waits with %s',
    async (reason) => {
      const given = { job: aJob({ active: 1 }), pods: [pod({ waiting: { reason, message: 'no such tag' } })] };

      expect(await port(given).jobs.look('j')).toEqual({
        kind: 'stuck',
        why: `Job j: container main of pod j-x can't start: ${reason}: no such tag`,
      });
    },
  );

  it('deletes only its own, by uid', async () => {
    const own = port({ job: aJob({}) });
    const other = port({ job: aJob({}, {}) });
    await own.jobs.remove('j');
    await other.jobs.remove('j');

    expect(own.deleted).toEqual([['j', expect.objectContaining({ uid: 'job-uid', propagation: 'Background' })]]);
    expect(other.deleted).toEqual([]);
  });
});

it('has ended when Complete or Failed is True', () => {
  expect(jobEnd(aJob(condition('SuccessCriteriaMet')))).toBeUndefined();
  expect(jobEnd(aJob(condition('Failed', 'x', 'y')))).toEqual({ type: 'Failed', reason: 'x', message: 'y' });
});
