/** A canary behind ingress-nginx: sizes, Services and weights over time, and how long pods live on after they lost traffic. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { type App, at } from './app.ts';
import { applyRoutes, pausedAtCanary, promote, routedPlan } from './canary-plans.ts';
import { versionOf } from './recording.ts';
import { onStage } from './stage.ts';

const quarter = [{ setWeight: 25 }, { pause: {} }];
const replicaSets = 'apis/apps/v1/replicasets';
const deadlineKey = 'scale-down-deadline';

async function setOf(app: App, version: string) {
  return (await app.list(replicaSets)).find((one) => versionOf(one) === version);
}

async function routed(app: App, steps: readonly JsonObject[], more: JsonObject = {}): Promise<void> {
  await applyRoutes(app);
  await pausedAtCanary(app, routedPlan(steps, more));
}

/** Weights that were written after the first `from`. */
function weightsSince(app: App, from: number): readonly number[] {
  return app.weights().slice(from);
}

onStage('a canary behind a router', (scenario) => {
  scenario(
    'dynamicStableScale lets stable shrink as its weight falls, and grow before it comes back [Rollout.spec.strategy.canary.dynamicStableScale]',
    async (app) => {
      const { strategy } = routedPlan([{ setWeight: 50 }, { pause: {} }], { dynamicStableScale: true });
      const { scaleDownDelaySeconds: _delay, ...canary } = strategy.canary;
      await applyRoutes(app);
      await pausedAtCanary(app, { strategy: { canary } });
      await app.untilSeen('the weight', () => app.weights().at(-1) === 50);
      expect(app.sizesOver('v1')).toEqual([4]);
      // Argo shrinks at once; here open requests have the drain delay first, which is 30 s where none may be set.
      await app.untilSizes({ v1: 2, v2: 2 }, 50_000);

      const before = app.weights().length;
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: ./);
      await app.untilSizes({ v1: 4 });
      await app.untilSeen('no weight', () => app.weights().at(-1) === 0);
      expect(app.sizesOver('v1')).toEqual([4, 2, 4]);
      const back = weightsSince(app, before);
      expect(back).toEqual(back.toSorted((a, b) => b - a));
    },
  );

  scenario(
    'stable keeps all its pods and the canary has its share, rounded up [router:nginx, step:setWeight, Rollout.status.canary.weights.canary, Rollout.status.canary.weights.stable]',
    async (app) => {
      await routed(app, [{ setWeight: 30 }, { pause: {} }], { maxSurge: 0, maxUnavailable: 1 });
      expect(await app.sizes()).toEqual({ v1: 4, v2: 2 });
      const rollout = await app.until(
        'the weights in status',
        (one) => at(one, 'status.canary.weights.canary.weight') === 30,
      );
      expect(at(rollout, 'status.canary.weights')).toMatchObject({
        canary: { weight: 30, serviceName: 'canary', podTemplateHash: await app.hashOf('v2') },
        stable: { weight: 70, serviceName: 'stable', podTemplateHash: await app.hashOf('v1') },
      });
      // maxSurge and maxUnavailable have no effect with a router.
      expect(app.sizesOver('v1')).toEqual([4]);
    },
  );

  scenario(
    'Services select their revision and say who manages them [Rollout.spec.strategy.canary.canaryService, Rollout.spec.strategy.canary.stableService, event:SwitchService, annotation:argo-rollouts.argoproj.io/managed-by-rollouts, label:rollouts-pod-template-hash]',
    async (app) => {
      await applyRoutes(app);
      await app.releaseHealthy('v1', routedPlan(quarter));
      await app.untilSeen(
        'both Services',
        () => app.servedBy('canary').length > 0 && app.servedBy('stable').length > 0,
      );
      await app.release('v2', routedPlan(quarter));
      await app.untilPhase('Paused', 'CanaryPauseStep');
      for (const [name, version] of [
        ['stable', 'v1'],
        ['canary', 'v2'],
      ] as const) {
        const service = await app.read('api/v1/services', name);
        expect(at(service, 'spec.selector')).toEqual({
          app: 'app',
          'rollouts-pod-template-hash': await app.hashOf(version),
        });
        expect(service?.metadata.annotations).toMatchObject({ 'argo-rollouts.argoproj.io/managed-by-rollouts': 'app' });
      }
      const switches = () => app.events().filter((reason) => reason === 'SwitchService').length;
      await app.untilSeen('three switches', () => switches() === 3);
      await app.untilSeen('v2 behind the canary Service', () => app.servedBy('canary').at(-1) === 'v2');
      expect(app.servedBy('stable')).toEqual(['v1']);
      expect(app.servedBy('canary')).toEqual(['v1', 'v2']);
    },
  );

  scenario(
    'the weight of the canary Ingress rises by the steps and ends at 0 before the stable revision changes [event:TrafficWeightUpdated]',
    async (app) => {
      await routed(app, [{ setWeight: 25 }, { setWeight: 50 }, { pause: {} }]);
      await app.untilSeen('the weights', () => app.weights().at(-1) === 50);
      expect(weightsSince(app, 0).filter((weight) => weight > 0)).toEqual([25, 50]);
      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      await app.untilSeen('the last weight', () => app.weights().at(-1) === 0);
      expect(app.weights().slice(-3)).toEqual([50, 100, 0]);
      await app.untilSeen('v2 behind the stable Service', () => app.servedBy('stable').at(-1) === 'v2');
      expect(app.servedBy('stable')).toEqual(['v1', 'v2']);
      const ingress = await app.read('apis/networking.k8s.io/v1/ingresses', 'app-web-canary');
      expect(ingress?.metadata.annotations).toMatchObject({ 'nginx.ingress.kubernetes.io/canary': 'true' });
      const told = () => app.events().filter((reason) => reason === 'TrafficWeightUpdated').length;
      await app.untilSeen('every weight is told', () => told() === 4);
    },
  );

  scenario(
    'the old revision keeps its pods for scaleDownDelaySeconds after the promotion [Rollout.spec.strategy.canary.scaleDownDelaySeconds]',
    async (app) => {
      await routed(app, quarter, { scaleDownDelaySeconds: 6 });
      await app.patchStatus(promote);
      await app.untilPhase('Healthy', '');
      expect(await app.sizes()).toEqual({ v1: 4, v2: 4 });
      const promotedAt = Date.now();
      await app.untilSizes({ v2: 4 });
      expect(Date.now() - promotedAt).toBeGreaterThan(2_000);
      expect(app.sizesOver('v1')).toEqual([4, 0]);
    },
  );

  scenario(
    'an abort takes the weight away, then gives the canary a deadline [Rollout.spec.strategy.canary.abortScaleDownDelaySeconds, annotation:scale-down-deadline]',
    async (app) => {
      await routed(app, quarter, { abortScaleDownDelaySeconds: 4 });
      const before = app.weights().length;
      const abortedAt = Date.now();
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: ./);
      await app.untilSeen('no weight', () => app.weights().at(-1) === 0);
      expect(weightsSince(app, before)).toEqual([0]);
      await app.untilSizes({ v1: 4 });
      const set = await setOf(app, 'v2');
      const deadline = Date.parse(set?.metadata.annotations?.[deadlineKey] ?? '');
      expect(deadline - abortedAt).toBeGreaterThan(2_900);
      expect(app.sizesOver('v2')).toEqual([1, 0]);
      await app.untilSeen('the canary Service back', () => app.servedBy('canary').at(-1) === 'v1');
    },
  );

  scenario('abortScaleDownDelaySeconds 0 keeps the canary, without traffic and deadline', async (app) => {
    await routed(app, quarter, { abortScaleDownDelaySeconds: 0 });
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded', /^RolloutAborted: ./);
    await app.untilSeen('canary Service back', () => app.servedBy('canary').at(-1) === 'v1');
    await app.untilSeen('no weight', () => app.weights().at(-1) === 0);
    expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
    expect((await setOf(app, 'v2'))?.metadata.annotations?.[deadlineKey]).toBeUndefined();
  });

  scenario('a retry within the delay uses the same pods and drops the deadline', async (app) => {
    await routed(app, quarter, { abortScaleDownDelaySeconds: 60 });
    const pods = async () => new Set((await app.list('api/v1/pods')).map(({ metadata }) => metadata.uid));
    const before = await pods();
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded');
    await app.untilSeen('canary Service back', () => app.servedBy('canary').at(-1) === 'v1');
    await app.patchStatus({ abort: false });
    await app.untilPhase('Paused', 'CanaryPauseStep');
    expect((await setOf(app, 'v2'))?.metadata.annotations?.[deadlineKey]).toBeUndefined();
    expect(app.sizesOver('v2')).toEqual([1]);
    expect(await pods()).toEqual(before);
    await app.untilSeen('weight again', () => app.weights().at(-1) === 25);
  });

  scenario(
    'setCanaryScale by number changes the size and not the weight [Rollout.spec.strategy.canary.steps[].setCanaryScale.replicas, step:setCanaryScale]',
    async (app) => {
      await routed(app, [{ setCanaryScale: { replicas: 3 } }, { setWeight: 25 }, { pause: {} }]);
      expect(await app.sizes()).toEqual({ v1: 4, v2: 3 });
      await app.untilSeen('the weight', () => app.weights().at(-1) === 25);
      expect(app.weights().filter((weight) => weight > 0)).toEqual([25]);
      expect(app.sizesOver('v2')).toEqual([3]);
    },
  );

  scenario(
    'setCanaryScale by weight is a share of spec.replicas, and matchTrafficWeight gives the size back [Rollout.spec.strategy.canary.steps[].setCanaryScale.weight, Rollout.spec.strategy.canary.steps[].setCanaryScale.matchTrafficWeight]',
    async (app) => {
      await routed(app, [
        { setCanaryScale: { weight: 75 } },
        { setWeight: 25 },
        { pause: {} },
        { setCanaryScale: { matchTrafficWeight: true } },
        { setWeight: 50 },
        { pause: {} },
      ]);
      expect(await app.sizes()).toEqual({ v1: 4, v2: 3 });
      await app.patchStatus(promote);
      await app.until('the second pause', (one) => at(one, 'status.currentStepIndex') === 5);
      await app.untilSizes({ v1: 4, v2: 2 });
    },
  );

  scenario(
    'minPodsPerReplicaSet is a floor for a revision with pods [Rollout.spec.strategy.canary.minPodsPerReplicaSet]',
    async (app) => {
      await routed(app, [{ setWeight: 1 }, { pause: {} }], { minPodsPerReplicaSet: 2 });
      expect(await app.sizes()).toEqual({ v1: 4, v2: 2 });
      await app.untilSeen('the weight', () => app.weights().at(-1) === 1);
    },
  );

  scenario('a first deploy sets no weight and both Services', async (app) => {
    await applyRoutes(app);
    await app.releaseHealthy('v1', routedPlan(quarter));
    await app.untilSeen('both Services', () => app.servedBy('canary').length > 0 && app.servedBy('stable').length > 0);
    expect([app.servedBy('canary'), app.servedBy('stable')]).toEqual([['v1'], ['v1']]);
    expect(app.weights().every((weight) => weight === 0)).toBe(true);
  });

  scenario(
    'maxTrafficWeight is what a weight is a share of [Rollout.spec.strategy.canary.trafficRouting.maxTrafficWeight]',
    async (app) => {
      const trafficRouting = { nginx: { stableIngress: 'web' }, maxTrafficWeight: 1000 };
      await routed(app, [{ setWeight: 250 }, { pause: {} }], { trafficRouting });
      expect(await app.sizes()).toEqual({ v1: 4, v2: 1 });
      const ingress = await app.read('apis/networking.k8s.io/v1/ingresses', 'app-web-canary');
      expect(ingress?.metadata.annotations).toMatchObject({
        'nginx.ingress.kubernetes.io/canary-weight': '250',
        'nginx.ingress.kubernetes.io/canary-weight-total': '1000',
      });
    },
  );
});
