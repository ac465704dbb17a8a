/** Experiments on the sandbox with the real controller: one by itself, one that fails, one that is ended, and one as a step with weights. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentStatus } from '../../crds/schema/experiment.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { fieldOf } from '../../kube/json.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { eventually } from '../bed/eventually.ts';
import { missingProgram } from '../bed/programs.ts';
import { makeTempDir, removeTempDir } from '../bed/temp-dir.ts';
import { type ControllerProcess, startController } from '../e2e/controller-process.ts';
import { controllerObjects } from '../e2e/rights.ts';

const missing = missingProgram(['kustomize', 'git']);
const namespace = 'default';
const group = 'tidegate.io';
const apiVersion = `${group}/v1alpha1`;

describe.skipIf(missing !== undefined)(`experiments on the sandbox${missing ? ` (skipped: ${missing})` : ''}`, () => {
  const folder = makeTempDir('sandbox-experiment');
  let sandbox: Sandbox;
  let client: KubeClient;
  let controller: ControllerProcess;

  const create = async (...objects: readonly object[]): Promise<void> => {
    for (const object of objects) {
      const made = await client.create(object as KubeObject);
      if (made.kind !== 'ok') throw new Error(`${JSON.stringify(object)}: ${JSON.stringify(made)}`);
    }
  };
  const read = async (of: string, kind: string, name: string): Promise<JsonObject | undefined> => {
    const found = await client.get({ group: of, kind, namespace, name });
    return found.kind === 'ok' ? found.object : undefined;
  };
  const until = <T>(kind: string, name: string, test: (status: T, object: JsonObject) => boolean): Promise<T> =>
    eventually(
      `${kind} ${name}`,
      async (saw) => {
        const object = await read(group, kind, name);
        const status = fieldOf(object, 'status') as T | undefined;
        saw(status);
        return object !== undefined && status !== undefined && test(status, object) ? status : undefined;
      },
      { withinMs: 60_000 },
    );
  const untilOver = (name: string) =>
    until<ExperimentStatus>('Experiment', name, ({ phase }) => phase !== 'Pending' && phase !== 'Running');
  const container = (version: number) => ({
    name: 'app',
    image: `tidegate.dev/app:v${version}`,
    ports: [{ containerPort: 8080 }],
  });
  const template = (name: string, more: object = {}) => ({
    name,
    selector: { matchLabels: { side: name } },
    template: { metadata: { labels: { side: name } }, spec: { containers: [container(1)] } },
    ...more,
  });
  const experiment = (name: string, spec: object) =>
    create({ apiVersion, kind: 'Experiment', metadata: { name, namespace }, spec });
  const check = (name: string, successCondition: string) => ({
    apiVersion,
    kind: 'AnalysisTemplate',
    metadata: { name, namespace },
    spec: {
      args: [{ name: 'hash', value: '' }],
      metrics: [
        {
          name: 'errors',
          interval: '2s',
          count: 2,
          successCondition,
          provider: { prometheus: { address: sandbox.prometheusUrl, query: '1' } },
        },
      ],
    },
  });

  beforeAll(async () => {
    sandbox = await startSandbox({ rate: 5, seed: 1, startDelayMs: 50, drainMs: 50 });
    const transport = memoryTransport(sandbox.api, { user: 'kubernetes-admin', userAgent: 'test' });
    client = kubeClient(transport, discovery(transport));
    await create(...controllerObjects(), check('good', 'result < 2'), check('bad', 'result > 2'));
    const flags = ['--clock-from', String(sandbox.clockFrom), '--clock-rate', String(sandbox.rate)];
    controller = await startController({ kubeconfigPath: sandbox.kubeconfigPath, folder, flags });
  }, 120_000);
  afterAll(async () => {
    await controller?.stop();
    await sandbox?.stop();
    removeTempDir(folder);
  });

  it('run side by side until the required analysis has passed, then their pods and Services go', async () => {
    const args = [{ name: 'hash', value: '{{templates.a.podTemplateHash}}' }];
    await experiment('trial', {
      templates: [template('a', { replicas: 2, service: {} }), template('b')],
      analyses: [{ name: 'errors', templateName: 'good', requiredForCompletion: true, args }],
      scaleDownDelaySeconds: 5,
    });

    const status = await untilOver('trial');
    const run = await read(group, 'AnalysisRun', 'trial-errors');
    expect(status).toMatchObject({ phase: 'Successful', analysisRuns: [{ name: 'errors', phase: 'Successful' }] });
    const [a] = status.templateStatuses ?? [];
    expect(fieldOf(run, 'spec', 'args')).toEqual([{ name: 'hash', value: a?.podTemplateHash }]);
    await until<ExperimentStatus>('Experiment', 'trial', ({ templateStatuses = [] }) =>
      templateStatuses.every(({ replicas, serviceName }) => replicas === 0 && serviceName === undefined),
    );
    expect(await read('', 'Service', 'trial-a')).toBeUndefined();
  }, 90_000);

  it('fail with an analysis', async () => {
    await experiment('failing', {
      templates: [template('a')],
      duration: '1h',
      analyses: [{ name: 'errors', templateName: 'bad' }],
    });

    expect(await untilOver('failing')).toMatchObject({
      phase: 'Failed',
      message: expect.stringContaining('Metric "errors" assessed Failed'),
    });
  }, 90_000);

  it('end with their duration, or when somebody ends them', async () => {
    await experiment('short', { templates: [template('a')], duration: '10s' });
    await experiment('endless', { templates: [template('a')] });
    expect(await untilOver('short')).toMatchObject({ phase: 'Successful' });

    await until<ExperimentStatus>('Experiment', 'endless', ({ phase }) => phase === 'Running');
    const key = { group, kind: 'Experiment', namespace, name: 'endless' };
    await client.merge(key, { spec: { terminate: true } }, {});
    expect(await untilOver('endless')).toMatchObject({ phase: 'Inconclusive' });
  }, 90_000);

  it('take their share of the traffic as a step of a canary, and give it back before their pods go [Rollout.status.canary.weights.additional[]]', async () => {
    const labels = { app: 'shop' };
    const service = (name: string) => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace },
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    });
    const backendRefs = [
      { name: 'shop-stable', port: 80, weight: 100 },
      { name: 'shop-canary', port: 80, weight: 0 },
    ];
    const route = {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'shop', namespace },
      spec: {
        parentRefs: [{ name: 'sandbox', namespace: 'default' }],
        hostnames: ['shop.test'],
        rules: [{ backendRefs }],
      },
    };
    const steps = [
      {
        experiment: {
          duration: '20s',
          scaleDownDelaySeconds: 0,
          templates: [
            { name: 'baseline', specRef: 'stable', weight: 10 },
            { name: 'trial', specRef: 'canary', weight: 10 },
          ],
          analyses: [{ name: 'errors', templateName: 'good', requiredForCompletion: false }],
        },
      },
      { setWeight: 50 },
    ];
    await create(service('shop-stable'), service('shop-canary'), route, {
      apiVersion,
      kind: 'Rollout',
      metadata: { name: 'shop', namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [container(1)] } },
        strategy: {
          canary: {
            stableService: 'shop-stable',
            canaryService: 'shop-canary',
            trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'shop' }] } },
            steps,
          },
        },
      },
    });
    const first = await until<RolloutStatus>('Rollout', 'shop', ({ phase }) => phase === 'Healthy');
    const rollout = { group, kind: 'Rollout', namespace, name: 'shop' };
    await client.merge(rollout, { spec: { template: { spec: { containers: [container(2)] } } } }, {});

    const split = await until<RolloutStatus>(
      'Rollout',
      'shop',
      ({ canary }) => (canary?.weights?.additional?.length ?? 0) === 2,
    );
    const name = split.canary?.currentExperiment ?? '';
    expect(split.canary?.weights).toMatchObject({ stable: { weight: 80 }, canary: { weight: 0 } });
    expect(split.canary?.weights?.additional).toMatchObject([
      { serviceName: `${name}-baseline`, weight: 10 },
      { serviceName: `${name}-trial`, weight: 10 },
    ]);
    const healthy = await until<RolloutStatus>(
      'Rollout',
      'shop',
      ({ phase, stableRS }) => phase === 'Healthy' && stableRS !== first.stableRS,
    );
    expect(healthy.canary?.currentExperiment).toBeUndefined();
    const live = await read('gateway.networking.k8s.io', 'HTTPRoute', 'shop');
    const [rule] = fieldOf(live, 'spec', 'rules') as { backendRefs: { name: string; weight: number }[] }[];
    expect(rule?.backendRefs.map((one) => [one.name, one.weight])).toEqual([
      ['shop-stable', 100],
      ['shop-canary', 0],
    ]);
    await until<ExperimentStatus>('Experiment', name, ({ templateStatuses = [] }) =>
      templateStatuses.every(({ replicas }) => replicas === 0),
    );
  }, 120_000);
});
