/** Blue-green in Argo's dialect: what people do on the way (abort, retry, promote in full, pause, scale, release again) and what goes wrong. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, serviceObject } from './app.ts';
import {
  blueGreen,
  conditionOf,
  deployBlueGreen,
  reasonsOver,
  releaseToPause,
  served,
  servedOver,
  setOfVersion,
  untilObject,
  untilReasons,
} from './blue-green-app.ts';
import { onStage } from './stage.ts';
import { textAt } from './text-at.ts';

const byHand = { autoPromotionEnabled: false };

onStage('blue-green: people and trouble', (scenario) => {
  scenario(
    'an abort leaves live traffic alone and takes the preview after its delay [Rollout.status.abort, Rollout.status.abortedAt, Rollout.spec.strategy.blueGreen.abortScaleDownDelaySeconds, event:RolloutAborted, verb:abort]',
    async (app) => {
      const spec = blueGreen({ ...byHand, abortScaleDownDelaySeconds: 3 });
      await deployBlueGreen(app, spec);
      await releaseToPause(app, 'v2', spec);
      await app.patchStatus({ abort: true });

      const aborted = await app.untilPhase('Degraded', /^RolloutAborted: /);
      expect(at(aborted, 'status.abort')).toBe(true);
      expect(Date.parse(textAt(aborted, 'status.abortedAt'))).toBeLessThanOrEqual(Date.now());
      expect(conditionOf(aborted, 'Progressing')).toMatchObject({ status: 'False', reason: 'RolloutAborted' });
      const preview = await untilObject(app, 'apis/apps/v1/replicasets', `app-${await app.hashOf('v2')}`, (one) =>
        Object.hasOwn(one.metadata.annotations ?? {}, 'scale-down-deadline'),
      );
      expect(at(preview, 'spec.replicas')).toBe(2);
      const goes = Date.parse(preview.metadata.annotations?.['scale-down-deadline'] ?? '');
      expect(goes - Date.parse(textAt(aborted, 'status.abortedAt'))).toBeGreaterThanOrEqual(2_000);

      await app.untilSizes({ v1: 2 });
      expect(Date.now()).toBeGreaterThanOrEqual(goes);
      expect(servedOver(app, 'active')).toEqual(['v1']);
      expect(app.events().filter((one) => one === 'RolloutAborted')).toHaveLength(1);
    },
  );

  scenario(
    'abortScaleDownDelaySeconds 0 keeps the preview for good, and a retry is promoted from there [verb:retry]',
    async (app) => {
      const spec = blueGreen({ ...byHand, abortScaleDownDelaySeconds: 0 });
      await deployBlueGreen(app, spec);
      await releaseToPause(app, 'v2', spec);
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: /);
      expect((await setOfVersion(app, 'v2'))?.metadata.annotations).not.toHaveProperty('scale-down-deadline');
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });

      await app.patchStatus({ abort: false });
      const again = await app.untilPhase('Paused', 'BlueGreenPause');
      expect(at(again, 'status.abort') ?? false).toBe(false);
      expect(at(again, 'status.abortedAt')).toBeUndefined();
      await app.patchStatus({ pauseConditions: null });
      await app.untilPhase('Healthy', '');
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
      expect(app.sizesOver('v2')).toEqual([2]);
    },
  );

  scenario(
    'a promotion in full asks nobody any more: no pause, no analysis [Rollout.status.promoteFull, verb:promote-full]',
    async (app) => {
      const analysis: JsonObject = { templates: [{ templateName: 'never' }] };
      const metrics = [{ name: 'never', provider: { web: { url: 'http://127.0.0.1:1/' } }, initialDelay: '1h' }];
      await app.apply({
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisTemplate',
        metadata: { name: 'never' },
        spec: { metrics },
      });
      const spec = blueGreen({ ...byHand, prePromotionAnalysis: analysis, postPromotionAnalysis: analysis });
      await deployBlueGreen(app, spec);
      await app.release('v2', spec);
      await app.until('the analysis runs', (one) => {
        return at(one, 'status.blueGreen.prePromotionAnalysisRunStatus.status') === 'Running';
      });
      expect(servedOver(app, 'active')).toEqual(['v1']);
      await app.patchStatus({ promoteFull: true });

      const healthy = await app.untilPhase('Healthy', '');
      expect(at(healthy, 'status.promoteFull') ?? false).toBe(false);
      expect(reasonsOver(app)).not.toContain('RolloutPaused');
      const runs = await app.list('apis/argoproj.io/v1alpha1/analysisruns');
      expect(runs.map((one) => [one.metadata.name.endsWith('-2-pre'), at(one, 'spec.terminate')])).toEqual([
        [true, true],
      ]);
    },
  );

  scenario(
    'a third version takes the place of the second behind the preview; live traffic never sees the second',
    async (app) => {
      const spec = blueGreen(byHand);
      await deployBlueGreen(app, spec);
      await releaseToPause(app, 'v2', spec);
      await releaseToPause(app, 'v3', spec);
      await app.untilSizes({ v1: 2, v3: 2 });
      expect(servedOver(app, 'preview')).toEqual(['v1', 'v2', 'v3']);
      await app.patchStatus({ pauseConditions: null });
      await app.untilPhase('Healthy', '');
      expect(servedOver(app, 'active')).toEqual(['v1', 'v3']);
      expect((await setOfVersion(app, 'v3'))?.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('3');
    },
  );

  scenario('the stable template again ends the update where it is', async (app) => {
    const spec = blueGreen(byHand);
    await deployBlueGreen(app, spec);
    await releaseToPause(app, 'v2', spec);
    await app.releaseHealthy('v1', spec);
    const rollout = await app.rollout();
    expect(at(rollout, 'status.pauseConditions')).toBeUndefined();
    expect(at(rollout, 'status.controllerPause') ?? false).toBe(false);
    expect(servedOver(app, 'active')).toEqual(['v1']);
    await untilObject(app, 'api/v1/services', 'preview', (one) => {
      return at(one, 'spec.selector.rollouts-pod-template-hash') === at(rollout, 'status.stableRS');
    });
    expect(app.sizesOver('v1')).toEqual([2]);
  });

  scenario(
    'spec.paused holds the update before the switch until it is taken back [Rollout.spec.paused, phase:Paused, verb:pause, verb:resume]',
    async (app) => {
      const spec = blueGreen();
      await deployBlueGreen(app, spec);
      await app.release('v2', { ...spec, paused: true });
      const held = await app.untilPhase('Paused', 'manually paused');
      expect(conditionOf(held, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
      expect(at(held, 'status.blueGreen.activeSelector')).toBe(await app.hashOf('v1'));

      await app.patch({ spec: { paused: false } });
      await app.untilPhase('Healthy', '');
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
    },
  );

  scenario(
    'a new size during the pause is the size of both [Rollout.status.replicas, Rollout.status.updatedReplicas, Rollout.status.availableReplicas, Rollout.status.HPAReplicas]',
    async (app) => {
      const spec = blueGreen(byHand);
      await deployBlueGreen(app, spec);
      await releaseToPause(app, 'v2', spec);
      await app.patch({ spec: { replicas: 3 } });
      await app.untilSizes({ v1: 3, v2: 3 });
      const counted = await app.until('the counts', (one) => {
        return at(one, 'status.replicas') === 6 && at(one, 'status.availableReplicas') === 3;
      });
      // An autoscaler sees the pods of live traffic only.
      expect([at(counted, 'status.HPAReplicas'), at(counted, 'status.updatedReplicas')]).toEqual([3, 3]);
      expect(await served(app, 'active')).toBe('v1');
    },
  );

  scenario(
    'a Service that is missing is an invalid spec; the release goes on when it is there [condition:Rollout.InvalidSpec, phase:Degraded]',
    async (app) => {
      await app.apply(serviceObject('preview'));
      await app.release('v1', blueGreen());
      const refused = await app.untilPhase('Degraded', /^InvalidSpec: .*active/);
      expect(conditionOf(refused, 'InvalidSpec')).toMatchObject({ status: 'True', reason: 'InvalidSpec' });
      expect(await app.sizes()).toEqual({});
      await app.apply(serviceObject('active'));
      const healthy = await app.untilPhase('Healthy', '');
      expect(conditionOf(healthy, 'InvalidSpec')?.status ?? 'False').toBe('False');
    },
  );

  scenario('a Service of other pods is refused, and nothing moves', async (app) => {
    await app.apply(serviceObject('active'), {
      ...serviceObject('preview'),
      spec: { selector: { app: 'other' }, ports: [{ port: 80 }] },
    });
    await app.release('v1', blueGreen());
    await app.untilPhase('Degraded', /^InvalidSpec: .*preview/);
    expect(await app.sizes()).toEqual({});
  });

  scenario(
    'a version that cannot start is given up after its deadline with progressDeadlineAbort [Rollout.spec.progressDeadlineAbort, Rollout.status.message]',
    async (app) => {
      const spec = blueGreen({ abortScaleDownDelaySeconds: 1 });
      await deployBlueGreen(app, spec);
      await app.release('missing', { ...spec, progressDeadlineSeconds: 3, progressDeadlineAbort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: /);
      await app.untilSizes({ v1: 2 });
      expect(servedOver(app, 'active')).toEqual(['v1']);
    },
  );

  scenario(
    'without it the deadline is told, and the next version mends it [Rollout.spec.progressDeadlineSeconds, condition:Rollout.Progressing]',
    async (app) => {
      await deployBlueGreen(app);
      await app.release('missing', { ...blueGreen(), progressDeadlineSeconds: 3 });
      const late = await app.untilPhase('Degraded', /^ProgressDeadlineExceeded: /);
      expect(conditionOf(late, 'Progressing')).toMatchObject({ status: 'False', reason: 'ProgressDeadlineExceeded' });
      expect([await served(app, 'active'), at(late, 'status.abort') ?? false]).toEqual(['v1', false]);
      await app.releaseHealthy('v2', blueGreen());
      expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
      await untilReasons(app, ['RolloutAddedToInformer']);
    },
  );
});
