/** AnalysisRuns by themselves in Argo's dialect: measurements, limits, retention, the end of a run, real Jobs, Secrets. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../crds/schema/json.ts';
import { rateMetric, reasonsAbout, resultOf, runs, untilRun, untilSo, withBackend } from './analysis-app.ts';
import { type App, at } from './app.ts';
import { onStage } from './stage.ts';
import { textAt } from './text-at.ts';

const group = 'argoproj.io/v1alpha1';

const start = (app: App, name: string, spec: JsonObject): Promise<void> =>
  app.apply({ apiVersion: group, kind: 'AnalysisRun', metadata: { name }, spec });

const measured = (run: JsonObject, metric = 'rate'): readonly JsonObject[] => {
  const list = resultOf(run, metric)['measurements'];
  return Array.isArray(list) ? (list as readonly JsonObject[]) : [];
};

const job = (image: string, command: readonly string[]): JsonObject => ({
  name: 'smoke',
  provider: {
    job: {
      metadata: { labels: { purpose: 'smoke' } },
      spec: {
        backoffLimit: 0,
        template: {
          spec: {
            restartPolicy: 'Never',
            terminationGracePeriodSeconds: 0,
            containers: [{ name: 'check', image, command: [...command] }],
          },
        },
      },
    },
  },
});

onStage('AnalysisRuns', (scenario) => {
  scenario(
    'count and interval make the measurements, and status tells each [AnalysisRun.status.metricResults[].measurements[].value, AnalysisRun.status.metricResults[].measurements[].startedAt, AnalysisRun.status.completedAt, AnalysisTemplate.spec.metrics[].interval, AnalysisTemplate.spec.metrics[].count]',
    (app) =>
      withBackend('good', async ({ url, asked }) => {
        await start(app, 'three', { metrics: [rateMetric(url, { count: 3, interval: '1s' })] });
        const run = await untilRun(app, 'three', 'Successful');
        expect(asked()).toHaveLength(3);
        expect(resultOf(run, 'rate')).toMatchObject({
          phase: 'Successful',
          count: 3,
          successful: 3,
          consecutiveSuccess: 3,
        });
        expect(measured(run)).toHaveLength(3);
        for (const one of measured(run)) {
          expect(one).toMatchObject({ phase: 'Successful', value: '99' });
          expect(Date.parse(textAt(one, 'finishedAt'))).toBeGreaterThanOrEqual(Date.parse(textAt(one, 'startedAt')));
        }
        expect(at(run, 'status.runSummary')).toMatchObject({ count: 1, successful: 1 });
        const tookMs = Date.parse(textAt(run, 'status.completedAt')) - Date.parse(textAt(run, 'status.startedAt'));
        expect(tookMs).toBeGreaterThanOrEqual(1_000);
        await untilSo('its events', async () => {
          const reasons = await reasonsAbout(app, 'AnalysisRun');
          return reasons.includes('MetricSuccessful') && reasons.includes('AnalysisRunSuccessful');
        });
      }),
  );

  scenario(
    'more failures than failureLimit fail it at once, fewer do not [AnalysisTemplate.spec.metrics[].failureLimit, AnalysisRun.status.metricResults[].failed]',
    (app) =>
      withBackend('bad', async ({ url, asked, answer }) => {
        await start(app, 'limits', { metrics: [rateMetric(url, { count: 5, interval: '1s', failureLimit: 1 })] });
        const run = await untilRun(app, 'limits', 'Failed');
        expect(asked()).toHaveLength(2);
        expect(at(run, 'status.message')).toBe('Metric "rate" assessed Failed due to failed (2) > failureLimit (1)');
        expect(resultOf(run, 'rate')).toMatchObject({ phase: 'Failed', failed: 2, count: 2 });
        answer('good');
        await start(app, 'free', { metrics: [rateMetric(url, { failureLimit: 0 })] });
        await untilRun(app, 'free', 'Successful');
      }),
  );

  scenario(
    'history is ten measurements, or as many as measurementRetention says [AnalysisTemplate.spec.measurementRetention[].metricName, AnalysisTemplate.spec.measurementRetention[].limit]',
    (app) =>
      withBackend('good', async ({ url }) => {
        const metrics = ['kept', 'few'].map((name) => rateMetric(url, { name, count: 12, interval: '500ms' }));
        await start(app, 'history', { metrics, measurementRetention: [{ metricName: 'f.w', limit: 2 }] });
        const run = await untilRun(app, 'history', 'Successful');
        expect([measured(run, 'kept').length, measured(run, 'few').length]).toEqual([10, 2]);
        expect(resultOf(run, 'few')).toMatchObject({ count: 12, successful: 12 });
      }),
  );

  scenario(
    'successes in a row end a metric early; neither condition true is inconclusive [AnalysisTemplate.spec.metrics[].consecutiveSuccessLimit, AnalysisTemplate.spec.metrics[].inconclusiveLimit]',
    (app) =>
      withBackend('good', async ({ url, answer, asked }) => {
        const early = rateMetric(url, { interval: '500ms', failureLimit: -1, consecutiveSuccessLimit: 2 });
        await start(app, 'early', { metrics: [early] });
        await untilRun(app, 'early', 'Successful');
        expect(asked()).toHaveLength(2);
        answer('odd');
        await start(app, 'unclear', {
          metrics: [rateMetric(url, { count: 3, interval: '500ms', inconclusiveLimit: 1 })],
        });
        const run = await untilRun(app, 'unclear', 'Inconclusive');
        expect(at(run, 'status.message')).toBe(
          'Metric "rate" assessed Inconclusive due to inconclusive (2) > inconclusiveLimit (1)',
        );
      }),
  );

  scenario('terminate ends it; what was measured decides [AnalysisRun.spec.terminate, verb:terminate]', (app) =>
    withBackend('good', async ({ url, asked }) => {
      await start(app, 'endless', { metrics: [rateMetric(url, { interval: '1s' })] });
      await untilSo('two measurements', async () => measured((await app.read(runs, 'endless')) ?? {}).length >= 2);
      await app.apply({
        apiVersion: group,
        kind: 'AnalysisRun',
        metadata: { name: 'endless' },
        spec: { metrics: [rateMetric(url, { interval: '1s' })], terminate: true },
      });
      const run = await untilRun(app, 'endless', 'Successful');
      const count = asked().length;
      expect(resultOf(run, 'rate')['phase']).toBe('Successful');
      expect(count).toBeLessThan(10);
    }),
  );

  scenario(
    'ttlStrategy deletes it some time after its end [AnalysisRun.spec.ttlStrategy.secondsAfterCompletion, AnalysisRun.spec.ttlStrategy.secondsAfterFailure, AnalysisRun.spec.ttlStrategy.secondsAfterSuccess]',
    (app) =>
      withBackend('bad', async ({ url }) => {
        await start(app, 'stays', { metrics: [rateMetric(url)], ttlStrategy: { secondsAfterSuccess: 1 } });
        await start(app, 'fails', { metrics: [rateMetric(url)], ttlStrategy: { secondsAfterFailure: 1 } });
        await start(app, 'ends', { metrics: [rateMetric(url)], ttlStrategy: { secondsAfterCompletion: 2 } });
        await untilSo('only the one without a success is left', async () => {
          const names = (await app.list(runs)).map((one) => one.metadata.name);
          return JSON.stringify(names) === JSON.stringify(['stays']);
        });
        await untilRun(app, 'stays', 'Failed');
      }),
  );

  scenario(
    'initialDelay waits before the first measurement, and headers reach the backend [AnalysisTemplate.spec.metrics[].initialDelay, AnalysisTemplate.spec.metrics[].provider.web.headers[].key, AnalysisTemplate.spec.metrics[].provider.web.jsonPath]',
    (app) =>
      withBackend('good', async ({ url, asked }) => {
        const web = { url, jsonPath: '{$.data.rate}', headers: [{ key: 'x-team', value: '{{args.team}}' }] };
        const metrics = [{ name: 'rate', initialDelay: '2s', successCondition: 'result > 90', provider: { web } }];
        await start(app, 'later', { metrics, args: [{ name: 'team', value: 'web' }] });
        const run = await untilRun(app, 'later', 'Successful');
        expect((asked()[0]?.at ?? 0) - Date.parse(textAt(run, 'status.startedAt'))).toBeGreaterThanOrEqual(1_900);
        expect(asked()[0]?.headers['x-team']).toBe('web');
      }),
  );

  scenario(
    'Prometheus gives its vector, and status keeps the query that was asked [AnalysisRun.status.metricResults[].metadata, AnalysisTemplate.spec.metrics[].provider.prometheus.query]',
    (app) =>
      withBackend('good', async ({ url, asked }) => {
        const prometheus = { address: new URL(url).origin, query: 'rate{app="{{args.app}}"}' };
        const metrics = [{ name: 'rate', successCondition: 'result[0] >= 90', provider: { prometheus } }];
        await start(app, 'queried', { metrics, args: [{ name: 'app', value: 'shop' }] });
        const run = await untilRun(app, 'queried', 'Successful');
        expect(resultOf(run, 'rate')).toMatchObject({ metadata: { ResolvedPrometheusQuery: 'rate{app="shop"}' } });
        expect(measured(run)).toMatchObject([{ value: '[99]' }]);
        expect(asked()[0]?.path).toMatch(/^\/api\/v1\/query/);
      }),
  );

  scenario(
    'a Job measures: it belongs to the run, and its success is success [AnalysisTemplate.spec.metrics[].provider.job.spec, AnalysisTemplate.spec.metrics[].provider.job.metadata, label:analysisrun.argoproj.io/uid, annotation:analysisrun.argoproj.io/name, annotation:analysisrun.argoproj.io/metric-name]',
    async (app) => {
      await start(app, 'jobs', { metrics: [job('tidegate.dev/check:v1', ['sh', '-c', 'exit 0'])] });
      const run = await untilRun(app, 'jobs', 'Successful');
      const [made] = await app.list('apis/batch/v1/jobs');
      const uid = run.metadata.uid ?? '';
      expect(made?.metadata).toMatchObject({
        name: `${uid}.smoke.1`,
        labels: { purpose: 'smoke', 'analysisrun.argoproj.io/uid': uid },
        annotations: { 'analysisrun.argoproj.io/name': 'jobs', 'analysisrun.argoproj.io/metric-name': 'smoke' },
        ownerReferences: [{ kind: 'AnalysisRun', name: 'jobs' }],
      });
      expect(measured(run, 'smoke')).toMatchObject([
        { phase: 'Successful', metadata: { 'job-name': `${uid}.smoke.1` } },
      ]);
    },
  );

  scenario(
    'a Job that fails is a failed measurement, one whose image does not exist an inconclusive one',
    async (app) => {
      await start(app, 'broken', { metrics: [job('tidegate.dev/check:v1', ['sh', '-c', 'exit 3'])] });
      await start(app, 'stuck', { metrics: [job('tidegate.dev/check:missing', ['true'])] });
      const failed = await untilRun(app, 'broken', 'Failed');
      expect(at(failed, 'status.message')).toMatch(
        /^Metric "smoke" assessed Failed due to failed \(1\) > failureLimit \(0\)/,
      );
      const stuck = await untilRun(app, 'stuck', 'Inconclusive');
      expect(textAt(measured(stuck, 'smoke')[0], 'message')).toMatch(/ErrImagePull|ImagePullBackOff/);
    },
  );

  scenario('terminating a live Job is inconclusive, and the Job goes', async (app) => {
    const spec = { metrics: [job('tidegate.dev/check:v1', ['sleep', '600'])] };
    await start(app, 'cut', spec);
    await untilSo('its Job', async () => (await app.list('apis/batch/v1/jobs')).length === 1);
    await start(app, 'cut', { ...spec, terminate: true });
    await untilRun(app, 'cut', 'Inconclusive');
    await untilSo('the Job is gone', async () => (await app.list('apis/batch/v1/jobs')).length === 0);
  });

  scenario(
    'arguments come from Secrets, are read at the measurement, and are shown nowhere [AnalysisTemplate.spec.args[].valueFrom.secretKeyRef.name, AnalysisTemplate.spec.args[].valueFrom.secretKeyRef.key]',
    (app) =>
      withBackend('good', async ({ url, asked }) => {
        const stringData = { token: 'tide-and-time' };
        await app.apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'login' }, stringData });
        const web = { url, jsonPath: '{$.data.rate}', headers: [{ key: 'x-token', value: '{{args.token}}' }] };
        const metrics = [{ name: 'rate', successCondition: 'result > 90', provider: { web } }];
        const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'login', key: 'token' } } }];
        await start(app, 'secret', { metrics, args });
        const run = await untilRun(app, 'secret', 'Successful');
        expect(asked()[0]?.headers['x-token']).toBe('tide-and-time');
        expect(JSON.stringify(run)).not.toContain('tide-and-time');
      }),
  );

  scenario('a run that cannot be read is an Error with its sentence', (app) =>
    withBackend('good', async ({ url }) => {
      await start(app, 'unknown', { metrics: [rateMetric(`${url}?x={{args.nobody}}`)] });
      const run = await untilRun(app, 'unknown', 'Error');
      expect(at(run, 'status.message')).toMatch(/nobody/);
    }),
  );
});
