/** The provider job with the real controller on the sandbox: Jobs really run, fail with a log, can't start, and end with their run. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalysisRunSpec } from '../../crds/schema/analysis-run.ts';
import { fieldOf, textOf } from '../../kube/json.ts';
import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { eventually } from '../bed/eventually.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../e2e/controller-process.ts';
import { controllerObjects, tenantObjects } from '../e2e/rights.ts';

const namespace = 'shop';
type Live = KubeObject & JsonObject;

describe('jobs as measurements on the sandbox', () => {
  const folder = makeTempDir('sandbox-jobs');
  let sandbox: Sandbox;
  let client: KubeClient;
  let controller: ControllerProcess;

  const create = async (...objects: readonly object[]): Promise<void> => {
    for (const object of objects) {
      const made = await client.create(object as KubeObject);
      if (made.kind !== 'ok') throw new Error(JSON.stringify(made));
    }
  };
  const startRun = (name: string, spec: AnalysisRunSpec) =>
    create({ apiVersion: 'tidegate.io/v1alpha1', kind: 'AnalysisRun', metadata: { name, namespace }, spec });
  const key = (name: string) => ({ group: 'tidegate.io', kind: 'AnalysisRun', namespace, name });
  const read = async (name: string): Promise<Live> => {
    const found = await client.get(key(name));
    if (found.kind !== 'ok') throw new Error(JSON.stringify(found));
    return found.object;
  };
  const jobs = async (run: Live): Promise<readonly Live[]> => {
    const labelSelector = `tidegate.io/analysisrun-uid=${run.metadata.uid ?? ''}`;
    const found = await client.list({ group: 'batch', kind: 'Job' }, { namespace, labelSelector });
    return found.kind === 'ok' ? found.items : [];
  };
  const untilPhase = async (name: string, phase: string): Promise<Live> => {
    let last: Live | undefined;
    await eventually(
      `${name} is ${phase}`,
      async () => {
        last = await read(name);
        return textOf(last, 'status', 'phase') === phase;
      },
      { withinMs: 30_000 },
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}: ${JSON.stringify(last?.status)}`, { cause: error });
    });
    return last ?? read(name);
  };
  const job = (image: string, command: readonly string[]) => ({
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
  });
  const measurement = (run: Live): JsonObject => {
    const [result] = fieldOf(run, 'status', 'metricResults') as readonly JsonObject[];
    const [first] = (result?.['measurements'] ?? []) as readonly JsonObject[];
    return first ?? {};
  };

  beforeAll(async () => {
    sandbox = await startSandbox({ seed: 1, startDelayMs: 20 });
    const transport = memoryTransport(sandbox.api, { user: 'kubernetes-admin', userAgent: 'test' });
    client = kubeClient(transport, discovery(transport));
    await create(...controllerObjects(), ...tenantObjects(namespace, 'unused'));
    controller = await startController({ kubeconfigPath: sandbox.kubeconfigPath, folder, flags: [] });
  }, 60_000);
  afterAll(async () => {
    await controller?.stop();
    await sandbox?.stop();
    removeTempDir(folder);
  });

  it('pass with the success of the Job, which the run owns, whoever made the run [AnalysisTemplate.spec.metrics[].provider.job.spec, AnalysisTemplate.spec.metrics[].provider.job.metadata]', async () => {
    const greeting = { name: 'greeting', value: 'hello' };
    const provider = job('tidegate.dev/check:v1', ['sh', '-c', 'echo {{args.greeting}}; exit 0']);
    await startRun('passes', { metrics: [{ name: 'smoke', provider }], args: [greeting] });
    const run = await untilPhase('passes', 'Successful');
    const [made] = await jobs(run);
    const name = `${run.metadata.uid ?? ''}.smoke.1`;

    expect(made?.metadata).toMatchObject({
      name,
      labels: { purpose: 'smoke' },
      ownerReferences: [{ kind: 'AnalysisRun', name: 'passes', controller: true }],
    });
    expect(JSON.stringify(made?.spec)).toContain('echo hello');
    expect(measurement(run)).toMatchObject({
      phase: 'Successful',
      metadata: { 'job-name': name, 'job-namespace': namespace },
    });
  });

  it('fail with the Job, and tell the end of its log', async () => {
    const provider = job('tidegate.dev/check:v1', ['sh', '-c', 'echo 3 of 4 orders are wrong; exit 3']);
    await startRun('fails', { metrics: [{ name: 'smoke', provider }] });
    const run = await untilPhase('fails', 'Failed');

    expect(measurement(run)).toMatchObject({
      phase: 'Failed',
      message: expect.stringMatching(
        /^Job .* failed: BackoffLimitExceeded: .*; the last lines of its log: .*exits with code 3$/s,
      ),
    });
  });

  it('are inconclusive when the image does not exist, and the Job goes', async () => {
    await startRun('stuck', { metrics: [{ name: 'smoke', provider: job('tidegate.dev/check:missing', ['true']) }] });
    const run = await untilPhase('stuck', 'Inconclusive');

    expect(measurement(run)['message']).toMatch(/ErrImagePull|ImagePullBackOff/);
    await eventually('the Job is gone', async () => (await jobs(run)).length === 0, { withinMs: 20_000 });
  });

  it('are inconclusive when their run is terminated, and the Job goes', async () => {
    await startRun('cut', { metrics: [{ name: 'smoke', provider: job('tidegate.dev/check:v1', ['sleep', '600']) }] });
    await eventually('the Job runs', async () => (await jobs(await read('cut'))).length === 1, { withinMs: 20_000 });
    await client.merge(key('cut'), { spec: { terminate: true } }, {});
    const run = await untilPhase('cut', 'Inconclusive');

    expect(measurement(run)).toMatchObject({ phase: 'Inconclusive' });
    await eventually('the Job is gone', async () => (await jobs(run)).length === 0, { withinMs: 20_000 });
  });
});
