/** AnalysisRuns on a real API server, measured by a real Prometheus: verdicts, missing evidence, an outage, a restart, Secrets. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusProvider } from '../../analysis/providers/prometheus.ts';
import { webProvider } from '../../analysis/providers/web.ts';
import { type Backend, backend } from '../../analysis/testing/backend.ts';
import { analysisRunReconciler, type AnalysisRunObject } from '../../controller/analysis-run/reconciler.ts';
import type { AnalysisRunSpec } from '../../crds/schema/analysis-run.ts';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { ApiResult, KubeClient, KubeObject } from '../../kube/api.ts';
import { watchKind } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { eventRecorder } from '../../kube/events.ts';
import { textOf } from '../../kube/json.ts';
import { runReconciler } from '../../kube/run-reconciler.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { workQueue } from '../../kube/work-queue.ts';
import { outboundClient } from '../../outbound/client.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { type Prometheus, prometheusMissing, startPrometheus } from '../bed/prometheus.ts';
import { controllerRules } from '../../controller/rbac.ts';
import { controllerObjects, tenantObjects } from '../e2e/rights.ts';
import { installCrds } from './install-crds.ts';

const missing = clusterMissing() ?? prometheusMissing();

type Phase = NonNullable<AnalysisRunObject['status']>['phase'];

function isFinal(run: AnalysisRunObject): boolean {
  return !['Pending', 'Running'].includes(run.status?.phase ?? 'Pending');
}

/** The same rights for a controller that runs with the group of Argo Rollouts. */
function argoRights(): BedObject[] {
  const rbac = 'rbac.authorization.k8s.io';
  const metadata = { name: 'tidegate-argo' };
  const role = { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: controllerRules('argoproj.io') };
  const binding = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name },
    subjects: [{ kind: 'ServiceAccount', name: 'tidegate', namespace: 'tidegate' }],
  };
  return [role, binding];
}

