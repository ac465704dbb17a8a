/** Analysis of canaries in Argo's dialect: steps, beside the steps, verdicts and what they do to the rollout. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { promotedBy, rateMetric, resultOf, runs, template, untilRun, untilSo, withBackend } from './analysis-app.ts';
import { type App, at } from './app.ts';
import { conditionOf, reasonsOver } from './blue-green-app.ts';
import { onStage } from './stage.ts';
import { inOrder, textAt } from './text-at.ts';

const group = 'argoproj.io/v1alpha1';
const canary = (...steps: readonly JsonObject[]): JsonObject => ({ replicas: 2, strategy: { canary: { steps } } });
const beside = (analysis: JsonObject, ...steps: readonly JsonObject[]): JsonObject => ({
  replicas: 2,
  strategy: { canary: { analysis, steps } },
});

const stepRun = async (app: App, version: string, revision: number, step: number): Promise<string> =>
  `app-${await app.hashOf(version)}-${revision}-${step}`;

onStage('analysis of a canary', (scenario) => {
  scenario(
    'a step waits for its analysis, named and labelled by revision and step; the first deploy has none [step:analysis, label:rollout-type, label:step-index, annotation:rollout.argoproj.io/revision, label:rollouts-pod-template-hash]',
    (app) =>
      withBackend('wait', async (backend) => {
        const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') });
        await app.apply(template('checks', backend.url));
        await app.releaseHealthy('v1', spec);
        expect(await app.list(runs)).toEqual([]);
        await app.release('v2', spec);
        const waits = await app.until('the run', (one) => {
          return at(one, 'status.canary.currentStepAnalysisRunStatus.status') === 'Running';
        });
        const name = await stepRun(app, 'v2', 2, 1);
        expect(at(waits, 'status.canary.currentStepAnalysisRunStatus.name')).toBe(name);
        expect([at(waits, 'status.currentStepIndex'), at(waits, 'status.phase')]).toEqual([1, 'Progressing']);
        const run = await app.read(runs, name);
        expect(run?.metadata.labels).toMatchObject({
          app: 'app',
          'rollout-type': 'Step',
          'step-index': '1',
          'rollouts-pod-template-hash': await app.hashOf('v2'),
          'argo-rollouts.argoproj.io/controller-instance-id': 'compat',
        });
        expect(run?.metadata.annotations?.['rollout.argoproj.io/revision']).toBe('2');
        expect(run?.metadata.ownerReferences).toMatchObject([{ kind: 'Rollout', name: 'app', controller: true }]);

        backend.answer('good');
        await app.untilPhase('Healthy', '');
        expect(at(await app.read(runs, name), 'status.phase')).toBe('Successful');
        await untilSo('its events', async () =>
          ['AnalysisRunRunning', 'AnalysisRunSuccessful'].every((one) => reasonsOver(app).includes(one)),
        );
      }),
  );

  scenario(
    'a failing step aborts with the message of the metric [event:AnalysisRunFailed, Rollout.status.message]',
    (app) =>
      withBackend('bad', async (backend) => {
        const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') }, { pause: {} });
        await app.apply(template('checks', backend.url));
        await app.releaseHealthy('v1', spec);
        await app.release('v2', spec);
        const aborted = await app.untilPhase(
          'Degraded',
          /^RolloutAborted: Step-based analysis phase error\/failed: .*Metric "rate" assessed Failed due to failed \(1\) > failureLimit \(0\)/,
        );
        expect(at(aborted, 'status.abort')).toBe(true);
        expect(at(aborted, 'status.currentStepIndex')).toBe(0);
        expect(conditionOf(aborted, 'Progressing')).toMatchObject({ status: 'False', reason: 'RolloutAborted' });
        await app.untilSizes({ v1: 2 });
        await untilSo('its events', async () =>
          ['AnalysisRunFailed', 'RolloutAborted'].every((one) => reasonsOver(app).includes(one)),
        );
      }),
  );

  scenario(
    'errors beyond the limit abort as Argo does, too [event:AnalysisRunError, event:AnalysisRunPending]',
    (app) =>
      withBackend('error', async (backend) => {
        const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') });
        await app.apply(template('checks', backend.url, { consecutiveErrorLimit: 0 }));
        await app.releaseHealthy('v1', spec);
        await app.release('v2', spec);
        await app.untilPhase(
          'Degraded',
          /^RolloutAborted: .*Metric "rate" assessed Error due to consecutiveErrors \(1\) > consecutiveErrorLimit \(0\)/,
        );
        await app.untilSizes({ v1: 2 });
        await untilSo('its events', async () =>
          ['AnalysisRunPending', 'AnalysisRunError'].every((one) => reasonsOver(app).includes(one)),
        );
      }),
  );

  scenario(
    'an inconclusive step pauses; a promotion goes on to the next step [event:AnalysisRunInconclusive, Rollout.status.pauseConditions[].reason]',
    (app) =>
      withBackend('odd', async (backend) => {
        const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') }, { pause: {} });
        await app.apply(template('checks', backend.url));
        await app.releaseHealthy('v1', spec);
        await app.release('v2', spec);
        const paused = await app.untilPhase('Paused', 'InconclusiveAnalysisRun');
        expect(at(paused, 'status.pauseConditions')).toMatchObject([{ reason: 'InconclusiveAnalysisRun' }]);
        expect([at(paused, 'status.controllerPause'), at(paused, 'status.currentStepIndex')]).toEqual([true, 1]);
        // What the plugin of kubectl sends for an inconclusive pause.
        await app.patchStatus({ pauseConditions: null, controllerPause: false, currentStepIndex: 2 });
        const next = await app.untilPhase('Paused', 'CanaryPauseStep');
        expect(at(next, 'status.currentStepIndex')).toBe(2);
        await app.patchStatus({ pauseConditions: null });
        await app.untilPhase('Healthy', '');
      }),
  );

  scenario(
    'the analysis beside the steps begins at startingStep and ends with the rollout [Rollout.spec.strategy.canary.analysis.startingStep, Rollout.status.canary.currentBackgroundAnalysisRunStatus]',
    (app) =>
      withBackend('good', async (backend) => {
        const analysis = promotedBy('checks', { startingStep: 2 });
        const spec = beside(analysis, { setWeight: 50 }, { pause: {} }, { pause: {} });
        await app.apply(template('checks', backend.url, { interval: '1s' }));
        await app.releaseHealthy('v1', spec);
        await app.release('v2', spec);
        await app.untilPhase('Paused', 'CanaryPauseStep');
        expect(await app.list(runs)).toEqual([]);

        await app.patchStatus({ pauseConditions: null });
        const name = `app-${await app.hashOf('v2')}-2`;
        const beside2 = await app.until('it runs', (one) => {
          return at(one, 'status.canary.currentBackgroundAnalysisRunStatus.status') === 'Running';
        });
        expect(at(beside2, 'status.canary.currentBackgroundAnalysisRunStatus.name')).toBe(name);
        expect(at(beside2, 'status.currentStepIndex')).toBe(2);
        expect((await app.read(runs, name))?.metadata.labels?.['rollout-type']).toBe('Background');
        await untilSo(
          'two measurements',
          async () => Number(resultOf(await app.read(runs, name), 'rate')['count']) >= 2,
        );
        await app.untilPhase('Paused', 'CanaryPauseStep');
        await app.patchStatus({ pauseConditions: null });
        await app.untilPhase('Healthy', '');
        const ended = await untilRun(app, name, 'Successful');
        expect(at(ended, 'spec.terminate')).toBe(true);
      }),
  );

  scenario('a failure beside the steps aborts in the middle of a pause', (app) =>
    withBackend('good', async (backend) => {
      const spec = beside(promotedBy('checks'), { setWeight: 50 }, { pause: {} });
      await app.apply(template('checks', backend.url, { interval: '1s' }));
      await app.releaseHealthy('v1', spec);
      await app.release('v2', spec);
      await app.untilPhase('Paused', 'CanaryPauseStep');
      await untilRun(app, `app-${await app.hashOf('v2')}-2`, 'Running');
      backend.answer('bad');
      await app.untilPhase(
        'Degraded',
        /^RolloutAborted: Background analysis phase error\/failed: .*failed \(1\) > failureLimit \(0\)/,
      );
      await app.untilSizes({ v1: 2 });
      expect(at(await app.rollout(), 'status.pauseConditions')).toBeUndefined();
    }),
  );

  scenario('an abort ends the runs that nobody waits for any more', (app) =>
    withBackend('wait', async (backend) => {
      const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') });
      await app.apply(template('checks', backend.url));
      await app.releaseHealthy('v1', spec);
      await app.release('v2', spec);
      await untilSo('a run', async () => (await app.list(runs)).length === 1);
      const name = await stepRun(app, 'v2', 2, 1);
      await untilRun(app, name, 'Running');
      await app.patchStatus({ abort: true });
      await app.untilPhase('Degraded', /^RolloutAborted: /);
      await untilSo('it is terminated', async () => at(await app.read(runs, name), 'spec.terminate') === true);
      await untilRun(app, name, 'Successful|Inconclusive');
    }),
  );

  scenario('a retry measures anew, under a name with a number', (app) =>
    withBackend('bad', async (backend) => {
      const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') });
      await app.apply(template('checks', backend.url));
      await app.releaseHealthy('v1', spec);
      await app.release('v2', spec);
      await app.untilPhase('Degraded', /^RolloutAborted: /);
      await app.untilSizes({ v1: 2 });
      backend.answer('good');
      await app.patchStatus({ abort: false });
      await app.untilPhase('Healthy', '');
      const name = await stepRun(app, 'v2', 2, 1);
      expect(inOrder((await app.list(runs)).map((one) => [one.metadata.name, at(one, 'status.phase')]))).toEqual(
        inOrder([
          [name, 'Failed'],
          [`${name}.1`, 'Successful'],
        ]),
      );
    }),
  );

  scenario(
    'arguments come as values, from the hashes of both versions, and from fields of the Rollout [RolloutAnalysis.args[].valueFrom.podTemplateHashValue, RolloutAnalysis.args[].valueFrom.fieldRef.fieldPath, RolloutAnalysis.args[].value, AnalysisTemplate.spec.args[].value]',
    (app) =>
      withBackend('good', async (backend) => {
        const args = [
          { name: 'fixed', value: 'seven' },
          { name: 'new', valueFrom: { podTemplateHashValue: 'Latest' } },
          { name: 'old', valueFrom: { podTemplateHashValue: 'Stable' } },
          { name: 'who', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        ];
        const query = '?fixed={{args.fixed}}&new={{args.new}}&old={{ args.old }}&who={{args.who}}&lazy={{args.lazy}}';
        const declared = [...args.map(({ name }) => ({ name })), { name: 'lazy', value: 'default' }];
        await app.apply(template('checks', `${backend.url}${query}`, {}, { args: declared }));
        const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks', { args }) });
        await app.releaseHealthy('v1', spec);
        await app.patch({ metadata: { labels: { app: 'shop' } } });
        await app.release('v2', spec);
        await app.patch({ metadata: { labels: { app: 'shop' } } });
        await app.until(
          'it ends',
          (one) =>
            ['Healthy', 'Degraded'].includes(textAt(one, 'status.phase')) &&
            at(one, 'status.stableRS') === at(one, 'status.currentPodHash') &&
            backend.asked().length > 0,
        );
        const asked = new URL(backend.asked()[0]?.path ?? '', backend.url).searchParams;
        expect(Object.fromEntries(asked)).toEqual({
          fixed: 'seven',
          new: await app.hashOf('v2'),
          old: await app.hashOf('v1'),
          who: 'shop',
          lazy: 'default',
        });
      }),
  );

  scenario(
    'templates of the cluster, and templates in templates, are one run [RolloutAnalysis.templates[].clusterScope, AnalysisTemplate.spec.templates[].templateName, AnalysisTemplate.spec.templates[].clusterScope]',
    (app, stage) =>
      withBackend('good', async (backend) => {
        const cluster = `shared-${app.namespace}`;
        const deep = `deep-${app.namespace}`;
        const ofCluster = (name: string, metric: string, spec: JsonObject = {}) => ({
          apiVersion: group,
          kind: 'ClusterAnalysisTemplate',
          metadata: { name },
          spec: { metrics: [rateMetric(backend.url, { name: metric })], ...spec },
        });
        await stage.cluster.api.apply(
          ofCluster(deep, 'deepest'),
          ofCluster(cluster, 'shared', { templates: [{ templateName: deep, clusterScope: true }] }),
        );
        const nested = [{ templateName: cluster, clusterScope: true }];
        await app.apply(template('outer', backend.url, { name: 'outer' }, { templates: nested }));
        const templates = [{ templateName: 'outer' }, { templateName: 'plain' }];
        await app.apply(template('plain', backend.url, { name: 'plain' }));
        const spec = canary({ setWeight: 50 }, { analysis: { templates } });
        await app.releaseHealthy('v1', spec);
        await app.releaseHealthy('v2', spec);
        const run = await app.read(runs, await stepRun(app, 'v2', 2, 1));
        const metrics = (at(run, 'spec.metrics') as readonly { name: string }[]).map(({ name }) => name);
        expect(inOrder(metrics)).toEqual(['deepest', 'outer', 'plain', 'shared']);
        expect(at(run, 'status.runSummary')).toMatchObject({ count: 4, successful: 4 });
      }),
  );

  scenario('a template that is missing is an invalid spec until it is there', (app) =>
    withBackend('good', async (backend) => {
      const spec = canary({ setWeight: 50 }, { analysis: promotedBy('checks') });
      await app.release('v1', spec);
      await app.untilPhase('Degraded', /^InvalidSpec: .*checks/);
      await app.apply(template('checks', backend.url));
      await app.untilPhase('Healthy', '');
    }),
  );

  scenario(
    'dry runs are watched and decide nothing; metadata reaches the run [AnalysisTemplate.spec.dryRun[].metricName, RolloutAnalysis.analysisRunMetadata, AnalysisRun.status.metricResults[].dryRun]',
    (app) =>
      withBackend('bad', async (backend) => {
        const analysis = {
          ...promotedBy('checks'),
          dryRun: [{ metricName: 'ra.*' }],
          analysisRunMetadata: { labels: { team: 'web' }, annotations: { note: 'hello' } },
        };
        await app.apply(template('checks', backend.url));
        const spec = canary({ setWeight: 50 }, { analysis });
        await app.releaseHealthy('v1', spec);
        await app.releaseHealthy('v2', spec);
        const run = await app.read(runs, await stepRun(app, 'v2', 2, 1));
        expect(resultOf(run, 'rate')).toMatchObject({ dryRun: true, phase: 'Failed', failed: 1 });
        expect(at(run, 'status.dryRunSummary')).toMatchObject({ count: 1, failed: 1 });
        expect(at(run, 'status.phase')).toBe('Successful');
        expect(run?.metadata.labels).toMatchObject({ team: 'web' });
        expect(run?.metadata.annotations).toMatchObject({ note: 'hello' });
      }),
  );

  scenario(
    'finished runs of earlier revisions are kept up to the limits [Rollout.spec.analysis.successfulRunHistoryLimit, Rollout.spec.analysis.unsuccessfulRunHistoryLimit]',
    (app) =>
      withBackend('good', async (backend) => {
        const spec = {
          ...canary({ analysis: promotedBy('checks') }),
          analysis: { successfulRunHistoryLimit: 1, unsuccessfulRunHistoryLimit: 0 },
        };
        await app.apply(template('checks', backend.url));
        await app.releaseHealthy('v1', spec);
        for (const version of ['v2', 'v3', 'v4']) await app.releaseHealthy(version, spec);
        await untilSo('one of the past and that of the present', async () => {
          const revisions = (await app.list(runs)).map(
            (one) => one.metadata.annotations?.['rollout.argoproj.io/revision'],
          );
          return JSON.stringify(inOrder(revisions)) === JSON.stringify(['3', '4']);
        });
      }),
  );
});
