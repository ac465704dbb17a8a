/**
 * The vendors' backends on a real API server under real rights: their Secrets are read with the tenant's account from the run's
 * namespace, or with the controller's own from its namespace, and are shown nowhere.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analysisRunReconciler, type AnalysisRunObject } from '../../controller/analysis-run/reconciler.ts';
import type { SecretRights } from '../../controller/analysis-run/secrets.ts';
import { metricProviders } from '../../controller/metric-providers.ts';
import { controllerRules } from '../../controller/rbac.ts';
import { argoDialect, type Dialect, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import { watchKind } from '../../kube/cache/cache.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { eventRecorder } from '../../kube/events.ts';
import { runReconciler } from '../../kube/run-reconciler.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { workQueue } from '../../kube/work-queue.ts';
import { outboundClient } from '../../outbound/client.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { controllerObjects, tenantObjects } from '../e2e/rights.ts';
import { installCrds } from './install-crds.ts';
import { startVendors, vendorCases, type Vendors } from './vendors.ts';

const missing = clusterMissing();
const rbac = 'rbac.authorization.k8s.io';
const account = { kind: 'ServiceAccount', name: 'tidegate', namespace: 'tidegate' };

/** What the controller needs besides to serve Argo's group. */
function argoRights(): BedObject[] {
  const metadata = { name: 'tidegate-argo' };
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: metadata.name };
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata, rules: controllerRules('argoproj.io') },
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata, roleRef, subjects: [account] },
  ];
}

/** The Role of docs/analysis-secrets.md: Secrets of the controller's namespace, by name. */
function sharedRights(resourceNames: readonly string[]): BedObject[] {
  const metadata = { name: 'tidegate-analysis-secrets', namespace: 'tidegate' };
  const roleRef = { apiGroup: rbac, kind: 'Role', name: metadata.name };
  const rules = [{ apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get'] }];
  return [
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata, roleRef, subjects: [account] },
  ];
}

function secretsIn(namespace: string, { secrets }: Vendors): BedObject[] {
  return Object.entries(secrets).map(([name, stringData]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData,
  }));
}

