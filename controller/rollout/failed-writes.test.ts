import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import { keys } from '../../crds/schema/keys.ts';
import type { ApiResult, EventDraft } from '../../kube/api.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { alb } from '../traffic/alb.ts';
import { nginx } from '../traffic/nginx.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { act } from './act.ts';
import { decide } from './decide.ts';
import { failureFacts, lastingFailures, writeCreateError } from './failed-writes.ts';
import type { Observed } from './observed.ts';
import { tell } from './tell.ts';
import { templateCheck } from './template-check.ts';
import { anObserved, aReplicaSet, aService, aStatus, type ObservedGiven } from './testing/builders.ts';
import { fakeClient } from './testing/fake-client.ts';

const quota: ApiResult = { kind: 'forbidden', message: 'exceeded quota: pods', right: 'create replicasets.apps' };
const unanswered: ApiResult = { kind: 'unknown', cause: new Error('no answer in time') };
const stale: ApiResult = { kind: 'conflict', message: 'it is another version' };

/** Carries out what is decided, with this answer of the API server to every write. */
async function eventsOf(observed: Observed, answer: ApiResult): Promise<readonly EventDraft[]> {
  const events: EventDraft[] = [];
  const fake = fakeClient();
  fake.answer = ({ verb }) => (verb === 'get' ? undefined : answer);
  const options = { client: fake.client, keys: keys(observed.dialect), wrote: () => undefined };
  const outcome = await act(options, observed, decide(observed));
  const record = (draft: EventDraft) => void events.push(draft);
  tell(
    { events: { record }, dialect: observed.dialect, log: silentLog },
    observed,
    failureFacts(observed, outcome.failed),
  );
  return events;
}

const steps = [{ setWeight: 20 }, { pause: {} }];
const two = aReplicaSet('two', { revision: 2 });

/** The second revision stands before its first step, with a route. */
const onTrial = (given: ObservedGiven = {}, dialect = argoDialect): Observed =>
  anObserved({
    dialect,
    weight: 0,
    replicaSets: [aReplicaSet('one'), two],
    canaryService: aService('web-canary', 'two', { two: 5 }),
    rollout: { canary: { steps }, status: aStatus() },
    ...given,
  });

const unmade = (dialect = argoDialect): Observed =>
  anObserved({ dialect, rollout: { canary: { steps: [{ setWeight: 20 }] }, status: aStatus() } });

describe('a write that failed, in argoproj.io', () => {
  it('is told when the ReplicaSet could not be made [event:ReplicaSetCreateError]', async () => {
    const [event, ...more] = await eventsOf(unmade(), quota);

    expect(event).toMatchObject({ type: 'Warning', reason: 'ReplicaSetCreateError' });
    expect(event?.message).toContain('ReplicaSet web-two');
    expect(more).toEqual([]);
  });

  it('is told with what the API server said when the dry run of a template is forbidden [event:ReplicaSetCreateError]', async () => {
    const fake = fakeClient();
    fake.answer = () => quota;
    const answer = await templateCheck(fake.client).check(anObserved({ dialect: argoDialect, podHash: 'three' }));

    expect(answer).toMatchObject({
      kind: 'retry',
      refused: 'could not create ReplicaSet web-three: exceeded quota: pods',
    });
  });

  it('puts the reason into the condition Progressing, once', async () => {
    const fake = fakeClient();
    const failed = { kind: 'CreateReplicaSet', why: 'could not create ReplicaSet web-two: exceeded quota' } as const;
    const observed = unmade();
    await writeCreateError(fake.client, observed, failed, () => undefined);

    expect(fake.calls).toMatchObject([
      { body: { status: { conditions: [{ type: 'Progressing', status: 'False', reason: 'ReplicaSetCreateError' }] } } },
    ]);
    const written = fake.calls.map(({ body }) => body as { status: Observed['rollout']['status'] });
    const again = { ...observed, rollout: { ...observed.rollout, status: written[0]?.status ?? {} } };
    await writeCreateError(fake.client, again, failed, () => undefined);
    expect(fake.calls).toHaveLength(1);
  });

  it('keeps since when nothing progresses, and takes back what could not be written', async () => {
    const failed = { kind: 'CreateReplicaSet', why: 'exceeded quota' } as const;
    const since = '2025-12-31T23:00:00Z';
    const conditionAfter = async (old: object, answer?: ApiResult) => {
      const fake = fakeClient();
      fake.answer = () => answer;
      let written = 0;
      const seen = { type: 'Progressing', reason: 'ReplicaSetUpdated', lastUpdateTime: since, ...old } as const;
      const base = unmade();
      const status = { ...base.rollout.status, conditions: [seen] } as Observed['rollout']['status'];
      await writeCreateError(
        fake.client,
        { ...base, rollout: { ...base.rollout, status } },
        failed,
        () => (written += 1),
      );
      const [sent] = fake.calls.map(({ body }) => body as { status: Observed['rollout']['status'] });
      return { time: sent?.status.conditions?.[0]?.lastTransitionTime, written };
    };

    expect(await conditionAfter({ status: 'False', lastTransitionTime: since })).toEqual({ time: since, written: 1 });
    expect((await conditionAfter({ status: 'True', lastTransitionTime: since })).time).not.toBe(since);
    expect((await conditionAfter({ status: 'False' })).time).not.toBe(since);
    expect((await conditionAfter({ status: 'False', lastTransitionTime: since }, stale)).written).toBe(0);
  });

  it('puts nothing into status for another write, nor outside argoproj.io', async () => {
    const fake = fakeClient();
    const why = 'exceeded quota';
    await writeCreateError(fake.client, unmade(), { kind: 'SetWeight', why }, () => undefined);
    await writeCreateError(fake.client, unmade(tidegateDialect), { kind: 'CreateReplicaSet', why }, () => undefined);
    await writeCreateError(fake.client, unmade(), undefined, () => undefined);

    expect(fake.calls).toEqual([]);
  });

  it('is told when the weights could not be written [event:TrafficRoutingError]', async () => {
    const down = onTrial({ weight: 40, rollout: { canary: { steps }, status: aStatus({ abort: true }) } });
    const aborting = { ...down, rollout: { ...down.rollout, status: decide(down).status } };

    expect((await eventsOf(aborting, unanswered)).map(({ reason }) => reason)).toEqual(['TrafficRoutingError']);
  });

  it('is told for whatever else ends the pass in an error [event:ReconciliationError]', async () => {
    const grown = anObserved({
      dialect: argoDialect,
      replicaSets: [aReplicaSet('one', { replicas: 2 })],
      podHash: 'one',
      rollout: { status: aStatus({ currentPodHash: 'one', stableRS: 'one' }) },
    });

    expect(await eventsOf(grown, unanswered)).toMatchObject([{ type: 'Warning', reason: 'ReconciliationError' }]);
  });

  it('is told at once when it was refused, and without an answer only the second time in a row', () => {
    const lasting = lastingFailures();
    const refused = { kind: 'pass', why: 'no' } as const;
    const unheard = { ...refused, mayPass: true } as const;

    expect(lasting('a', refused)).toBe(refused);
    expect(lasting('b', unheard)).toBeUndefined();
    expect(lasting('b', unheard)).toBe(unheard);
    expect(lasting('b', undefined)).toBeUndefined();
    expect(lasting('b', unheard)).toBeUndefined();
  });

  it('is not told when the object had merely changed, nor outside argoproj.io', async () => {
    expect(await eventsOf(unmade(), stale)).toEqual([]);
    expect(await eventsOf(unmade(tidegateDialect), quota)).toEqual([]);
  });
});

