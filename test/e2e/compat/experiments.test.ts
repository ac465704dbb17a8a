/** Experiments in Argo's dialect, by themselves and as a step of a canary: pods, Services, time, analyses, ends. */
import { expect } from 'vitest';
import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { promotedBy, reasonsAbout, runs, template as analysisTemplate, untilSo, withBackend } from './analysis-app.ts';
import { type App, at, type Live } from './app.ts';
import { conditionOf, reasonsOver, untilObject } from './blue-green-app.ts';
import { onStage } from './stage.ts';
import { inOrder, textAt } from './text-at.ts';

const experiments = 'apis/argoproj.io/v1alpha1/experiments';
const sets = 'apis/apps/v1/replicasets';
const services = 'api/v1/services';

const side = (name: string, more: JsonObject = {}, version = 'v1'): JsonObject => ({
  name,
  selector: { matchLabels: { side: name } },
  template: {
    metadata: { labels: { side: name } },
    spec: { containers: [{ name: 'app', image: `tidegate.dev/app:${version}`, ports: [{ containerPort: 8080 }] }] },
  },
  ...more,
});

const start = (app: App, name: string, spec: JsonObject): Promise<void> =>
  app.apply({ apiVersion: 'argoproj.io/v1alpha1', kind: 'Experiment', metadata: { name }, spec });

const untilExperiment = (app: App, name: string, phase: string): Promise<Live> =>
  untilObject(app, experiments, name, (one) => at(one, 'status.phase') === phase);

const first = (list: Json | undefined): JsonObject => ((Array.isArray(list) ? list[0] : undefined) ?? {}) as JsonObject;

