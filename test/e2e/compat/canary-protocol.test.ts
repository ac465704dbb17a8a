/** What people ask for by the patches of `kubectl argo rollouts`: promote, abort, retry, pause, skip, undo; and the events of it. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, conditionOf } from './app.ts';
import { firstDeploy, pausedAtCanary, plan, promote, updateBegins } from './canary-plans.ts';
import { versionOf } from './recording.ts';
import { onStage } from './stage.ts';

const hashLabel = 'rollouts-pod-template-hash';
const halfThenPause = plan([{ setWeight: 50 }, { pause: {} }]);
const twoPauses = plan([{ setWeight: 25 }, { pause: {} }, { setWeight: 50 }, { pause: {} }]);

onStage('requests of people to a canary', (scenario) => {
  scenario(
    'deploy, update, abort, retry, promote tell the 21 events of the reference [event:RolloutAddedToInformer, event:RolloutAborted, event:RolloutResumed, event:RolloutCompleted, event:RolloutNotCompleted]',
    async (app) => {
      const spec = { replicas: 1, ...halfThenPause };
      await app.releaseHealthy('v1', spec);
      await app.untilEvents([...firstDeploy]);
      await app.release('v2', spec);
      await app.untilPhase('Paused');
      const paused = [...firstDeploy, ...updateBegins, 'RolloutStepCompleted', 'RolloutPaused'];
      await app.untilEvents(paused);
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded');
      const aborted = [...paused, 'ScalingReplicaSet', 'RolloutAborted'];
      await app.untilEvents(aborted);
      await app.patchStatus({ abort: false });
      await app.untilPhase('Paused');
      await app.patchStatus(promote);
      await app.untilPhase('Healthy');

      // The three of the retry say the same as before the abort, so they count up on the events that exist.
      await app.untilEvents([
        ...aborted,
        'RolloutStepCompleted',
        'RolloutResumed',
        'ScalingReplicaSet',
        'RolloutCompleted',
      ]);
      await app.untilSeen('21 events', () => Object.values(app.eventCounts()).reduce((a, b) => a + b, 0) >= 21, 30_000);
      expect(app.eventCounts()).toEqual({
        RolloutAddedToInformer: 1,
        RolloutUpdated: 2,
        NewReplicaSetCreated: 2,
        RolloutNotCompleted: 2,
        ScalingReplicaSet: 5,
        RolloutStepCompleted: 3,
        RolloutPaused: 2,
        RolloutAborted: 1,
        RolloutResumed: 1,
        RolloutCompleted: 2,
      });
    },
  );

  scenario(
    'a pause is told by status, conditions and an event [event:RolloutPaused, condition:Rollout.Paused, Rollout.status.pauseConditions[].startTime, Rollout.status.controllerPause]',
    async (app) => {
      await pausedAtCanary(app, twoPauses);
      const rollout = await app.rollout();
      const conditions = at(rollout, 'status.pauseConditions') as { reason: string; startTime: string }[];
      expect(conditions.map(({ reason }) => reason)).toEqual(['CanaryPauseStep']);
      expect(Date.parse(conditions[0]?.startTime ?? '')).toBeLessThanOrEqual(Date.now() + 1000);
      expect(at(rollout, 'status.controllerPause')).toBe(true);
      expect(conditionOf(rollout, 'Paused')).toMatchObject({ status: 'True', reason: 'RolloutPaused' });
      expect(conditionOf(rollout, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
      await app.untilSeen('the event', () => app.events().includes('RolloutPaused'));

      await app.patchStatus(promote);
      const next = await app.until('the second pause', (one) => at(one, 'status.currentStepIndex') === 3);
      expect(await app.sizes()).toEqual({ v1: 2, v2: 2 });
      await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(next.metadata.generation).toBe(rollout.metadata.generation);
    },
  );

  scenario(
    'a timed pause goes on by itself, in seconds and as a duration [Rollout.spec.strategy.canary.steps[].pause.duration, event:RolloutStepCompleted]',
    async (app) => {
      const spec = plan([
        { setWeight: 25 },
        { pause: { duration: 1 } },
        { setWeight: 50 },
        { pause: { duration: '1s' } },
      ]);
      await app.releaseHealthy('v1', spec);
      await app.untilEvents([...firstDeploy]);
      await app.releaseHealthy('v2', spec);
      await app.untilSeen('the end', () => app.events().at(-1) === 'RolloutCompleted' && app.events().length > 7);
      const told = app.events().filter((reason) => /Paused|Resumed|Step|Aborted/.test(reason));
      // Both ends of a pause are told, whoever ended it; the second pair repeats the words of the first.
      expect(told).toEqual([
        'RolloutStepCompleted',
        'RolloutPaused',
        'RolloutStepCompleted',
        'RolloutResumed',
        'RolloutStepCompleted',
        'RolloutStepCompleted',
      ]);
      const steps = app.seen().flatMap((one) => (one.kind === 'status' ? [one.step] : []));
      expect(steps.filter((step, index) => step !== steps[index - 1]).slice(-5)).toEqual([0, 1, 2, 3, 4]);
    },
  );

  scenario(
    'a full promotion skips every step that is left [verb:promote-full, Rollout.status.promoteFull, event:SkipSteps]',
    async (app) => {
      await pausedAtCanary(app, twoPauses);
      await app.patchStatus({ promoteFull: true });
      const rollout = await app.untilPhase('Healthy', '');
      expect(at(rollout, 'status.promoteFull')).toBeUndefined();
      expect(at(rollout, 'status.currentStepIndex')).toBe(4);
      expect(at(rollout, 'status.stableRS')).toBe(await app.hashOf('v2'));
      await app.untilSeen('the event', () => app.events().at(-1) === 'RolloutCompleted');
      const after = app.events().slice(app.events().lastIndexOf('RolloutPaused') + 1);
      expect(after.filter((reason) => reason !== 'ScalingReplicaSet')).toEqual(['SkipSteps', 'RolloutCompleted']);
    },
  );

  scenario(
    'one step is skipped by the next index [verb:skip-current, Rollout.status.currentStepIndex]',
    async (app) => {
      await app.releaseHealthy('v1', twoPauses);
      // Never ready, so it stands at its first step, which is no pause.
      await app.release('missing', twoPauses);
      await app.until('the first step', (one) => at(one, 'status.currentStepIndex') === 0);
      await app.untilSizes({ v1: 4, missing: 1 });
      await app.patchStatus({ currentStepIndex: 1 });
      await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(at(await app.rollout(), 'status.currentStepIndex')).toBe(1);
    },
  );

  scenario('all steps are skipped by an index past the last [verb:skip-all]', async (app) => {
    await pausedAtCanary(app, twoPauses);
    await app.patchStatus({ ...promote, controllerPause: false, currentStepIndex: 4 });
    const rollout = await app.untilPhase('Healthy', '');
    expect(await app.sizes()).toEqual({ v2: 4 });
    expect(at(rollout, 'status.stableRS')).toBe(await app.hashOf('v2'));
  });

  scenario(
    'an abort takes the canary down at once and says why [verb:abort, phase:Degraded, Rollout.status.abort, Rollout.status.abortedAt, Rollout.status.message]',
    async (app) => {
      await pausedAtCanary(app, twoPauses);
      await app.patchStatus({ abort: true });
      const rollout = await app.untilPhase('Degraded', /^RolloutAborted: ./);
      await app.untilSizes({ v1: 4 });
      expect(at(rollout, 'status.abort')).toBe(true);
      expect(at(rollout, 'status.abortedAt')).toMatch(/^\d{4}-.*Z$/);
      expect(at(rollout, 'status.currentStepIndex')).toBe(0);
      expect(at(rollout, 'status.pauseConditions')).toBeUndefined();
      expect(conditionOf(rollout, 'Progressing')).toMatchObject({ status: 'False', reason: 'RolloutAborted' });
      expect(conditionOf(rollout, 'Completed')).toMatchObject({ status: 'False' });
      expect(Math.min(...app.totals().slice(1))).toBe(4);
    },
  );

  scenario(
    'a retry starts the plan over with the same revision [verb:retry, condition:Rollout.Progressing]',
    async (app) => {
      await pausedAtCanary(app, twoPauses);
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded');
      await app.untilSizes({ v1: 4 });
      const hash = await app.hashOf('v2');
      await app.patchStatus({ abort: false });
      const rollout = await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(at(rollout, 'status.abortedAt')).toBeUndefined();
      expect(at(rollout, 'status.currentPodHash')).toBe(hash);
      expect(at(rollout, 'status.currentStepIndex')).toBe(1);
      expect(await app.sizes()).toEqual({ v1: 3, v2: 1 });
      expect(conditionOf(rollout, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
      const phases = app.seen().flatMap((one) => (one.kind === 'status' ? [one.phase] : []));
      expect(phases.lastIndexOf('Degraded')).toBeLessThan(phases.lastIndexOf('Progressing'));
    },
  );

  scenario('an abort with nothing under way changes nothing', async (app) => {
    await app.releaseHealthy('v1', twoPauses);
    await app.untilEvents([...firstDeploy]);
    await app.patchStatus({ abort: true });
    await app.until('the request is dropped', (one) => at(one, 'status.abort') === undefined);
    expect(at(await app.rollout(), 'status.phase')).toBe('Healthy');
    expect(app.sizesOver('v1')).toEqual([4]);
    expect(app.events()).toEqual([...firstDeploy]);
  });

  scenario('an abort outranks a promotion asked for at the same time', async (app) => {
    await pausedAtCanary(app, twoPauses);
    await app.patchStatus({ ...promote, promoteFull: true, abort: true });
    await app.untilPhase('Degraded', /^RolloutAborted/);
    await app.untilSizes({ v1: 4 });
    expect(at(await app.rollout(), 'status.stableRS')).toBe(await app.hashOf('v1'));
  });

  scenario(
    'spec.paused stops a rollout where it is, and false lets it go on [verb:pause, verb:resume, Rollout.spec.paused, Rollout.status.phase]',
    async (app) => {
      const spec = plan([{ setWeight: 25 }, { pause: { duration: 2 } }, { setWeight: 50 }, { pause: {} }]);
      await app.releaseHealthy('v1', spec);
      await app.patch({ spec: { paused: true } });
      const held = await app.untilPhase('Paused', 'manually paused');
      expect(conditionOf(held, 'Progressing')).toMatchObject({ status: 'Unknown', reason: 'RolloutPaused' });
      await app.release('v2', spec);
      await app.until('it is seen', (one) => at(one, 'status.currentPodHash') !== at(one, 'status.stableRS'));
      await app.untilPhase('Paused', 'manually paused');
      expect(await app.sizes()).toEqual({ v1: 4 });

      await app.patch({ spec: { paused: false } });
      await app.until('the last pause', (one) => at(one, 'status.currentStepIndex') === 3);
      await app.untilSizes({ v1: 2, v2: 2 });
      const phases = app.seen().flatMap((one) => (one.kind === 'status' ? [`${one.phase} ${one.message}`] : []));
      // Once seen as paused it does not flip to and fro.
      const first = phases.indexOf('Paused manually paused');
      expect(
        phases.slice(first, phases.lastIndexOf('Paused manually paused')).every((one) => one.startsWith('Paused')),
      ).toBe(true);
    },
  );

  scenario(
    'an undo is the old template by a JSON patch: the old ReplicaSet again, with a new number [verb:undo, annotation:rollout.argoproj.io/revision-history]',
    async (app, { cluster }) => {
      const path = `/apis/argoproj.io/v1alpha1/namespaces/${app.namespace}/rollouts/app`;
      await app.releaseHealthy('v1', { replicas: 2 });
      await app.releaseHealthy('v2', { replicas: 2 });
      const sets = await app.list('apis/apps/v1/replicasets');
      const old = sets.find((one) => versionOf(one) === 'v1');
      const { labels } = at(old, 'spec.template.metadata') as { labels: JsonObject };
      const { 'rollouts-pod-template-hash': _hash, ...plain } = labels;
      const value = { metadata: { labels: plain }, spec: at(old, 'spec.template.spec') ?? null };
      const patch = [{ op: 'replace', path: '/spec/template', value }];
      const { status } = await cluster.api.request('PATCH', path, patch, 'application/json-patch+json');
      expect(status).toBe(200);

      await app.until('v1 is stable', (one) => at(one, 'status.stableRS') === old?.metadata.labels?.[hashLabel]);
      await app.untilSizes({ v1: 2 });
      const now = await app.list('apis/apps/v1/replicasets');
      expect(now).toHaveLength(2);
      const again = now.find((one) => one.metadata.uid === old?.metadata.uid);
      expect(again?.metadata.annotations).toMatchObject({
        'rollout.argoproj.io/revision': '3',
        'rollout.argoproj.io/revision-history': '1',
      });
    },
  );
});
