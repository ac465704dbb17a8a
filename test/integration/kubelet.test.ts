/** The simulated kubelet on a real control plane: what the ReplicaSet, Job and EndpointSlice controllers and a client see of its pods. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { type Kubelet, type SandboxPod, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { networkMissing } from '../bed/network.ts';

const missing = clusterMissing();
const namespace = 'default';

interface PodSpec {
  readonly image?: string;
  readonly env?: readonly object[];
  readonly command?: readonly string[];
  readonly more?: object;
  readonly pod?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

function podTemplate(app: string, spec: PodSpec): object {
  const { image = 'tidegate.dev/app:v1', env = [], command = [], more = {}, pod = {}, annotations = {} } = spec;
  const container = { name: 'app', image, command, env, ports: [{ containerPort: 8080 }], ...more };
  return {
    metadata: { labels: { app, 'rollouts-pod-template-hash': 'abc123' }, annotations },
    spec: { containers: [container], ...pod },
  };
}

function replicaSet(app: string, replicas: number, spec: PodSpec = {}): KubeObject & { spec: object } {
  const labels = { app, 'rollouts-pod-template-hash': 'abc123' };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: app, namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: podTemplate(app, spec) },
  };
}

const ReplicaSetStatus = z.object({ status: z.object({ readyReplicas: z.number().default(0), replicas: z.number() }) });
const PodView = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({
    phase: z.string(),
    podIP: z.string().optional(),
    conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })),
    containerStatuses: z.array(
      z.looseObject({
        restartCount: z.number(),
        state: z.looseObject({ waiting: z.object({ reason: z.string(), message: z.string().optional() }).optional() }),
      }),
    ),
  }),
});
const Slices = z.object({
  items: z.array(
    z.object({
      endpoints: z
        .array(z.object({ addresses: z.array(z.string()), conditions: z.object({ ready: z.boolean() }) }))
        .nullish()
        .transform((one) => one ?? []),
    }),
  ),
});

describe.skipIf(missing !== undefined)(
  `kubelet on a real control plane${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;
    let kubelet: Kubelet;
    let api: ApiTransport;
    let client: KubeClient;

    const create = async (object: KubeObject): Promise<void> => {
      const result = await client.create(object);
      if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
    };
    const runningPods = (app: string): SandboxPod[] =>
      kubelet.pods().filter((pod) => pod.labels.app === app && pod.running);
    const readyReplicas = async (app: string): Promise<number> => {
      const result = await client.get({ group: 'apps', kind: 'ReplicaSet', namespace, name: app });
      return result.kind === 'ok' ? ReplicaSetStatus.parse(result.object).status.readyReplicas : -1;
    };
    const podsOf = async (app: string): Promise<z.infer<typeof PodView>[]> => {
      const result = await client.list({ group: '', kind: 'Pod' }, { namespace, labelSelector: `app=${app}` });
      return result.kind === 'ok' ? result.items.flatMap((item) => PodView.safeParse(item).data ?? []) : [];
    };
    const waitingOf = async (app: string): Promise<string> => {
      const [pod] = await podsOf(app);
      const waiting = pod?.status.containerStatuses[0]?.state.waiting;
      return `${waiting?.reason}: ${waiting?.message}`;
    };
    const urlOf = (pod: SandboxPod): string => pod.urls[8080] ?? '';

    beforeAll(async () => {
      cluster = await startCluster();
      api = transport({ connection: await loadKubeConfig({ path: cluster.kubeconfigPath }), userAgent: 'test' });
      client = kubeClient(api, discovery(api));
      kubelet = await startKubelet({
        kubeconfigPath: cluster.kubeconfigPath,
        nodeName: 'sandbox',
        addresses: 'loopback',
        startDelayMs: 50,
        drainMs: 300,
      });
    }, 90_000);
    afterAll(async () => {
      await kubelet?.stop();
      api?.close();
      await cluster?.stop();
    });

    it('runs the pods of a ReplicaSet, which become endpoints of its Service and answer with the config they started with', async () => {
      await create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'web-config', namespace },
        data: { COLOUR: 'blue' },
      } as KubeObject);
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'web', namespace },
        spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
      };
      await create(service);
      const more = {
        envFrom: [{ configMapRef: { name: 'web-config' } }],
        readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
      };
      await create(replicaSet('web', 3, { more }));
      await eventually('3 pods are ready', async () => (await readyReplicas('web')) === 3, { withinMs: 20_000 });
      const endpoints = async (): Promise<string[]> => {
        const result = await api.send({
          method: 'GET',
          path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
          query: { labelSelector: 'kubernetes.io/service-name=web' },
          pool: 'read',
        });
        if (result.kind !== 'ok') return [];
        return Slices.parse(result.object).items.flatMap((slice) =>
          slice.endpoints.filter((one) => one.conditions.ready).flatMap((one) => one.addresses),
        );
      };
      await eventually('3 endpoints are ready', async () => (await endpoints()).length === 3, { withinMs: 10_000 });

      const pods = runningPods('web');
      await cluster.kubectl(['patch', 'configmap', 'web-config', '-p', '{"data":{"COLOUR":"red"}}']);
      const answers = await Promise.all(pods.map(async (pod) => (await fetch(urlOf(pod))).json()));
      const metrics = await (await fetch(`${urlOf(pods[0] ?? fail())}/metrics`)).text();

      expect((await endpoints()).toSorted()).toEqual(pods.map((pod) => pod.ip).toSorted());
      expect(answers).toEqual(
        pods.map((pod) =>
          expect.objectContaining({ pod: pod.name, hash: 'abc123', version: 'v1', config: { COLOUR: 'blue' } }),
        ),
      );
      expect(pods.map((pod) => kubelet.requests(pod.name)?.total)).toEqual([1, 1, 1]);
      expect(metrics).toContain('http_requests_total{code="200"} 1');
    });

    it('lets a pod that is deleted drain before it is gone, and keeps its counts', async () => {
      await create(replicaSet('drain', 1, { annotations: { 'sandbox.tidegate.io/drain': '8s' } }));
      await eventually('the pod is ready', async () => (await readyReplicas('drain')) === 1, { withinMs: 20_000 });
      const [pod] = runningPods('drain');
      if (pod === undefined) throw new Error('no pod');

      await client.delete({ group: 'apps', kind: 'ReplicaSet', namespace, name: 'drain' });
      await eventually(
        'the pod is being deleted',
        async () =>
          (await cluster.kubectl(['get', 'pod', pod.name, '-o', 'jsonpath={.metadata.deletionTimestamp}'])) !== '',
        { withinMs: 5_000 },
      );
      const whileDraining = await fetch(urlOf(pod));
      await eventually('the pod is gone', async () => (await podsOf('drain')).length === 0, { withinMs: 20_000 });

      expect(whileDraining.status).toBe(200);
      await expect(fetch(urlOf(pod))).rejects.toThrow('fetch failed');
      expect(kubelet.requests(pod.uid)).toEqual({ total: 1, byCode: { '200': 1 } });
    });

    it('fails the share of requests that the environment says', async () => {
      await create(replicaSet('flaky', 1, { env: [{ name: 'ERROR_PCT', value: '40' }] }));
      await eventually('the pod is ready', async () => (await readyReplicas('flaky')) === 1, { withinMs: 20_000 });
      const [pod] = runningPods('flaky');
      for (let sent = 0; sent < 20; sent += 1) await fetch(urlOf(pod ?? fail()));

      expect(kubelet.requests(pod?.uid ?? '')?.byCode).toEqual({ '200': 12, '500': 8 });
    });

    it('tells an image that does not exist from a registry that does not answer', async () => {
      await create(replicaSet('lost', 1, { image: 'tidegate.dev/app:missing' }));
      await create(replicaSet('silent', 1, { image: 'unreachable.tidegate.dev/app:v1' }));

      await eventually(
        'the image is reported as missing',
        async () => /^ImagePullBackOff: .*not found/.test(await waitingOf('lost')),
        { withinMs: 20_000 },
      );
      await eventually(
        'the registry is reported as silent',
        async () => /^ImagePullBackOff: .*dial tcp .* i\/o timeout/.test(await waitingOf('silent')),
        { withinMs: 20_000 },
      );

      expect(await waitingOf('silent')).not.toContain('not found');
      expect((await podsOf('lost'))[0]?.status.phase).toBe('Pending');
    });

    it('restarts a failing command with back-off', async () => {
      await create(replicaSet('crash', 1, { command: ['sh', '-c', 'exit 3'] }));

      await eventually(
        'the crash loop is reported',
        async () => (await waitingOf('crash')).startsWith('CrashLoopBackOff: back-off'),
        { withinMs: 20_000 },
      );
      const [pod] = await podsOf('crash');

      expect(pod?.status.containerStatuses[0]?.restartCount).toBeGreaterThanOrEqual(2);
      expect(pod?.status.conditions).toContainEqual(expect.objectContaining({ type: 'Ready', status: 'False' }));
    });

    it('waits for a ConfigMap that is not there and says so', async () => {
      await create(
        replicaSet('unset', 1, { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'later', key: 'a' } } }] }),
      );
      await eventually(
        'the missing map is reported',
        async () => (await waitingOf('unset')) === 'CreateContainerConfigError: configmap "later" not found',
        { withinMs: 20_000 },
      );

      await create({
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'later', namespace },
        data: { a: '1' },
      } as KubeObject);

      await eventually('the pod is ready', async () => (await readyReplicas('unset')) === 1, { withinMs: 20_000 });
      const [pod] = runningPods('unset');
      expect(await (await fetch(urlOf(pod ?? fail()))).json()).toMatchObject({ config: { A: '1' } });
    });

    it('gives Jobs their exit codes', async () => {
      const job = (name: string, command: string): KubeObject & { spec: object } => ({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: { name, namespace },
        spec: {
          backoffLimit: 0,
          template: podTemplate(name, { command: ['sh', '-c', command], pod: { restartPolicy: 'Never' } }),
        },
      });
      await create(job('good', 'echo hello; sleep 0.1; exit 0'));
      await create(job('bad', 'exit 4'));
      const conditionsOf = async (name: string): Promise<string> =>
        cluster.kubectl(['get', 'job', name, '-o', 'jsonpath={.status.conditions[?(@.status=="True")].type}']);

      await eventually('the good job is complete', async () => (await conditionsOf('good')).includes('Complete'), {
        withinMs: 30_000,
      });
      await eventually('the bad job has failed', async () => (await conditionsOf('bad')).includes('Failed'), {
        withinMs: 30_000,
      });
      const code = await cluster.kubectl([
        'get',
        'pods',
        '-l',
        'app=bad',
        '-o',
        'jsonpath={.items[0].status.containerStatuses[0].state.terminated.exitCode}',
      ]);

      expect(code).toBe('4');
    });
  },
);

const noNetwork = missing ?? networkMissing();
describe.skipIf(noNetwork !== undefined)(
  `kubelet on pod addresses${noNetwork ? ` (skipped: ${noNetwork})` : ''}`,
  () => {
    it('serves each pod on its own address and the port of its spec', async () => {
      const cluster = await startCluster();
      const kubelet = await startKubelet({
        kubeconfigPath: cluster.kubeconfigPath,
        nodeName: 'n1',
        addresses: 'pod-range',
      });
      await cluster.api.apply({ ...replicaSet('web', 2), metadata: { name: 'web', namespace } });
      const served = (): SandboxPod[] => kubelet.pods().filter((pod) => pod.urls[8080] !== undefined);
      await eventually('both pods serve', async () => served().length === 2, { withinMs: 20_000 });
      const answers = await Promise.all(served().map(async ({ ip }) => (await fetch(`http://${ip}:8080/`)).json()));
      const names = served().map((pod) => pod.name);
      await kubelet.stop();
      await cluster.stop();

      expect(answers).toEqual(names.map((pod) => expect.objectContaining({ pod })));
    }, 90_000);
  },
);

function fail(): never {
  throw new Error('no such pod');
}
