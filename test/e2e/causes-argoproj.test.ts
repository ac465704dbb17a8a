/** The line of the abort cause table for argoproj.io: missing evidence acts as in Argo Rollouts; an error aborts, an inconclusive result pauses. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { crdManifests } from '../../crds/manifests.ts';
import { argoDialect } from '../../crds/schema/dialect.ts';
import { startKubelet, type Kubelet } from '../../sandbox/kubelet/kubelet.ts';
import type { BedObject } from '../bed/api.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from './controller-process.ts';

const missing = clusterMissing();
const group = 'argoproj.io/v1alpha1';

describe.skipIf(missing !== undefined)(`serving argoproj.io${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let cluster: Cluster;
  let kubelet: Kubelet;
  let controller: ControllerProcess;
  let backend: Server;
  let folder: string;
  let address: string;

  beforeAll(async () => {
    folder = makeTempDir('argoproj');
    backend = createServer((request, response) => {
      request.resume();
      response
        .writeHead(request.url === '/broken' ? 500 : 200, { 'content-type': 'application/json' })
        .end('{"share": 0.5}');
    });
    await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
    cluster = await startCluster();
    await cluster.api.apply(...(crdManifests(argoDialect) as unknown as BedObject[]));
    await cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'tidegate' } });
    kubelet = await startKubelet({ kubeconfigPath: cluster.kubeconfigPath, nodeName: 'node-1', addresses: 'loopback' });
    controller = await startController({
      kubeconfigPath: cluster.kubeconfigPath,
      folder,
      flags: ['--api-group', 'argoproj.io'],
    });
  }, 120_000);
  afterAll(async () => {
    await controller?.stop({ graceMs: 3_000 });
    await kubelet?.stop();
    await cluster?.stop();
    backend?.close();
    removeTempDir(folder);
  });

  const rollout = (name: string, version: string): BedObject => ({
    apiVersion: group,
    kind: 'Rollout',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: `tidegate.dev/app:${version}` }] },
      },
      strategy: {
        canary: { steps: [{ setWeight: 50 }, { analysis: { templates: [{ templateName: name }] } }, { pause: {} }] },
      },
    },
  });

  const template = (name: string, path: string, conditions: Readonly<Record<string, unknown>>): BedObject => ({
    apiVersion: group,
    kind: 'AnalysisTemplate',
    metadata: { name, namespace: 'default' },
    spec: {
      metrics: [
        {
          name: 'share',
          interval: '1s',
          count: 2,
          ...conditions,
          provider: { web: { url: `${address}${path}`, jsonPath: '{$.share}' } },
        },
      ],
    },
  });

  async function statusOf(name: string): Promise<Readonly<Record<string, unknown>>> {
    const found = (await cluster.api.get(`/apis/${group}/namespaces/default/rollouts/${name}`)) as {
      status?: Record<string, unknown>;
    };
    return found.status ?? {};
  }

  async function release(name: string): Promise<void> {
    await cluster.api.apply(rollout(name, 'v1'));
    await eventually(
      `${name} v1 is healthy`,
      async (saw) => {
        const status = await statusOf(name);
        saw(status);
        return status.phase === 'Healthy';
      },
      { withinMs: 30_000 },
    );
    await cluster.api.apply(rollout(name, 'v2'));
  }

  it('an error of the backend aborts', async () => {
    await cluster.api.apply(
      template('errs', '/broken', { successCondition: 'result < 0.1', consecutiveErrorLimit: 0 }),
    );
    await release('errs');

    const status = await eventually(
      'it is aborted',
      async (saw) => {
        const one = await statusOf('errs');
        saw(one);
        return one.abort === true ? one : undefined;
      },
      { withinMs: 60_000 },
    );

    expect(status.phase).toBe('Degraded');
    expect(String(status.message)).toMatch(/analysis phase error\/failed/i);
  }, 120_000);

  it('an inconclusive result pauses, and a person goes on by the status protocol', async () => {
    await cluster.api.apply(
      template('unsure', '/fine', { successCondition: 'result < 0.1', failureCondition: 'result > 0.9' }),
    );
    await release('unsure');

    const status = await eventually(
      'it is paused',
      async (saw) => {
        const one = await statusOf('unsure');
        saw(one);
        return one.phase === 'Paused' ? one : undefined;
      },
      { withinMs: 60_000 },
    );
    expect(status.pauseConditions).toMatchObject([{ reason: 'InconclusiveAnalysisRun' }]);
    expect(status.abort ?? false).toBe(false);

    const patch = {
      status: { pauseConditions: null, controllerPause: false, currentStepIndex: Number(status.currentStepIndex) + 1 },
    };
    await cluster.api.request(
      'PATCH',
      `/apis/${group}/namespaces/default/rollouts/unsure/status`,
      patch,
      'application/merge-patch+json',
    );
    await eventually(
      'it stands at the pause after the analysis',
      async (saw) => {
        const one = await statusOf('unsure');
        saw(one);
        return one.currentStepIndex === 2 && JSON.stringify(one.pauseConditions ?? []).includes('CanaryPauseStep');
      },
      { withinMs: 30_000 },
    );
  }, 120_000);
});
