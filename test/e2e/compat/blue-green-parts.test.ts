/** Blue-green in Argo's dialect: analysis around the switch, metadata of pods, history, restarts, conditions. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, serviceObject } from './app.ts';
import { answering, promotedBy, template, untilSo } from './analysis-app.ts';
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
  untilObject,
} from './blue-green-app.ts';
import { onStage } from './stage.ts';
import { inOrder, textAt } from './text-at.ts';

const sets = 'apis/apps/v1/replicasets';
const pods = 'api/v1/pods';

onStage('blue-green: analysis and pods', (scenario) => {
  scenario(
    'switches when the analysis before it has passed, and says what it waits for [Rollout.spec.strategy.blueGreen.prePromotionAnalysis, Rollout.status.blueGreen.prePromotionAnalysisRunStatus, event:AnalysisRunRunning]',
    async (app) => {
      const backend = await answering('wait');
      try {
        await app.apply(template('checks', backend.url));
        const spec = blueGreen({ prePromotionAnalysis: promotedBy('checks') });
        await deployBlueGreen(app, spec);
        expect(await app.list('apis/argoproj.io/v1alpha1/analysisruns')).toEqual([]);
        await app.release('v2', spec);
        const waits = await app.untilPhase('Progressing', 'waiting for analysis to complete');
        const name = `app-${await app.hashOf('v2')}-2-pre`;
        await app.until('it runs', (one) => {
          return at(one, 'status.blueGreen.prePromotionAnalysisRunStatus.status') === 'Running';
        });
        expect(at(waits, 'status.blueGreen.prePromotionAnalysisRunStatus.name')).toBe(name);
        expect([await served(app, 'active'), await served(app, 'preview')]).toEqual(['v1', 'v2']);

        backend.answer('good');
        await app.untilPhase('Healthy', '');
        expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
        const run = await app.read('apis/argoproj.io/v1alpha1/analysisruns', name);
        expect(at(run, 'status.phase')).toBe('Successful');
        expect(run?.metadata.labels?.['rollout-type']).toBe('PrePromotion');
      } finally {
        await backend.close();
      }
    },
  );

  scenario(
    'an analysis that fails before the switch aborts, and live traffic never sees the version [event:AnalysisRunFailed]',
    async (app) => {
      const backend = await answering('bad');
      try {
        await app.apply(template('checks', backend.url));
        const spec = blueGreen({ prePromotionAnalysis: promotedBy('checks'), abortScaleDownDelaySeconds: 1 });
        await deployBlueGreen(app, spec);
        await app.release('v2', spec);
        const aborted = await app.untilPhase(
          'Degraded',
          /^RolloutAborted: .*Metric "rate" assessed Failed.*\(1\) > failureLimit \(0\)/,
        );
        expect(at(aborted, 'status.abort')).toBe(true);
        expect(at(aborted, 'status.blueGreen.prePromotionAnalysisRunStatus.status')).toBe('Failed');
        await app.untilSizes({ v1: 2 });
        expect(servedOver(app, 'active')).toEqual(['v1']);
        expect(reasonsOver(app)).toContain('AnalysisRunFailed');
      } finally {
        await backend.close();
      }
    },
  );

  scenario(
    'an analysis that fails after the switch gives live traffic back [Rollout.spec.strategy.blueGreen.postPromotionAnalysis, Rollout.status.blueGreen.postPromotionAnalysisRunStatus]',
    async (app) => {
      const backend = await answering('wait');
      try {
        await app.apply(template('checks', backend.url));
        const spec = blueGreen({ postPromotionAnalysis: promotedBy('checks'), scaleDownDelaySeconds: 1 });
        await deployBlueGreen(app, spec);
        await app.release('v2', spec);
        await app.until('it runs', (one) => {
          return at(one, 'status.blueGreen.postPromotionAnalysisRunStatus.status') === 'Running';
        });
        const old = await setOfVersion(app, 'v1');
        expect(at(old, 'spec.replicas')).toBe(2);
        expect(old?.metadata.annotations).not.toHaveProperty('scale-down-deadline');
        const during = await app.rollout();
        expect([at(during, 'status.stableRS'), at(during, 'status.blueGreen.activeSelector')]).toEqual([
          await app.hashOf('v1'),
          await app.hashOf('v2'),
        ]);
        backend.answer('bad');
        await app.untilPhase('Degraded', /^RolloutAborted: /);
        await untilObject(app, 'api/v1/services', 'active', (one) => {
          return at(one, 'spec.selector.rollouts-pod-template-hash') === at(during, 'status.stableRS');
        });
        expect(servedOver(app, 'active')).toEqual(['v1', 'v2', 'v1']);
        expect(app.sizesOver('v1')).toEqual([2]);
        expect(at(await app.rollout(), 'status.blueGreen.postPromotionAnalysisRunStatus.name')).toBe(
          `app-${await app.hashOf('v2')}-2-post`,
        );
      } finally {
        await backend.close();
      }
    },
  );

  scenario(
    'an inconclusive analysis pauses; the promotion of a person goes on without it [verb:promote-inconclusive]',
    async (app) => {
      const backend = await answering('odd');
      try {
        await app.apply(template('checks', backend.url));
        const spec = blueGreen({ prePromotionAnalysis: promotedBy('checks') });
        await deployBlueGreen(app, spec);
        await app.release('v2', spec);
        const paused = await app.untilPhase('Paused', 'InconclusiveAnalysisRun');
        expect(at(paused, 'status.controllerPause')).toBe(true);
        expect(await served(app, 'active')).toBe('v1');
        await app.patchStatus({ pauseConditions: null });
        await app.untilPhase('Healthy', '');
        expect(servedOver(app, 'active')).toEqual(['v1', 'v2']);
      } finally {
        await backend.close();
      }
    },
  );

  scenario(
    'pods carry the metadata of their role for as long as they have it [Rollout.spec.strategy.blueGreen.previewMetadata, Rollout.spec.strategy.blueGreen.activeMetadata, annotation:rollout.argoproj.io/ephemeral-metadata]',
    async (app) => {
      const spec = blueGreen({
        autoPromotionEnabled: false,
        previewMetadata: { labels: { role: 'preview' } },
        activeMetadata: { labels: { role: 'active' }, annotations: { note: 'live' } },
      });
      await deployBlueGreen(app, spec);
      const rolesOf = async (version: string): Promise<readonly unknown[]> => {
        const hash = await app.hashOf(version);
        const own = (await app.list(pods)).filter(
          (one) => one.metadata.labels?.['rollouts-pod-template-hash'] === hash,
        );
        return own.map((one) => one.metadata.labels?.['role']);
      };
      await releaseToPause(app, 'v2', spec);
      expect([await rolesOf('v1'), await rolesOf('v2')]).toEqual([
        ['active', 'active'],
        ['preview', 'preview'],
      ]);
      const set = await setOfVersion(app, 'v2');
      expect(set?.metadata.annotations?.['rollout.argoproj.io/ephemeral-metadata']).toContain('preview');
      const uids = inOrder((await app.list(pods)).map((one) => one.metadata.uid));

      await app.patchStatus({ pauseConditions: null });
      await app.untilPhase('Healthy', '');
      await untilObject(app, sets, `app-${await app.hashOf('v2')}`, (one) => {
        return at(one, 'spec.template.metadata.labels.role') === 'active';
      });
      for (const { metadata } of (await app.list(pods)).filter((one) =>
        one.metadata.name.includes(`${set?.metadata.name ?? ''}-`),
      ))
        await untilObject(app, pods, metadata.name, (one) => one.metadata.labels?.['role'] === 'active');
      expect(inOrder((await app.list(pods)).map((one) => one.metadata.uid))).toEqual(uids);
    },
  );

  scenario(
    'revisions are numbered, and idle ones beyond the history go [Rollout.spec.revisionHistoryLimit, annotation:rollout.argoproj.io/desired-replicas]',
    async (app) => {
      const spec = blueGreen({ scaleDownDelaySeconds: 0 }, { revisionHistoryLimit: 1 });
      await deployBlueGreen(app, spec);
      await app.releaseHealthy('v2', spec);
      await app.untilSizes({ v2: 2 });
      await app.releaseHealthy('v3', spec);
      await app.untilSizes({ v3: 2 });
      await untilObject(app, sets, `app-${await app.hashOf('v3')}`, (one) => {
        return one.metadata.annotations?.['rollout.argoproj.io/revision'] === '3';
      });
      await app.until('its revision', (one) => one.metadata.annotations?.['rollout.argoproj.io/revision'] === '3');
      const live = await setOfVersion(app, 'v3');
      expect(live?.metadata.annotations?.['rollout.argoproj.io/desired-replicas']).toBe('2');
      await untilSo('the oldest is gone', async () => (await setOfVersion(app, 'v1')) === undefined);
      expect(await setOfVersion(app, 'v2')).toBeDefined();
    },
  );

  scenario(
    'a restart replaces the pods of live traffic, maxUnavailable at a time [Rollout.spec.restartAt, Rollout.status.restartedAt, Rollout.spec.strategy.blueGreen.maxUnavailable, verb:restart]',
    async (app) => {
      const spec = blueGreen({ maxUnavailable: 1 });
      await deployBlueGreen(app, spec);
      const uids = (await app.list(pods)).map((one) => one.metadata.uid);
      const restartAt = new Date(Date.now() + 1_000).toISOString().replace(/\.\d+Z$/, 'Z');
      await app.patch({ spec: { restartAt } });
      await app.untilPhase('Progressing', 'rollout is restarting');
      const restarted = await app.until('restarted', (one) => at(one, 'status.restartedAt') === restartAt);
      await app.untilPhase('Healthy', '');
      await untilSo('the old pods have ended', async () =>
        (await app.list(pods)).every(({ metadata }) => !uids.includes(metadata.uid)),
      );
      expect(at(restarted, 'status.currentPodHash')).toBe(await app.hashOf('v1'));
    },
  );

  scenario(
    'conditions follow the update [condition:Rollout.Available, condition:Rollout.Completed, condition:Rollout.Healthy, Rollout.status.conditions]',
    async (app) => {
      const spec = blueGreen({ autoPromotionEnabled: false });
      await deployBlueGreen(app, spec);
      const states = (one: Parameters<typeof conditionOf>[0]) =>
        ['Available', 'Completed', 'Healthy', 'Progressing'].map((type) => conditionOf(one, type)?.status);
      expect(states(await app.untilPhase('Healthy', ''))).toEqual(['True', 'True', 'True', 'True']);
      const paused = await releaseToPause(app, 'v2', spec);
      expect(states(paused)).toEqual(['True', 'False', 'False', 'Unknown']);
      await app.patchStatus({ pauseConditions: null });
      const healthy = await app.untilPhase('Healthy', '');
      expect(states(healthy)).toEqual(['True', 'True', 'True', 'True']);
      expect(conditionOf(healthy, 'Progressing')?.reason).toBe('NewReplicaSetAvailable');
      expect(messagesOver(app)).toContain('more replicas need to be updated');
    },
  );

  scenario(
    'keeps the versions apart by host when asked to [AntiAffinity.requiredDuringSchedulingIgnoredDuringExecution]',
    async (app) => {
      const spec = blueGreen({ antiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } });
      await deployBlueGreen(app, spec);
      await app.releaseHealthy('v2', spec);
      const path = 'spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution';
      const terms = at(await setOfVersion(app, 'v2'), path);
      expect(JSON.stringify(terms)).toContain(await app.hashOf('v1'));
      expect(terms).toMatchObject([{ topologyKey: 'kubernetes.io/hostname' }]);
      expect(at(await app.rollout(), 'spec.template.spec.affinity')).toBeUndefined();
    },
  );

  scenario('the same Service twice is refused', async (app) => {
    await app.apply(serviceObject('active'));
    const refused = await app.release('v1', blueGreen({ previewService: 'active' })).then(
      () => app.untilPhase('Degraded', /^InvalidSpec: /),
      (error: unknown) => error,
    );
    // Refused at apply time already where the API server can say it.
    expect(refused instanceof Error ? refused.message : textAt(refused as JsonObject, 'status.message')).toMatch(
      /active/,
    );
    expect(await app.sizes()).toEqual({});
  });
});