describe.skipIf(missing !== undefined)(
  `analysis runs on real servers${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;
    let prometheus: Prometheus;
    let web: Backend;
    let api: ApiTransport;
    let client: KubeClient;
    /** The controller's own connection, with the rights that the product asks for and no others. */
    let ownApi: ApiTransport;
    let stopRoom: () => Promise<void>;

    const startRoom = (dialect: Dialect): (() => Promise<void>) => {
      const found = discovery(ownApi);
      const kind = { group: dialect.group, kind: 'AnalysisRun' };
      const project = (raw: KubeObject): AnalysisRunObject => raw as unknown as AnalysisRunObject;
      const cache = watchKind({
        transport: ownApi,
        discovery: found,
        kind,
        project,
        clock: systemClock,
        log: silentLog,
      });
      const stop = new AbortController();
      const events = eventRecorder({
        transport: ownApi,
        clock: systemClock,
        reportingController: 'tidegate-test',
        reportingInstance: 'test',
      });
      const room = analysisRunReconciler({
        client: kubeClient(ownApi, found),
        runs: cache.store,
        clock: systemClock,
        dialect,
        events,
        leadership: { term: 't', signal: stop.signal, mayWrite: () => !stop.signal.aborted },
        outbound: outboundClient({ policy: { allow: ['127.0.0.0/8'] }, userAgent: 'tidegate-test' }),
        providers: [prometheusProvider({ defaultAddress: prometheus.url }), webProvider()],
        log: silentLog,
      });
      const queue = workQueue({ clock: systemClock, random: Math.random });
      const undo = room.start(queue);
      const work = runReconciler(
        {
          name: 'analysis-run',
          queue,
          concurrency: 4,
          reconcile: (key, signal) => room.reconcile(key, signal),
          clock: systemClock,
          log: silentLog,
        },
        stop.signal,
      );
      const feed = cache.run(stop.signal);
      const telling = events.run(stop.signal);
      return async () => {
        stop.abort();
        undo();
        await Promise.all([work, feed, telling]);
      };
    };

    beforeAll(async () => {
      [cluster, prometheus, web] = await Promise.all([
        startCluster(),
        startPrometheus(),
        backend((request, response) =>
          response.end(request.headers.authorization === 'Bearer s3cr3t-token' ? '{"ok":true}' : 'not you'),
        ),
      ]);
      for (const dialect of [tidegateDialect, argoDialect]) {
        const problems = await installCrds(cluster, dialect);
        if (problems.length > 0) throw new Error(problems.join('; '));
      }
      api = transport({
        connection: await loadKubeConfig({ path: cluster.kubeconfigPath }),
        userAgent: 'tidegate-test/0',
      });
      client = kubeClient(api, discovery(api));
      await cluster.api.apply(...controllerObjects(), ...argoRights(), ...tenantObjects('default', 'git-token'));
      await cluster.api.apply(
        ...tenantObjects('poor', 'git-token', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]),
      );
      await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bare' } });
      ownApi = transport({
        connection: await loadKubeConfig({ path: await cluster.serviceAccountKubeconfig('tidegate', 'tidegate') }),
        userAgent: 'tidegate-controller/test',
      });
      await eventually('Prometheus has samples', async () => (await prometheus.query('vector(1)')).length > 0);
      stopRoom = startRoom(tidegateDialect);
    }, 120_000);
    afterAll(async () => {
      await stopRoom?.();
      api?.close();
      ownApi?.close();
      await Promise.all([cluster?.stop(), prometheus?.stop(), web?.close()]);
    });

    const aMetric = (query: string, changes: Partial<Metric> = {}): Metric => ({
      name: 'm',
      successCondition: 'result[0] < 0.05',
      provider: { prometheus: { query } },
      ...changes,
    });

    async function create(name: string, spec: AnalysisRunSpec, dialect = tidegateDialect): Promise<void> {
      const object = {
        apiVersion: `${dialect.group}/v1alpha1`,
        kind: 'AnalysisRun',
        metadata: { name, namespace: 'default' },
        spec,
      };
      const made: ApiResult = await client.create(object, { strict: true });
      expect(made).toMatchObject({ kind: 'ok' });
    }

    async function read(name: string, dialect = tidegateDialect): Promise<AnalysisRunObject> {
      const found = await client.get({ group: dialect.group, kind: 'AnalysisRun', namespace: 'default', name });
      if (found.kind !== 'ok') throw new Error(JSON.stringify(found));
      return found.object as unknown as AnalysisRunObject;
    }

    function until(
      name: string,
      what: string,
      check: (run: AnalysisRunObject) => boolean,
      dialect = tidegateDialect,
    ): Promise<AnalysisRunObject> {
      return eventually(
        `AnalysisRun ${name} ${what}`,
        async () => {
          const run = await read(name, dialect);
          return check(run) ? run : undefined;
        },
        { withinMs: 30_000 },
      );
    }

    const ended = (name: string, dialect = tidegateDialect): Promise<AnalysisRunObject> =>
      until(name, 'ends', isFinal, dialect);

    it.each<readonly [string, Metric, Phase, string | undefined]>([
      ['good', aMetric('vector(0.01)'), 'Successful', undefined],
      ['bad', aMetric('vector(0.5)'), 'Failed', 'Metric "m" assessed Failed due to failed (1) > failureLimit (0)'],
      ['scalar', aMetric('scalar(vector(0.01))', { successCondition: 'result < 0.05' }), 'Successful', undefined],
      ['text', aMetric('"abc"', { successCondition: 'result == "abc"' }), 'Successful', undefined],
      ['infinite', aMetric('vector(1) / vector(0)', { successCondition: 'isInf(result[0])' }), 'Successful', undefined],
      [
        'copes',
        aMetric('nothing_here', { successCondition: 'len(result) == 0 || result[0] < 1' }),
        'Successful',
        undefined,
      ],
      [
        'unsure',
        aMetric('vector(0.07)', { failureCondition: 'result[0] > 0.1' }),
        'Inconclusive',
        expect.stringContaining('inconclusive (1)'),
      ],
      ['thrice', aMetric('vector(0.01)', { interval: '1s', count: 3 }), 'Successful', undefined],
    ])('%s ends as it should', async (name, metric, phase, message) => {
      await create(name, { metrics: [metric] });

      const run = await ended(name);

      expect(run.status).toMatchObject({ phase });
      expect(run.status?.message).toEqual(message);
      expect(run.status?.completedAt).toBeDefined();
      expect(run.status?.metricResults?.[0]?.measurements?.[0]?.value).toBeDefined();
    });

    it.each<readonly [string, Metric, RegExp]>([
      [
        'no-series',
        aMetric('nothing_here'),
        /^waiting for evidence: metric "m": the result is empty, so successCondition/,
      ],
      ['nan', aMetric('vector(0) / vector(0)'), /^waiting for evidence: metric "m": the value is NaN/],
      [
        'no-promql',
        aMetric('sum(rate(up[1m])'),
        /^misconfigured: metric "m": provider.prometheus.query is no valid PromQL: .* line 1, column 17/,
      ],
      ['wrong-types', aMetric('rate(up)'), /^misconfigured: metric "m": Prometheus refused the query \(HTTP 400\)/],
      [
        'nobody',
        aMetric('up', { provider: { prometheus: { address: 'http://127.0.0.1:1', query: 'up' } } }),
        /refused the connection/,
      ],
      [
        'metadata',
        aMetric('up', { provider: { prometheus: { address: 'http://169.254.169.254', query: 'up' } } }),
        /cloud metadata/,
      ],
    ])('%s is held and says why', async (name, metric, message) => {
      await create(name, { metrics: [metric] });

      const run = await until(name, 'is held', ({ status }) => status?.metricResults?.[0]?.lastReading !== undefined);

      expect(run.status).toMatchObject({
        phase: 'Running',
        message: expect.stringMatching(message),
        waiting: { on: 'Metric/m' },
      });
      await client.delete({ group: 'tidegate.io', kind: 'AnalysisRun', namespace: 'default', name });
    });

    it('a Secret is read, used and shown nowhere', async () => {
      const data = { token: Buffer.from('s3cr3t-token').toString('base64') };
      await client.create({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'backend', namespace: 'default' },
        data,
      } as KubeObject);
      const headers = [{ key: 'Authorization', value: 'Bearer {{args.token}}' }];
      const provider = { web: { url: `${web.address}/`, jsonPath: '{$.ok}', headers } };
      const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'backend', key: 'token' } } }];

      await create('secret', { metrics: [{ name: 'm', provider, successCondition: 'result == true' }], args });
      const run = await ended('secret');

      expect(run.status?.phase).toBe('Successful');
      expect(JSON.stringify(run)).not.toContain('s3cr3t');
    });

    it.each([
      [
        'poor',
        'Secret poor/git-access may not be read by ServiceAccount poor/tidegate-deployer, with whose rights it is read: grant this account the right get secrets in namespace poor',
      ],
      [
        'bare',
        'Secret bare/git-access is read with the rights of ServiceAccount bare/tidegate-deployer, which does not exist: create this account and grant it the right get secrets in namespace bare',
      ],
    ])(
      'in a namespace whose account may not read the Secret (%s) the run is held and says what is missing',
      async (namespace, sentence) => {
        const provider = { web: { url: `${web.address}/?{{args.token}}`, jsonPath: '{$.ok}' } };
        const args = [{ name: 'token', valueFrom: { secretKeyRef: { name: 'git-access', key: 'token' } } }];
        const spec = { metrics: [{ name: 'm', provider, successCondition: 'result == true' }], args };
        const object = {
          apiVersion: 'tidegate.io/v1alpha1',
          kind: 'AnalysisRun',
          metadata: { name: 'held', namespace },
          spec,
        };
        expect(await client.create(object, { strict: true })).toMatchObject({ kind: 'ok' });

        const status = await eventually(`AnalysisRun ${namespace}/held is held`, async () => {
          const found = await client.get({ group: 'tidegate.io', kind: 'AnalysisRun', namespace, name: 'held' });
          const { status } = found.kind === 'ok' ? (found.object as unknown as AnalysisRunObject) : {};
          return status?.metricResults?.[0]?.lastReading === undefined ? undefined : status;
        });

        expect(status).toMatchObject({
          phase: 'Running',
          message: `misconfigured: metric "m": argument token: ${sentence}`,
        });
      },
    );

    it('holds while Prometheus is away, and goes on when it is back, also across a restart of the controller', async () => {
      await create('outage', { metrics: [aMetric('vector(0.01)', { interval: '1s', count: 8 })] });
      await until('outage', 'has values', ({ status }) => (status?.metricResults?.[0]?.count ?? 0) >= 2);

      await prometheus.stopServer();
      const away = await until('outage', 'is held', ({ status }) => status?.waiting?.reason === 'BackendUnavailable');
      await stopRoom();
      stopRoom = startRoom(tidegateDialect);
      await prometheus.startServer();
      const run = await ended('outage');

      expect(away.status).toMatchObject({
        phase: 'Running',
        message: expect.stringContaining('waiting for evidence: metric "m": Prometheus did not answer'),
      });
      expect(run.status).toMatchObject({ phase: 'Successful', metricResults: [{ count: 8, successful: 8 }] });
      expect(run.status?.metricResults?.[0]?.failed).toBeUndefined();
    });

    it('in argoproj.io no evidence is an Error, and status has only the fields of Argo', async () => {
      const stop = startRoom(argoDialect);
      try {
        await create('argo-good', { metrics: [aMetric('vector(0.01)')] }, argoDialect);
        await create('argo-empty', { metrics: [aMetric('nothing_here', { consecutiveErrorLimit: 0 })] }, argoDialect);

        const [good, empty] = [await ended('argo-good', argoDialect), await ended('argo-empty', argoDialect)];

        expect(good.status?.phase).toBe('Successful');
        expect(empty.status).toMatchObject({
          phase: 'Error',
          message: expect.stringContaining('consecutiveErrors (1) > consecutiveErrorLimit (0)'),
        });
        expect(empty.status?.message).toContain('the result is nil or empty');
        expect(empty.status).not.toHaveProperty('waiting');
      } finally {
        await stop();
      }
    });

    it('tells its events on the run', async () => {
      const events = await eventually('the events are there', async () => {
        const listed = await client.list({ group: 'events.k8s.io', kind: 'Event' }, { namespace: 'default' });
        const reasons = listed.kind === 'ok' ? listed.items.flatMap((one) => textOf(one, 'reason') ?? []) : [];
        return reasons.includes('MetricFailed') ? reasons : undefined;
      });

      expect(events).toEqual(
        expect.arrayContaining([
          'MetricSuccessful',
          'MetricFailed',
          'AnalysisRunFailed',
          'EvidenceMissing',
          'EvidenceFound',
        ]),
      );
    });
  },
);
