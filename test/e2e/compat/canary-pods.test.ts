/** What a canary's ReplicaSets and pods carry, what its status counts, and what moves pods without a new revision. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { textOf } from '../../../kube/json.ts';
import { type App, at, conditionOf, type Live } from './app.ts';
import { firstDeploy, pausedAtCanary, plan, promote } from './canary-plans.ts';
import { versionOf } from './recording.ts';
import { onStage } from './stage.ts';

const replicaSets = 'apis/apps/v1/replicasets';
const hashLabel = 'rollouts-pod-template-hash';
const idLabel = 'argo-rollouts.argoproj.io/controller-instance-id';
const revision = 'rollout.argoproj.io/revision';
const quarter = plan([{ setWeight: 25 }, { pause: {} }]);

async function setOf(app: App, version: string): Promise<Live> {
  const found = (await app.list(replicaSets)).find((one) => versionOf(one) === version);
  if (found === undefined) throw new Error(`no ReplicaSet of ${version}`);
  return found;
}

async function podsOf(app: App, version: string): Promise<readonly Live[]> {
  return (await app.list('api/v1/pods')).filter((pod) => podVersion(pod) === version);
}

function podVersion(pod: Live): string {
  return versionOf({ spec: { template: { spec: at(pod, 'spec') ?? {} } } });
}

onStage('pods of a canary', (scenario) => {
  scenario(
    'a ReplicaSet has name, labels, selector, owner and annotations as Argo gives them [annotation:rollout.argoproj.io/revision, annotation:rollout.argoproj.io/desired-replicas, label:argo-rollouts.argoproj.io/controller-instance-id, Rollout.status.currentPodHash, Rollout.spec.template.metadata]',
    async (app) => {
      await app.releaseHealthy('v1', { replicas: 2 });
      const rollout = await app.rollout();
      const hash = await app.hashOf('v1');
      const set = await setOf(app, 'v1');
      expect(set.metadata.name).toBe(`app-${hash}`);
      expect(at(rollout, 'status.currentPodHash')).toBe(hash);
      expect(set.metadata.labels).toMatchObject({ app: 'app', [hashLabel]: hash, [idLabel]: 'compat' });
      expect(at(set, 'spec.selector.matchLabels')).toEqual({ app: 'app', [hashLabel]: hash });
      expect(set.metadata.annotations).toMatchObject({ [revision]: '1', 'rollout.argoproj.io/desired-replicas': '2' });
      expect(rollout.metadata.annotations).toMatchObject({ [revision]: '1' });
      expect(set.metadata.ownerReferences).toMatchObject([{ kind: 'Rollout', name: 'app', controller: true }]);
      for (const pod of await podsOf(app, 'v1'))
        expect(pod.metadata.labels).toMatchObject({ app: 'app', [hashLabel]: hash });
      await app.untilEvents([...firstDeploy]);
    },
  );

  scenario(
    'status counts pods and has the selector for autoscalers [Rollout.status.replicas, Rollout.status.updatedReplicas, Rollout.status.readyReplicas, Rollout.status.availableReplicas, Rollout.status.HPAReplicas]',
    async (app) => {
      await pausedAtCanary(app, quarter);
      const rollout = await app.until(
        'the counts',
        (one) => at(one, 'status.availableReplicas') === 4 && at(one, 'status.replicas') === 4,
      );
      expect(rollout.status).toMatchObject({
        replicas: 4,
        updatedReplicas: 1,
        readyReplicas: 4,
        availableReplicas: 4,
        HPAReplicas: 4,
        selector: 'app=app',
      });
    },
  );

  scenario(
    'conditions of a Rollout that is Healthy, and while it is not [condition:Rollout.Available, condition:Rollout.Completed, condition:Rollout.Healthy, Rollout.status.conditions, Rollout.status.observedGeneration]',
    async (app) => {
      await app.releaseHealthy('v1', quarter);
      const done = await app.until(
        'complete',
        (one) => conditionOf(one, 'Progressing')?.reason === 'NewReplicaSetAvailable',
      );
      expect(conditionOf(done, 'Available')).toMatchObject({ status: 'True', reason: 'AvailableReason' });
      expect(conditionOf(done, 'Completed')).toMatchObject({ status: 'True', reason: 'RolloutCompleted' });
      expect(conditionOf(done, 'Healthy')).toMatchObject({ status: 'True', reason: 'RolloutHealthy' });
      expect(conditionOf(done, 'Progressing')).toMatchObject({ status: 'True' });
      expect(at(done, 'status.observedGeneration')).toBe(String(done.metadata.generation));

      await app.release('v2', quarter);
      const paused = await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(conditionOf(paused, 'Completed')).toMatchObject({ status: 'False' });
      expect(conditionOf(paused, 'Healthy')).toMatchObject({ status: 'False' });
      expect(conditionOf(paused, 'Available')).toMatchObject({ status: 'True' });
      for (const { lastUpdateTime, lastTransitionTime } of at(paused, 'status.conditions') as JsonObject[]) {
        expect(lastUpdateTime).toMatch(/^\d{4}-.*Z$/);
        expect(lastTransitionTime).toMatch(/^\d{4}-.*Z$/);
      }
    },
  );

  scenario(
    'a scale event in a pause resizes both sides and starts no step over [event:ScalingReplicaSet]',
    async (app) => {
      await pausedAtCanary(app, plan([{ setWeight: 50 }, { pause: {} }]));
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });
      await app.patch({ spec: { replicas: 8 } });
      await app.untilSizes({ v1: 4, v2: 4 });
      await app.patch({ spec: { replicas: 2 } });
      await app.untilSizes({ v1: 1, v2: 1 });
      const rollout = await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(at(rollout, 'status.currentStepIndex')).toBe(1);
      await app.untilSeen(
        'no step again',
        () => app.events().filter((one) => one === 'RolloutStepCompleted').length === 1,
      );
      const annotations = (await setOf(app, 'v2')).metadata.annotations;
      expect(annotations).toMatchObject({ 'rollout.argoproj.io/desired-replicas': '2' });
    },
  );

  scenario('a Rollout of another controller is left alone', async (app, { cluster }) => {
    await app.release('v1', { replicas: 1 });
    const own = await app.rollout();
    const { metadata, status: _status, ...rest } = own;
    const labels = { [idLabel]: 'somebody-else' };
    const foreign = { ...rest, metadata: { name: 'foreign', namespace: metadata.namespace ?? '', labels } };
    const bare = { ...foreign, metadata: { name: 'bare', namespace: metadata.namespace ?? '' } };
    await cluster.api.apply(foreign, bare);
    await app.untilPhase('Healthy');
    await app.patch({ spec: { replicas: 2 } });
    await app.untilSizes({ v1: 2 });
    for (const name of ['foreign', 'bare']) {
      const one = await app.read('apis/argoproj.io/v1alpha1/rollouts', name);
      expect(one?.status).toBeUndefined();
    }
    expect(await app.list(replicaSets)).toHaveLength(1);
  });

  scenario(
    'canary and stable metadata are on live pods while they have the role [Rollout.spec.strategy.canary.canaryMetadata, Rollout.spec.strategy.canary.stableMetadata, annotation:rollout.argoproj.io/ephemeral-metadata]',
    async (app) => {
      const more = {
        canaryMetadata: { labels: { role: 'canary' }, annotations: { note: 'new' } },
        stableMetadata: { labels: { role: 'stable' } },
      };
      await pausedAtCanary(app, plan([{ setWeight: 25 }, { pause: {} }], more));
      const roles = async (version: string) =>
        new Set((await podsOf(app, version)).map(({ metadata }) => metadata.labels?.role));
      await app.untilTrue('roles of v1', async () => [...(await roles('v1'))].join() === 'stable');
      expect(await roles('v2')).toEqual(new Set(['canary']));
      expect(await roles('v1')).toEqual(new Set(['stable']));
      expect((await podsOf(app, 'v2'))[0]?.metadata.annotations).toMatchObject({ note: 'new' });
      const [hash, before] = [await app.hashOf('v2'), (await podsOf(app, 'v2')).map(({ metadata }) => metadata.uid)];

      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      await app.untilTrue('roles of v2', async () => [...(await roles('v2'))].join() === 'stable');
      expect(await app.hashOf('v2')).toBe(hash);
      const after = await podsOf(app, 'v2');
      expect(after.map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(before));
      for (const pod of after) expect(pod.metadata.annotations?.note).toBeUndefined();
    },
  );

  scenario(
    'antiAffinity keeps a canary off the nodes of stable, and is no part of the hash [AntiAffinity.requiredDuringSchedulingIgnoredDuringExecution, AntiAffinity.preferredDuringSchedulingIgnoredDuringExecution.weight]',
    async (app) => {
      const required = { antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } };
      const steps = [{ setWeight: 25 }, { pause: {} }];
      await pausedAtCanary(app, plan(steps, required));
      const affinity = 'spec.template.spec.affinity.podAntiAffinity';
      expect(at(await setOf(app, 'v1'), affinity)).toBeUndefined();
      const v1 = await app.hashOf('v1');
      expect(at(await setOf(app, 'v2'), affinity)).toEqual({
        requiredDuringSchedulingIgnoredDuringExecution: [term(v1)],
      });

      const weight = { preferredDuringSchedulingIgnoredDuringExecution: { weight: 7 } };
      await app.release('v3', plan(steps, { antiAffinity: weight }));
      await app.until(
        'v3 waits',
        (one) =>
          at(one, 'status.phase') === 'Paused' &&
          versionOf(one) === 'v3' &&
          at(one, 'status.observedGeneration') === String(one.metadata.generation),
      );
      expect(at(await setOf(app, 'v3'), affinity)).toEqual({
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 7, podAffinityTerm: term(v1) }],
      });
    },
  );

  scenario(
    'a pod is available only after minReadySeconds, and no step goes on before [Rollout.spec.minReadySeconds]',
    async (app) => {
      const spec = { replicas: 1, minReadySeconds: 3, ...plan([{ setWeight: 50 }, { pause: {} }]) };
      await app.releaseHealthy('v1', spec);
      await app.release('v2', spec);
      await app.untilPhase('Progressing', 'old replicas are pending termination');
      const paused = await app.untilPhase('Paused', 'CanaryPauseStep');
      const [pod] = await podsOf(app, 'v2');
      const ready = (at(pod, 'status.conditions') as JsonObject[]).find(({ type }) => type === 'Ready');
      const [pause] = at(paused, 'status.pauseConditions') as JsonObject[];
      const waitedMs =
        Date.parse(textOf(pause, 'startTime') ?? '') - Date.parse(textOf(ready, 'lastTransitionTime') ?? '');
      expect(waitedMs).toBeGreaterThanOrEqual(3_000);
      expect(at(await setOf(app, 'v2'), 'spec.minReadySeconds')).toBe(3);
    },
  );

  scenario(
    'restartAt replaces older pods a few at a time, and is done once [verb:restart, Rollout.spec.restartAt, Rollout.status.restartedAt]',
    async (app) => {
      await app.releaseHealthy('v1', { replicas: 2, strategy: { canary: { maxUnavailable: 1 } } });
      const before = new Set((await podsOf(app, 'v1')).map(({ metadata }) => metadata.uid));
      // Creation times are whole seconds: a second later all of them are older.
      const restartAt = `${new Date(Date.now() + 2_000).toISOString().slice(0, 19)}Z`;
      await app.patch({ spec: { restartAt } });
      await app.untilPhase('Progressing', 'rollout is restarting');
      const rollout = await app.untilPhase('Healthy', '');
      expect(at(rollout, 'status.restartedAt')).toBe(restartAt);
      const after = (await podsOf(app, 'v1')).filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      expect(after).toHaveLength(2);
      for (const { metadata } of after) expect(before.has(metadata.uid)).toBe(false);
      expect(app.sizesOver('v1')).toEqual([2]);
      await app.untilEvents([...firstDeploy]);
    },
  );

  scenario(
    'without progress for progressDeadlineSeconds the phase is Degraded, and nothing else happens [Rollout.spec.progressDeadlineSeconds]',
    async (app) => {
      const spec = { progressDeadlineSeconds: 3, ...quarter };
      await app.releaseHealthy('v1', spec);
      await app.release('missing', spec);
      const late = await app.untilPhase('Degraded', /^ProgressDeadlineExceeded: ./);
      expect(conditionOf(late, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
      expect(at(late, 'status.abort')).toBeUndefined();
      expect(await app.sizes()).toEqual({ v1: 4, missing: 1 });
      await app.releaseHealthy('v1', spec);
      expect(await app.sizes()).toEqual({ v1: 4 });
    },
  );

  scenario('progressDeadlineAbort aborts then [Rollout.spec.progressDeadlineAbort]', async (app) => {
    const spec = { progressDeadlineSeconds: 3, progressDeadlineAbort: true, ...quarter };
    await app.releaseHealthy('v1', spec);
    await app.release('missing', spec);
    const aborted = await app.untilPhase('Degraded', /^RolloutAborted: ./);
    expect(at(aborted, 'status.abort')).toBe(true);
    await app.untilSizes({ v1: 4 });
    await app.untilSeen('the event', () => app.events().includes('RolloutAborted'));
  });

  scenario('unset replicas are written back as 1 [Rollout.spec.replicas]', async (app) => {
    await app.releaseHealthy('v1', { replicas: null });
    expect(await app.sizes()).toEqual({ v1: 1 });
    await app.until('written back', (one) => at(one, 'spec.replicas') === 1);
  });

  scenario(
    'pods that can not be made are told by a condition, and nothing else moves [condition:Rollout.ReplicaFailure]',
    async (app) => {
      await app.releaseHealthy('v1', quarter);
      const containers = [{ name: 'app', image: 'tidegate.dev/app:v2' }];
      const template = { metadata: { labels: { app: 'app' } }, spec: { serviceAccountName: 'nobody', containers } };
      await app.release('v2', { ...quarter, template });
      const stuck = await app.until('the failure', (one) => conditionOf(one, 'ReplicaFailure')?.status === 'True');
      expect(conditionOf(stuck, 'ReplicaFailure')).toMatchObject({ reason: 'ReplicaSetCreateError' });
      expect(conditionOf(stuck, 'ReplicaFailure')?.message).toMatch(/serviceaccount "nobody" not found/);
      expect(at(stuck, 'status.phase')).toBe('Progressing');
      expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
      await app.releaseHealthy('v1', quarter);
      expect(conditionOf(await app.rollout(), 'ReplicaFailure')?.status ?? 'False').toBe('False');
    },
  );

  scenario(
    'a selector by expressions is that of the ReplicaSet, with the hash, and can not change [Selector]',
    async (app) => {
      const matchExpressions = [{ key: 'app', operator: 'In', values: ['app', 'web'] }];
      const spec = { replicas: 1, selector: { matchExpressions } };
      await app.releaseHealthy('v1', spec);
      const set = await setOf(app, 'v1');
      expect(at(set, 'spec.selector')).toEqual({
        matchExpressions,
        matchLabels: { [hashLabel]: await app.hashOf('v1') },
      });
      expect(at(await app.rollout(), 'status.selector')).toBe('app in (app,web)');
      await expect(app.release('v1', { replicas: 1, selector: { matchLabels: { app: 'app' } } })).rejects.toThrow(
        /selector/,
      );
    },
  );

  scenario('a quantity that is no quantity is dropped, as Argo does', async (app) => {
    const containers = [
      { name: 'app', image: 'tidegate.dev/app:v1', resources: { requests: { memory: 'invalid', cpu: '10m' } } },
    ];
    await app.releaseHealthy('v1', {
      replicas: 1,
      template: { metadata: { labels: { app: 'app' } }, spec: { containers } },
    });
    const [container] = at(await setOf(app, 'v1'), 'spec.template.spec.containers') as JsonObject[];
    expect(container?.resources).toEqual({ requests: { cpu: '10m' } });
  });
});

function term(hash: string): JsonObject {
  return {
    labelSelector: { matchExpressions: [{ key: hashLabel, operator: 'In', values: [hash] }] },
    topologyKey: 'kubernetes.io/hostname',
  };
}