function routedBy(router: TrafficRouter, trafficRouting: object, objects: readonly object[]): Observed {
  const seen = onTrial({
    rollout: {
      canary: { steps, stableService: 'web-stable', canaryService: 'web-canary', trafficRouting } as never,
      status: aStatus(),
    },
  });
  const found = ({ kind, name }: { kind: string; name: string }) =>
    (objects as readonly { kind: string; metadata: { name: string } }[]).find(
      (one) => one.kind === kind && one.metadata.name === name,
    ) as never;
  return { ...seen, traffic: { router, found, state: router.read(seen.rollout, found) } };
}

const ingress = (service: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'Ingress',
  metadata: {
    name: 'web',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    annotations: { 'kubernetes.io/ingress.class': 'alb' },
  },
  spec: {
    rules: [
      {
        http: {
          paths: [
            {
              path: '/',
              pathType: 'Prefix',
              backend: { service: { name: service, port: { name: 'use-annotation' } } },
            },
          ],
        },
      },
    ],
  },
});

describe('what a router is told to do, in argoproj.io', () => {
  it('names the Ingress of the AWS load balancer before its weights change [event:PatchingALBIngress]', () => {
    const trafficRouting = { alb: { ingress: 'web', servicePort: 80 } };
    const weighted = decide(routedBy(alb, trafficRouting, [ingress('web-stable')])).effects.find(
      ({ kind }) => kind === 'SetWeight',
    );

    expect(weighted?.tells.map(({ reason }) => reason)).toEqual(['PatchingALBIngress', 'TrafficWeightUpdated']);
    expect(weighted?.tells[0]?.message).toBe('Ingress web is given canary weight 20 of 100');
  });

  it('names each of several Ingresses, and those only where they are listed', () => {
    const trafficRouting = { alb: { ingresses: ['web', 'web-2'], servicePort: 80 } };
    const second = ingress('web-stable');
    const both = [ingress('web-stable'), { ...second, metadata: { ...second.metadata, name: 'web-2', uid: 'u2' } }];
    const weighted = decide(routedBy(alb, trafficRouting, both)).effects.find(({ kind }) => kind === 'SetWeight');

    expect(weighted?.tells.map(({ message }) => message)).toEqual([
      'Ingress web is given canary weight 20 of 100',
      'Ingress web-2 is given canary weight 20 of 100',
      expect.any(String),
    ]);
  });

  it('says that the router cannot be written as it stands [event:TrafficRoutingError]', () => {
    const trafficRouting = { alb: { ingress: 'web', servicePort: 80 } };
    const { facts, waiting } = decide(routedBy(alb, trafficRouting, [ingress('other')]));

    expect(waiting?.reason).toBe('RouterRefused');
    expect(facts).toMatchObject([{ reason: 'TrafficRoutingError', type: 'Warning', message: waiting?.value }]);
  });

  it('says that the weights in force cannot be read [event:WeightVerifyError]', () => {
    const { facts, waiting } = decide(routedBy(nginx, { nginx: { stableIngress: 'web' } }, []));

    expect(waiting?.reason).toBe('RouterUnreadable');
    expect(facts).toMatchObject([{ reason: 'WeightVerifyError', type: 'Warning' }]);
    expect(facts[0]?.message).toContain(waiting?.value ?? '');
  });
});
