/** What is done for a Rollout that was deleted in the middle of a release: nothing but the open record is left of it. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { ApiResult, JsonObject, KubeObject } from '../../kube/api.ts';
import { fakeClock } from '../../kube/fake-clock.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { routeKindId } from '../traffic/route-kinds.ts';
import type { RouteWrite, TrafficRouter } from '../traffic/router.ts';
import { openRuns, settleLeftBehind } from './left-behind.ts';
import type { RolloutRunObject, RolloutStores } from './stores.ts';
import { takeBackOf } from './take-back.ts';
import { anAnalysisRun, aPod, aRollout, aRoute, plainRouter, shopKeys } from './testing/builders.ts';
import { type Call, fakeClient } from './testing/fake-client.ts';
import { anOpenRun } from './testing/open-run.ts';

const trafficRouting = { gatewayAPI: { httpRoutes: [{ name: 'route' }] } };
const canary = { trafficRouting, stableService: 'web-stable', canaryService: 'web-canary' };
const gone: ApiResult = { kind: 'not-found', message: 'gone' };

function aRun(
  more: { readonly status?: RolloutRunObject['status']; readonly spec?: object; readonly id?: string } = {},
): RolloutRunObject {
  const run = anOpenRun(aRollout({ canary }));
  const labels = more.id === undefined ? {} : { [shopKeys.instanceId]: more.id };
  return {
    ...run,
    metadata: { ...run.metadata, labels },
    spec: { ...run.spec, ...more.spec },
    ...(more.status === undefined ? {} : { status: more.status }),
  };
}

interface Left {
  readonly runs?: readonly RolloutRunObject[];
  readonly weight?: number;
  /** Ready pods behind the stable Service. */
  readonly ready?: number;
  readonly trials?: readonly KubeObject[];
  readonly router?: Partial<TrafficRouter>;
  readonly instanceId?: string;
  readonly answer?: (call: Call) => ApiResult | undefined;
}

function settle({ runs = [aRun()], weight = 0, ready = 5, trials = [], router = {}, instanceId, answer }: Left = {}) {
  const fake = fakeClient();
  fake.answer = (call) => answer?.(call) ?? (call.verb === 'get' ? gone : undefined);
  const none = { get: () => undefined, list: () => [], byIndex: () => [] };
  const endpoints = Array.from({ length: ready }, (_, index) => ({ pod: `pod-${index}`, ready: true }));
  const stores = {
    rolloutRuns: { byIndex: () => runs },
    routes: new Map([[routeKindId({ group: 'test', kind: 'PlainRoute' }), { get: () => aRoute(weight) }]]),
    endpointSlices: {
      byIndex: (_index: string, service: string) => (service === 'shop/web-stable' ? [{ endpoints }] : []),
    },
    pods: { get: () => aPod('one') },
    analysisRuns: { ...none, list: () => trials.filter((one) => one.kind === 'AnalysisRun') },
    experiments: { ...none, list: () => trials.filter((one) => one.kind === 'Experiment') },
  } as unknown as RolloutStores;
  const routers = [{ ...plainRouter, ...router }];
  const options = {
    client: fake.client,
    stores,
    clock: fakeClock(),
    dialect: tidegateDialect,
    keys: shopKeys,
    routers,
    log: silentLog,
  };
  const all = instanceId === undefined ? options : { ...options, instanceId };
  const writes = () =>
    fake.calls.filter((one) => one.verb !== 'get').map((one) => `${one.verb} ${one.kind} ${one.name}`);
  return { result: settleLeftBehind(all, 'shop', 'web'), calls: fake.calls, writes, open: openRuns(all, 'shop/web') };
}

const refuse = (kind: string, answer: ApiResult) => (call: Call) =>
  call.verb !== 'get' && call.kind === kind ? answer : undefined;
const busy: ApiResult = { kind: 'busy', retryAfterMs: 700 };
const conflict: ApiResult = { kind: 'conflict', message: 'changed', reason: 'Conflict' };

describe('a Rollout that the cache does not have', () => {
  it('is left alone when no release of it is open, without a question to the API server', async () => {
    const { result, calls } = settle({ runs: [aRun({ status: { finishedAt: '2026-01-01T00:00:00Z' } })] });

    expect(await result).toEqual({ kind: 'done' });
    expect(calls).toEqual([]);
  });

  it('is left to the controller that serves it, and to one that keeps such records', () => {
    expect(settle({ runs: [aRun({ id: 'blue' })] }).open).toEqual([]);
    expect(settle({ runs: [aRun({ id: 'blue' })], instanceId: 'blue' }).open).toHaveLength(1);
    expect(settle({ runs: [aRun({ spec: { takeBack: undefined } })] }).open).toEqual([]);
  });

  it('is there after all when the API server says so', async () => {
    const { result, writes } = settle({
      answer: ({ verb }) => (verb === 'get' ? { kind: 'ok', object: aRollout() as never } : undefined),
    });

    expect(await result).toEqual({ kind: 'done' });
    expect(writes()).toEqual([]);
  });

  it('is asked for again when the API server does not say', async () => {
    const { result, writes } = settle({ answer: ({ verb }) => (verb === 'get' ? busy : undefined) });

    expect(await result).toMatchObject({ kind: 'retry', afterMs: 700 });
    expect(writes()).toEqual([]);
  });
});