onStage('Experiments', (scenario) => {
  scenario(
    'run their templates as ReplicaSets of their own, and status tells of each [Experiment.spec.templates[].name, Experiment.spec.templates[].replicas, Experiment.status.templateStatuses[].status, Experiment.status.availableAt, condition:Experiment.Running]',
    async (app) => {
      await start(app, 'trial', { templates: [side('a', { replicas: 2 }), side('b')] });
      const running = await untilExperiment(app, 'trial', 'Running');
      expect(at(running, 'status.templateStatuses')).toMatchObject([
        { name: 'a', status: 'Running', replicas: 2, availableReplicas: 2, readyReplicas: 2, updatedReplicas: 2 },
        { name: 'b', status: 'Running', replicas: 1, availableReplicas: 1 },
      ]);
      expect(Date.parse(textAt(running, 'status.availableAt'))).toBeGreaterThan(0);
      expect(conditionOf(running, 'Progressing')).toBeDefined();
      const a = await app.read(sets, 'trial-a');
      expect(a?.metadata.annotations).toMatchObject({
        'experiment.argoproj.io/name': 'trial',
        'experiment.argoproj.io/template-name': 'a',
      });
      expect(a?.metadata.ownerReferences).toMatchObject([{ kind: 'Experiment', name: 'trial', controller: true }]);
      expect(first(at(running, 'status.templateStatuses'))['podTemplateHash']).toBe(
        a?.metadata.labels?.['rollouts-pod-template-hash'],
      );
      expect(await app.list(services)).toEqual([]);
    },
  );

  scenario(
    'end with their duration; pods and Services go after the delay [Experiment.spec.duration, Experiment.spec.scaleDownDelaySeconds, Experiment.spec.templates[].service.name, Experiment.status.templateStatuses[].serviceName, condition:Experiment.Completed]',
    async (app) => {
      const templates = [side('a', { service: {} }), side('b', { service: { name: 'named' } })];
      await start(app, 'short', { templates, duration: '3s', scaleDownDelaySeconds: 2 });
      await untilExperiment(app, 'short', 'Running');
      const running = await untilObject(app, experiments, 'short', (one) => {
        const entries = at(one, 'status.templateStatuses') as readonly JsonObject[];
        return entries.every((entry) => entry['serviceName'] !== undefined);
      });
      expect(at(running, 'status.templateStatuses')).toMatchObject([
        { serviceName: 'short-a' },
        { serviceName: 'named' },
      ]);
      const hash = textAt(first(at(running, 'status.templateStatuses')), 'podTemplateHash');
      const service = await app.read(services, 'short-a');
      expect(at(service, 'spec.selector.rollouts-pod-template-hash')).toBe(hash);
      expect(at(service, 'spec.ports')).toMatchObject([{ port: 8080 }]);

      const ended = await untilExperiment(app, 'short', 'Successful');
      expect(Date.now() - Date.parse(textAt(running, 'status.availableAt'))).toBeGreaterThanOrEqual(2_900);
      expect(conditionOf(ended, 'Completed')).toMatchObject({ status: 'True' });
      await untilSo('pods and Services are gone', async () => {
        const sizes = (await app.list(sets)).map((one) => at(one, 'spec.replicas'));
        return sizes.every((size) => size === 0) && (await app.list(services)).length === 0;
      });
    },
  );

  scenario('end when somebody terminates them; that is a success to Argo [Experiment.spec.terminate]', async (app) => {
    const spec = { templates: [side('a')], scaleDownDelaySeconds: 0 };
    await start(app, 'endless', spec);
    await untilExperiment(app, 'endless', 'Running');
    await start(app, 'endless', { ...spec, terminate: true });
    await untilExperiment(app, 'endless', 'Successful');
    await untilObject(app, sets, 'endless-a', (one) => at(one, 'spec.replicas') === 0);
  });

  scenario(
    'end when the required analysis has passed, with arguments that speak of the pods [Experiment.spec.analyses[].requiredForCompletion, Experiment.spec.analyses[].args[].value, Experiment.status.analysisRuns[].analysisRun, Experiment.status.analysisRuns[].phase, Experiment.status.message]',
    (app) =>
      withBackend('wait', async (backend) => {
        await app.apply(
          analysisTemplate('checks', `${backend.url}?hash={{args.hash}}`, {}, { args: [{ name: 'hash' }] }),
        );
        const args = [{ name: 'hash', value: '{{templates.a.podTemplateHash}}' }];
        await start(app, 'judged', {
          templates: [side('a')],
          analyses: [{ name: 'rate', templateName: 'checks', requiredForCompletion: true, args }],
          scaleDownDelaySeconds: 0,
        });
        const running = await untilObject(app, experiments, 'judged', (one) => {
          return first(at(one, 'status.analysisRuns'))['phase'] === 'Running';
        });
        expect(at(running, 'status.analysisRuns')).toMatchObject([{ name: 'rate', analysisRun: 'judged-rate' }]);
        await untilSo('it is asked', async () => backend.asked().length > 0);
        backend.answer('good');
        const ended = await untilExperiment(app, 'judged', 'Successful');
        expect(at(ended, 'status.analysisRuns')).toMatchObject([{ name: 'rate', phase: 'Successful' }]);
        const asked = new URL(backend.asked()[0]?.path ?? '', backend.url).searchParams.get('hash');
        expect(asked).toBe(first(at(ended, 'status.templateStatuses'))['podTemplateHash']);
      }),
  );

  scenario(
    'fail with an analysis, and stop the others [event:ExperimentFailed, Experiment.status.analysisRuns[].message]',
    (app) =>
      withBackend('bad', async (backend) => {
        await app.apply(analysisTemplate('checks', backend.url));
        await app.apply(
          analysisTemplate('endless', backend.url, { interval: '1s', failureLimit: -1, consecutiveSuccessLimit: 5 }),
        );
        await start(app, 'failing', {
          templates: [side('a')],
          duration: '1h',
          analyses: [
            { name: 'long', templateName: 'endless' },
            { name: 'rate', templateName: 'checks' },
          ],
          scaleDownDelaySeconds: 0,
        });
        const failed = await untilExperiment(app, 'failing', 'Failed');
        expect(at(failed, 'status.message')).toMatch(
          /Metric "rate" assessed Failed due to failed \(1\) > failureLimit \(0\)/,
        );
        await untilObject(app, runs, 'failing-long', (one) => at(one, 'spec.terminate') === true);
        await untilSo('the event', async () => (await reasonsAbout(app, 'Experiment')).includes('ExperimentFailed'));
      }),
  );

  scenario(
    'fail when a template makes no progress in time [Experiment.spec.progressDeadlineSeconds, Experiment.status.templateStatuses[].message]',
    async (app) => {
      const templates = [side('a'), side('bad', {}, 'missing')];
      await start(app, 'stuck', { templates, progressDeadlineSeconds: 2, duration: '1h', scaleDownDelaySeconds: 0 });
      const failed = await untilExperiment(app, 'stuck', 'Failed');
      const statuses = at(failed, 'status.templateStatuses') as readonly JsonObject[];
      expect(statuses.find((one) => one['name'] === 'bad')).toMatchObject({
        status: 'Failed',
        message: expect.stringMatching(/\S/),
      });
      await untilSo('all pods go', async () => (await app.list(sets)).every((one) => at(one, 'spec.replicas') === 0));
    },
  );

  scenario('that cannot be are refused in a sentence [condition:Experiment.InvalidSpec]', async (app) => {
    await start(app, 'wrong', { templates: [side('a')], duration: 'soon' });
    const wrong = await untilObject(app, experiments, 'wrong', (one) => conditionOf(one, 'InvalidSpec') !== undefined);
    expect(conditionOf(wrong, 'InvalidSpec')).toMatchObject({ status: 'True' });
    expect(conditionOf(wrong, 'InvalidSpec')?.message).toMatch(/soon/);
    expect(await app.list(sets)).toEqual([]);
  });

  const steps = (experiment: JsonObject, ...more: readonly JsonObject[]): JsonObject => ({
    replicas: 2,
    strategy: { canary: { steps: [{ setWeight: 50 }, { experiment }, ...more] } },
  });

  scenario(
    'of a step run the pods of both versions, and the step passes with their success [step:experiment, Rollout.status.canary.currentExperiment, event:ExperimentCreated, Rollout.spec.strategy.canary.steps[].experiment.templates[].specRef]',
    async (app) => {
      const templates = [
        { name: 'baseline', specRef: 'stable' },
        { name: 'trial', specRef: 'canary', replicas: 2, metadata: { labels: { side: 'trial' } } },
      ];
      const spec = steps({ templates, duration: '3s', scaleDownDelaySeconds: 0 }, { pause: {} });
      await app.releaseHealthy('v1', spec);
      await app.release('v2', spec);
      const name = `app-${await hashSoon(app, 'v2')}-2-1`;
      const running = await untilExperiment(app, name, 'Running');
      expect(running.metadata.ownerReferences).toMatchObject([{ kind: 'Rollout', name: 'app', controller: true }]);
      expect(at(await app.rollout(), 'status.canary.currentExperiment')).toBe(name);
      const images = (await app.list(sets))
        .filter((one) => one.metadata.name.startsWith(`${name}-`))
        .map((one) => [
          one.metadata.name.slice(name.length + 1),
          first(at(one, 'spec.template.spec.containers'))['image'],
        ]);
      expect(inOrder(images)).toEqual([
        ['baseline', 'tidegate.dev/app:v1'],
        ['trial', 'tidegate.dev/app:v2'],
      ]);
      const paused = await app.untilPhase('Paused', 'CanaryPauseStep');
      expect(at(await app.read(experiments, name), 'status.phase')).toBe('Successful');
      expect(at(paused, 'status.canary.currentExperiment')).toBeUndefined();
      await untilSo(
        `ExperimentCreated in ${reasonsOver(app).join()}`,
        async () => reasonsOver(app).includes('ExperimentCreated'),
        10_000,
      );
      await app.patchStatus({ pauseConditions: null });
      await app.untilPhase('Healthy', '');
    },
  );

  scenario(
    'of a step that fail abort the rollout, and their pods go [Rollout.spec.strategy.canary.steps[].experiment.analyses[].requiredForCompletion]',
    (app) =>
      withBackend('bad', async (backend) => {
        await app.apply(analysisTemplate('checks', backend.url));
        const experiment = {
          templates: [{ name: 'trial', specRef: 'canary' }],
          analyses: [
            { name: 'rate', ...first([...(promotedBy('checks')['templates'] as Json[])]), requiredForCompletion: true },
          ],
          scaleDownDelaySeconds: 0,
        };
        await app.releaseHealthy('v1', steps(experiment));
        await app.release('v2', steps(experiment));
        await app.untilPhase('Degraded', /^RolloutAborted: .*Metric "rate" assessed Failed due to failed/);
        const name = `app-${await app.hashOf('v2')}-2-1`;
        expect(at(await app.read(experiments, name), 'status.phase')).toBe('Failed');
        await untilObject(app, sets, `${name}-trial`, (one) => at(one, 'spec.replicas') === 0);
        await untilSo('stable has all', async () => (await app.sizes())['v1'] === 2);
      }),
  );

  scenario('of a step end with an abort of the rollout', async (app) => {
    const experiment = { templates: [{ name: 'trial', specRef: 'canary' }], scaleDownDelaySeconds: 0 };
    await app.releaseHealthy('v1', steps(experiment));
    await app.release('v2', steps(experiment));
    const name = `app-${await hashSoon(app, 'v2')}-2-1`;
    await untilExperiment(app, name, 'Running');
    await app.patchStatus({ abort: true });
    await app.untilPhase('Degraded', /^RolloutAborted: /);
    await untilObject(app, experiments, name, (one) => at(one, 'spec.terminate') === true);
    await untilObject(app, sets, `${name}-trial`, (one) => at(one, 'spec.replicas') === 0);
  });

  scenario('of a step are kept by the history limits of the Rollout', async (app) => {
    const experiment = {
      templates: [{ name: 'trial', specRef: 'canary' }],
      duration: '500ms',
      scaleDownDelaySeconds: 0,
    };
    const spec = { ...steps(experiment), analysis: { successfulRunHistoryLimit: 0 } };
    await app.releaseHealthy('v1', spec);
    await app.releaseHealthy('v2', spec);
    await app.releaseHealthy('v3', spec);
    await untilSo('only that of the present is left', async () => {
      const left = (await app.list(experiments)).map(
        (one) => one.metadata.annotations?.['rollout.argoproj.io/revision'],
      );
      return JSON.stringify(left) === JSON.stringify(['3']);
    });
  });

  /** The hash of a version whose ReplicaSet is about to be made. */
  async function hashSoon(app: App, version: string): Promise<string> {
    await untilSo(`a ReplicaSet of ${version}`, async () => (await app.hashOf(version)) !== '');
    return app.hashOf(version);
  }
});