describe.skipIf(missing !== undefined)(`vendors' backends${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let vendors: Vendors;
  let api: ApiTransport;
  let ownApi: ApiTransport;
  let client: KubeClient;

  function startRoom(dialect: Dialect, secretRights: SecretRights): () => Promise<void> {
    const found = discovery(ownApi);
    const cache = watchKind({
      transport: ownApi,
      discovery: found,
      kind: { group: dialect.group, kind: 'AnalysisRun' },
      project: (raw: KubeObject) => raw as unknown as AnalysisRunObject,
      clock: systemClock,
      log: silentLog,
    });
    const stop = new AbortController();
    const { signal } = stop;
    const clock = systemClock;
    const events = eventRecorder({
      transport: ownApi,
      clock,
      reportingController: 'tidegate-test',
      reportingInstance: 'test',
    });
    const room = analysisRunReconciler({
      client: kubeClient(ownApi, found),
      runs: cache.store,
      clock,
      dialect,
      events,
      leadership: { term: 't', signal, mayWrite: () => !signal.aborted },
      outbound: outboundClient({ policy: { allow: ['127.0.0.0/8'] }, userAgent: 'tidegate-test' }),
      providers: metricProviders({ prometheusAddress: undefined }),
      secretRights,
      sharedSecretsNamespace: 'tidegate',
      log: silentLog,
    });
    const queue = workQueue({ clock, random: Math.random });
    const undo = room.start(queue);
    const reconcile = (key: string, given: AbortSignal) => room.reconcile(key, given);
    const work = runReconciler(
      { name: 'analysis-run', queue, concurrency: 4, reconcile, clock, log: silentLog },
      signal,
    );
    const running = [work, cache.run(signal), events.run(signal)];
    return async () => {
      stop.abort();
      undo();
      await Promise.all(running);
    };
  }

  beforeAll(async () => {
    [cluster, vendors] = await Promise.all([startCluster(), startVendors()]);
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
    ownApi = transport({
      connection: await loadKubeConfig({ path: await cluster.serviceAccountKubeconfig('tidegate', 'tidegate') }),
      userAgent: 'tidegate-controller/test',
    });
  }, 120_000);
  afterAll(async () => {
    api?.close();
    ownApi?.close();
    await Promise.all([cluster?.stop(), vendors?.close()]);
  });

  async function runsOf(dialect: Dialect, names: readonly string[]): Promise<void> {
    const cases = vendorCases(vendors.address);
    for (const name of names) {
      const spec = { metrics: [{ name: 'm', ...cases[name] }] };
      const object = {
        apiVersion: `${dialect.group}/v1alpha1`,
        kind: 'AnalysisRun',
        metadata: { name, namespace: 'default' },
        spec,
      };
      expect(await client.create(object, { strict: true })).toMatchObject({ kind: 'ok' });
    }
  }

  async function until(dialect: Dialect, name: string, check: (run: AnalysisRunObject) => boolean) {
    return eventually(
      `AnalysisRun ${name} of ${dialect.group}`,
      async () => {
        const found = await client.get({ group: dialect.group, kind: 'AnalysisRun', namespace: 'default', name });
        const run = found.kind === 'ok' ? (found.object as unknown as AnalysisRunObject) : undefined;
        return run !== undefined && check(run) ? run : undefined;
      },
      { withinMs: 60_000 },
    );
  }

  const isOver = ({ status }: AnalysisRunObject) => !['Pending', 'Running'].includes(status?.phase ?? 'Pending');
  const names = Object.keys(vendorCases(''));

  async function allEnd(dialect: Dialect): Promise<void> {
    await runsOf(dialect, names);
    const runs = await Promise.all(names.map((name) => until(dialect, name, isOver)));

    expect(runs.map(({ metadata, status }) => [metadata.name, status?.phase, status?.message])).toEqual(
      names.map((name) => [name, 'Successful', undefined]),
    );
    expect(JSON.stringify(runs)).not.toContain('s3cr3t');
    const [kayenta] = runs.slice(-1);
    expect(kayenta?.status?.metricResults?.[0]?.measurements).toMatchObject([
      { phase: 'Successful', value: '96', metadata: { canaryExecutionId: '01ABC' } },
    ]);
  }

  it("measure with the tenant's rights and the Secrets of the run's namespace", async () => {
    await cluster.api.apply(...secretsIn('default', vendors));
    const stop = startRoom(tidegateDialect, 'tenant');
    try {
      await allEnd(tidegateDialect);
    } finally {
      await stop();
    }
  }, 120_000);

  it("in Argo's group without the right say which Secret and which right, and with it measure", async () => {
    await cluster.api.apply(...secretsIn('tidegate', vendors));
    const stop = startRoom(argoDialect, 'controller');
    try {
      const cases = vendorCases(vendors.address);
      const object = {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'denied', namespace: 'default' },
        spec: { metrics: [{ name: 'm', ...cases['datadog-v1'], consecutiveErrorLimit: 0 }] },
      };
      expect(await client.create(object, { strict: true })).toMatchObject({ kind: 'ok' });
      const denied = await until(argoDialect, 'denied', isOver);

      expect(denied.status?.phase).toBe('Error');
      expect(denied.status?.metricResults?.[0]?.message).toBe(
        'Secret tidegate/datadog may not be read by the account of the controller, with whose rights it is read: grant this account the right get secrets in namespace tidegate',
      );
      await cluster.api.apply(...sharedRights(Object.keys(vendors.secrets)));
      await allEnd(argoDialect);
    } finally {
      await stop();
    }
  }, 120_000);

  it('refused credentials that a careless server repeats are masked', async () => {
    const wrong = { 'api-key': 's3cr3t-wrong-key', 'app-key': 's3cr3t-wrong-app', address: vendors.address };
    await cluster.api.apply({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'mine', namespace: 'default' },
      stringData: wrong,
    });
    const stop = startRoom(tidegateDialect, 'tenant');
    try {
      const provider = { datadog: { query: 'q', secretRef: { name: 'mine', namespaced: true } } };
      const object = {
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'AnalysisRun',
        metadata: { name: 'careless', namespace: 'default' },
        spec: { metrics: [{ name: 'm', provider, successCondition: 'result < 1' }] },
      };
      expect(await client.create(object, { strict: true })).toMatchObject({ kind: 'ok' });
      const held = await until(
        tidegateDialect,
        'careless',
        ({ status }) => status?.metricResults?.[0]?.lastReading !== undefined,
      );

      expect(held.status?.message).toContain('Datadog refused the credentials (HTTP 403)');
      expect(held.status?.message).toContain('*****');
      expect(JSON.stringify(held)).not.toContain('s3cr3t');
    } finally {
      await stop();
    }
  }, 60_000);
});