describe('traffic of a deleted Rollout', () => {
  it('goes back to stable first, and the record stays open until that shows', async () => {
    const { result, calls, writes } = settle({ weight: 40 });

    expect(await result).toMatchObject({ kind: 'retry', why: 'the caches lack the written routes' });
    expect(writes()).toEqual(['merge PlainRoute route']);
    expect(calls.at(-1)).toMatchObject({
      body: { spec: { canary: 0, stable: 100 } },
      options: { resourceVersion: '1' },
    });
  });

  it('waits while the router refuses', async () => {
    const plan = () => ({ kind: 'refused', field: 'x', message: 'rule 0 has three backends' }) as const;
    const { result, writes } = settle({ weight: 40, router: { plan } });

    expect(await result).toMatchObject({ kind: 'retry', why: 'rule 0 has three backends' });
    expect(writes()).toEqual([]);
  });

  it.each([
    ['refused as stale', conflict, 'retry'],
    ['of an object that is gone', gone, 'retry'],
  ])('is looked at again after a write that is %s', async (_name, answer, kind) => {
    expect(await settle({ weight: 40, answer: refuse('PlainRoute', answer) }).result).toMatchObject({ kind });
  });

  it('takes objects of the router away with it and makes none', async () => {
    const object = aRoute(0);
    const plan = (): readonly RouteWrite[] => [
      { kind: 'delete', object },
      { kind: 'create', object },
    ];
    const { result, calls, writes } = settle({ weight: 40, router: { plan } });
    await result;

    expect(writes()).toEqual(['delete PlainRoute route']);
    expect(calls.at(-1)?.options).toMatchObject({ propagation: 'Background', uid: 'uid-route' });
  });

  it('is nobody’s matter for a release without a router', async () => {
    const { result, writes } = settle({
      weight: 40,
      runs: [aRun({ spec: { takeBack: takeBackOf(aRollout()) } })],
      router: { needs: () => [] },
    });

    expect(await result).toEqual({ kind: 'done' });
    expect(writes()).toEqual(['merge RolloutRun web-2-two']);
  });
});

describe('analyses and experiments of a deleted Rollout', () => {
  const trial = (name: string, more: object = {}, metadata: object = {}) => {
    const run = anAnalysisRun(name);
    return { ...run, ...more, metadata: { ...run.metadata, ...metadata } } as KubeObject;
  };

  it('are ended when they are of this release and still open', async () => {
    const trials = [
      trial('web-two-2'),
      trial('web-two-2-1.1', { status: { phase: 'Running' } }),
      trial('web-two-2-0', { kind: 'Experiment' }),
      trial('web-two-2-2', { status: { phase: 'Successful' } }),
      trial('web-two-2-3', { spec: { terminate: true } }),
      trial('web-two-2-4', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      trial('web-two-2-5', {}, { namespace: 'other' }),
      trial('web-two-2-6', {}, { labels: {} }),
      trial('web-two-22'),
      trial('api-two-2'),
    ];
    const { result, writes } = settle({ trials });

    expect(await result).toEqual({ kind: 'done' });
    expect(writes()).toEqual([
      'merge AnalysisRun web-two-2',
      'merge AnalysisRun web-two-2-1.1',
      'merge Experiment web-two-2-0',
      'merge RolloutRun web-2-two',
    ]);
  });

  it('hold the end of the record when one could not be ended', async () => {
    const { result, writes } = settle({ trials: [trial('web-two-2')], answer: refuse('AnalysisRun', conflict) });

    expect(await result).toMatchObject({ kind: 'retry' });
    expect(writes()).toEqual(['merge AnalysisRun web-two-2']);
  });

  it('that are gone already hold nothing', async () => {
    expect(await settle({ trials: [trial('web-two-2')], answer: refuse('AnalysisRun', gone) }).result).toEqual({
      kind: 'done',
    });
  });
});

describe('the record of a deleted Rollout', () => {
  it.each<[string, RolloutRunObject['status'], JsonObject]>([
    [
      'a release under way',
      { phase: 'Running' },
      { phase: 'Aborted', outcome: { message: 'The Rollout was deleted' } },
    ],
    ['one that never said anything', undefined, { phase: 'Aborted' }],
    [
      'a release that had failed',
      { phase: 'Aborted', outcome: { message: 'too many errors' } },
      { phase: 'Aborted', outcome: { message: 'too many errors' } },
    ],
    ['a release that was rolled back', { phase: 'RolledBack' }, { phase: 'RolledBack' }],
  ])('ends %s', async (_name, status, expected) => {
    const { result, calls } = settle({ runs: [aRun(status === undefined ? {} : { status })] });

    expect(await result).toEqual({ kind: 'done' });
    expect(calls.at(-1)).toMatchObject({
      verb: 'merge',
      kind: 'RolloutRun',
      body: { status: expected },
      options: { subresource: 'status', uid: 'uid-run', resourceVersion: '7' },
    });
    expect(calls.at(-1)?.body).toHaveProperty('status.finishedAt');
  });

  it('is ended again when that was refused, and not when it is gone', async () => {
    expect(await settle({ answer: refuse('RolloutRun', conflict) }).result).toMatchObject({ kind: 'retry' });
    expect(await settle({ answer: refuse('RolloutRun', busy) }).result).toMatchObject({ kind: 'retry', afterMs: 700 });
    expect(await settle({ answer: refuse('RolloutRun', gone) }).result).toEqual({ kind: 'done' });
  });
});
