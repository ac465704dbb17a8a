/** Blue-green updates in Argo's dialect: the way of the Services, the pause before the switch, sizes and delays. */
import { expect } from 'vitest';
import { at, serviceObject } from './app.ts';
import {
  blueGreen,
  conditionOf,
  deployBlueGreen,
  messagesOver,
  reasonsOver,
  releaseToPause,
  served,
  servedOver,
  setOfVersion,
  untilReasons,
} from './blue-green-app.ts';
import { onStage } from './stage.ts';

const deployed = [
  'RolloutAddedToInformer',
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'ScalingReplicaSet',
  'RolloutCompleted',
  'SwitchService',
];
const updated = [
  'RolloutUpdated',
  'NewReplicaSetCreated',
  'RolloutNotCompleted',
  'ScalingReplicaSet',
  'SwitchService',
  'RolloutCompleted',
];

onStage('blue-green: the switch', (scenario) => {
  scenario(
    'tells a deploy and an update in the reference order, twelve events and no other [event:RolloutAddedToInformer, event:RolloutUpdated, event:NewReplicaSetCreated, event:RolloutNotCompleted, event:RolloutCompleted]',
    async (app) => {
      const spec = blueGreen({ previewService: null });
      await app.apply(serviceObject('active'));
      await app.releaseHealthy('v1', spec);
      await untilReasons(app, deployed);
      expect(reasonsOver(app)).toEqual(deployed);

      await app.releaseHealthy('v2', spec);
      await untilReasons(app, [...deployed, ...updated]);
      expect(reasonsOver(app)).toEqual([...deployed, ...updated]);
    },
  );

  scenario(
    'gives a Service its hash when all pods of the first release are there, and marks it as its own [Rollout.spec.strategy.blueGreen.activeService, Rollout.status.blueGreen.activeSelector, annotation:argo-rollouts.argoproj.io/managed-by-rollouts]',
    async (app) => {
      await deployBlueGreen(app);
      const rollout = await app.rollout();
      const hash = await app.hashOf('v1');
      expect(servedOver(app, 'active')).toEqual(['v1']);
      expect(at(rollout, 'status.blueGreen')).toEqual({ activeSelector: hash, previewSelector: hash });
      expect([at(rollout, 'status.stableRS'), at(rollout, 'status.currentPodHash')]).toEqual([hash, hash]);
      for (const name of ['active', 'preview']) {
        const service = await app.read('api/v1/services', name);
        expect(service?.metadata.annotations?.['argo-rollouts.argoproj.io/managed-by-rollouts']).toBe('app');
        expect(at(service, 'spec.selector.app')).toBe('app');
      }
    },
  );

  scenario(
    'shows the new version behind the preview Service first; the active one follows when all pods are there [Rollout.spec.strategy.blueGreen.previewService, Rollout.status.blueGreen.previewSelector, event:ScalingReplicaSet]',
    async (app) => {
      await deployBlueGreen(app);
      await app.releaseHealthy('v2', blueGreen());

      expect(servedOver(app, 'preview')).toEqual(['v1', 'v2']);
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
      const order = app.seen().flatMap((one) => (one.kind === 'service' ? [one.name] : []));
      expect(order.slice(-2)).toEqual(['preview', 'active']);
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });
      expect(app.sizesOver('v2')).toEqual([2]);
      expect(messagesOver(app)).toContain('active service cutover pending');
      const hash = await app.hashOf('v2');
      expect(at(await app.rollout(), 'status.blueGreen')).toEqual({ activeSelector: hash, previewSelector: hash });
    },
  );

  scenario(
    'waits for a person without auto promotion, and goes on when the pause is taken away [Rollout.spec.strategy.blueGreen.autoPromotionEnabled, Rollout.status.controllerPause, Rollout.status.pauseConditions[].startTime, condition:Rollout.Paused, event:RolloutResumed]',
    async (app) => {
      const spec = blueGreen({ autoPromotionEnabled: false });
      await deployBlueGreen(app, spec);
      const before = reasonsOver(app).length;
      const paused = await releaseToPause(app, 'v2', spec);

      expect(at(paused, 'status.phase')).toBe('Paused');
      expect(at(paused, 'status.controllerPause')).toBe(true);
      expect(at(paused, 'status.pauseConditions')).toEqual([
        { reason: 'BlueGreenPause', startTime: expect.stringMatching(/^\d{4}-.*Z$/) },
      ]);
      expect(conditionOf(paused, 'Paused')).toMatchObject({ status: 'True' });
      expect(conditionOf(paused, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
      expect([await served(app, 'active'), await served(app, 'preview')]).toEqual(['v1', 'v2']);
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });

      await app.patchStatus({ pauseConditions: null });
      const healthy = await app.untilPhase('Healthy', '');
      expect(at(healthy, 'status.controllerPause')).toBeUndefined();
      expect(conditionOf(healthy, 'Paused')).toMatchObject({ status: 'False' });
      const told = [
        ...updated.slice(0, 3),
        'ScalingReplicaSet',
        'SwitchService',
        'RolloutPaused',
        'RolloutResumed',
        'SwitchService',
        'RolloutCompleted',
      ];
      await untilReasons(app, told, before);
      expect(reasonsOver(app).slice(before)).toEqual(told);
    },
  );

  scenario(
    'promotes by itself after autoPromotionSeconds, not before [Rollout.spec.strategy.blueGreen.autoPromotionSeconds]',
    async (app) => {
      const spec = blueGreen({ autoPromotionSeconds: 3 });
      await deployBlueGreen(app, spec);
      const paused = await releaseToPause(app, 'v2', spec);
      const [pause] = at(paused, 'status.pauseConditions') as readonly { startTime: string }[];
      await app.until('the switch', (one) => {
        const isSwitched = at(one, 'status.blueGreen.activeSelector') === at(one, 'status.currentPodHash');
        if (isSwitched) expect(Date.now() - Date.parse(pause?.startTime ?? '')).toBeGreaterThanOrEqual(2_900);
        return isSwitched;
      });
      await app.untilPhase('Healthy', '');
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
    },
  );

  scenario(
    'keeps the preview at previewReplicaCount until it is promoted, and has all pods before the switch [Rollout.spec.strategy.blueGreen.previewReplicaCount, Rollout.status.blueGreen.scaleUpPreviewCheckPoint]',
    async (app) => {
      const spec = blueGreen({ autoPromotionEnabled: false, previewReplicaCount: 1 }, { replicas: 3 });
      await deployBlueGreen(app, spec);
      const paused = await releaseToPause(app, 'v2', spec);
      expect(await app.sizes()).toEqual({ v1: 3, v2: 1 });
      expect(at(paused, 'status.blueGreen.scaleUpPreviewCheckPoint')).toBeUndefined();

      await app.patchStatus({ pauseConditions: null });
      await app.until('the check point', (one) => at(one, 'status.blueGreen.scaleUpPreviewCheckPoint') === true);
      const healthy = await app.untilPhase('Healthy', '');
      expect(app.sizesOver('v2')).toEqual([1, 3]);
      const seen = app.seen();
      const isWhole = seen.findIndex((one) => one.kind === 'size' && one.version === 'v2' && one.replicas === 3);
      expect(isWhole).toBeGreaterThan(-1);
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
      expect(at(healthy, 'status.blueGreen.scaleUpPreviewCheckPoint')).toBeUndefined();
    },
  );

  scenario(
    'keeps the old pods for scaleDownDelaySeconds, by the time noted on their ReplicaSet [Rollout.spec.strategy.blueGreen.scaleDownDelaySeconds, annotation:scale-down-deadline]',
    async (app) => {
      const spec = blueGreen({ scaleDownDelaySeconds: 3 });
      await deployBlueGreen(app, spec);
      await app.releaseHealthy('v2', spec);
      const old = await setOfVersion(app, 'v1');
      const until = Date.parse(old?.metadata.annotations?.['scale-down-deadline'] ?? '');
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });

      await app.untilSizes({ v2: 2 });
      expect(Date.now()).toBeGreaterThanOrEqual(until);
      expect(app.sizesOver('v1')).toEqual([2, 0]);
    },
  );

  scenario(
    'keeps no more old revisions than scaleDownDelayRevisionLimit [Rollout.spec.strategy.blueGreen.scaleDownDelayRevisionLimit]',
    async (app) => {
      const spec = blueGreen({ scaleDownDelayRevisionLimit: 1 });
      await deployBlueGreen(app, spec);
      await app.releaseHealthy('v2', spec);
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });
      await app.releaseHealthy('v3', spec);
      await app.untilSizes({ v2: 2, v3: 2 });
      expect(app.sizesOver('v1')).toEqual([2, 0]);
    },
  );

  scenario('goes back without a pause to a revision whose pods are still there [event:SwitchService]', async (app) => {
    const spec = blueGreen({ autoPromotionEnabled: false });
    await deployBlueGreen(app, spec);
    await releaseToPause(app, 'v2', spec);
    await app.patchStatus({ pauseConditions: null });
    await app.untilPhase('Healthy', '');
    const pauses = reasonsOver(app).filter((one) => one === 'RolloutPaused').length;

    await app.releaseHealthy('v1', spec);
    expect(servedOver(app, 'active')).toEqual(['v1', 'v2', 'v1']);
    expect(reasonsOver(app).filter((one) => one === 'RolloutPaused')).toHaveLength(pauses);
    const back = await setOfVersion(app, 'v1');
    expect(back?.metadata.annotations).toMatchObject({
      'rollout.argoproj.io/revision': '3',
      'rollout.argoproj.io/revision-history': '1',
    });
    expect(app.sizesOver('v1')).toEqual([2]);
  });

  scenario('pauses on the way back to a revision that has lost its pods', async (app) => {
    const spec = blueGreen({ autoPromotionEnabled: false, scaleDownDelaySeconds: 1 });
    await deployBlueGreen(app, spec);
    await releaseToPause(app, 'v2', spec);
    await app.patchStatus({ pauseConditions: null });
    await app.untilPhase('Healthy', '');
    await app.untilSizes({ v2: 2 });

    await releaseToPause(app, 'v1', spec);
    expect([await served(app, 'active'), await served(app, 'preview')]).toEqual(['v2', 'v1']);
    expect(app.sizesOver('v1')).toEqual([2, 0, 2]);
  });
});
