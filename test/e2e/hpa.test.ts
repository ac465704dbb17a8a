/** An autoscaler in the middle of a canary: scaled by /scale as it does, the ratio and the weight stay and nobody fights it. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject } from '../../crds/schema/json.ts';
import type { KubeObject } from '../../kube/api.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { type Cluster, clusterMissing, startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';
import { applyGatewayApi, gatewayApiMissing } from '../bed/gateway-api.ts';
import { installCrds } from '../integration/install-crds.ts';
import { type RolloutRoom, startRolloutRoom } from '../integration/rollout-room.ts';

const missing = clusterMissing() ?? gatewayApiMissing();
const namespace = 'default';
const userAgent = 'tidegate-controller/hpa';
const routeKind = { group: 'gateway.networking.k8s.io', kind: 'HTTPRoute' };

describe.skipIf(missing !== undefined)(
  `an autoscaler during a canary${missing ? ` (skipped: ${missing})` : ''}`,
  () => {
    let cluster: Cluster;
    let kubelet: Kubelet;
    let room: RolloutRoom;

    beforeAll(async () => {
      cluster = await startCluster({ audit: 'Metadata' });
      const problems = await installCrds(cluster, tidegateDialect);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      await applyGatewayApi(cluster);
      const { kubeconfigPath } = cluster;
      kubelet = await startKubelet({
        kubeconfigPath,
        nodeName: 'sandbox',
        addresses: 'loopback',
        startDelayMs: 50,
        drainMs: 100,
      });
      room = await startRolloutRoom({ kubeconfigPath, userAgent });
      confirmRoutes(room);
    }, 120_000);
    afterAll(async () => {
      await room?.stop();
      await kubelet?.stop();
      await cluster?.stop();
    });

    const create = async (...objects: object[]) => {
      for (const object of objects) {
        const result = await room.client.create(object as KubeObject);
        if (result.kind !== 'ok') throw new Error(JSON.stringify(result));
      }
    };
    const path = (name: string, sub = '') =>
      `/apis/tidegate.io/v1alpha1/namespaces/${namespace}/rollouts/${name}${sub}`;
    const rollout = async (name: string) =>
      (await cluster.api.get(path(name))) as {
        spec: { replicas: number };
        status: { phase?: string; stableRS?: string; currentPodHash?: string };
      };
    const scaleOf = async (name: string) =>
      (await cluster.api.get(path(name, '/scale'))) as {
        spec: { replicas: number };
        status: { replicas: number; selector: string };
      };
    const scale = async (name: string, replicas: number) => {
      const answer = await cluster.api.request(
        'PATCH',
        path(name, '/scale'),
        { spec: { replicas } },
        'application/merge-patch+json',
      );
      expect(answer.status).toBe(200);
    };
    const until = (name: string, phase: string) =>
      eventually(
        `${name} is ${phase}`,
        async (saw) => {
          const one = await rollout(name);
          saw(one.status);
          return one.status.phase === phase ? one.status : undefined;
        },
        { withinMs: 60_000 },
      );
    /** Pods asked for and available, of canary and stable. */
    const sizes = (name: string, { stableRS, currentPodHash }: { stableRS?: string; currentPodHash?: string }) =>
      [currentPodHash, stableRS].map((hash) => {
        const set = room.stores.replicaSets.get(namespace, `${name}-${hash}`);
        return { replicas: set?.replicas ?? 0, available: set?.status.available ?? 0 };
      });
    const ownWrites = () =>
      cluster
        .auditEvents()
        .filter(
          (event) =>
            event.userAgent?.startsWith(userAgent) && ['create', 'patch', 'update', 'delete'].includes(event.verb),
        );

    it.each([
      ['by numbers of pods', 'ratio', false, 14, 7],
      ['with a router', 'routed', true, 20, 10],
    ])(
      '%s keeps the share of the canary from 10 to 20 and back [Rollout.spec.replicas, Rollout.status.HPAReplicas, Rollout.status.selector]',
      async (_how, name, routed, up, down) => {
        if (routed) await create(service(name, 'stable'), service(name, 'canary'), route(name));
        const routing = {
          stableService: `${name}-stable`,
          canaryService: `${name}-canary`,
          scaleDownDelaySeconds: 1,
          trafficRouting: { gatewayAPI: { httpRoutes: [{ name }] } },
        };
        const canary = { steps: [{ setWeight: 30 }, { pause: {} }], ...(routed ? routing : {}) };
        await create(rolloutObject(name, canary));
        await until(name, 'Healthy');
        await room.client.merge(
          { group: 'tidegate.io', kind: 'Rollout', namespace, name },
          { spec: { template: template(name, 'v2') } },
          {},
        );
        const paused = await until(name, 'Paused');
        let least = Number.POSITIVE_INFINITY;
        const stop = room.stores.replicaSets.onChange(() => {
          const now = sizes(name, paused).reduce((sum, one) => sum + one.available, 0);
          least = Math.min(least, now);
        });
        const reaches = (canarySize: number, stableSize: number) =>
          eventually(
            `${canarySize} of the canary and ${stableSize} of stable`,
            (saw) => {
              const [one, other] = sizes(name, paused);
              saw([one, other]);
              const near = (side: typeof one, size: number) =>
                side !== undefined && Math.abs(side.available - size) <= 1 && side.available === side.replicas;
              return near(one, canarySize) && near(other, stableSize);
            },
            { withinMs: 30_000 },
          );

        await scale(name, 20);
        await reaches(6, up);
        expect((await scaleOf(name)).spec.replicas).toBe(20);
        await eventually('the autoscaler sees all pods', async () => (await scaleOf(name)).status.replicas >= 20);
        await scale(name, 10);
        await reaches(3, down);
        stop();
        expect(least).toBeGreaterThanOrEqual(9);
        await eventually('the autoscaler sees fewer pods', async () => (await scaleOf(name)).status.replicas <= 14);
        expect(await scaleOf(name)).toMatchObject({ spec: { replicas: 10 }, status: { selector: `app=${name}` } });

        await delay(1_500);
        const before = ownWrites().length;
        await delay(2_000);
        expect(ownWrites().length).toBe(before);
        expect((await rollout(name)).spec.replicas).toBe(10);
      },
      120_000,
    );
  },
);

function template(app: string, version: string): JsonObject {
  const containers = [{ name: 'app', image: `tidegate.dev/app:${version}`, ports: [{ containerPort: 8080 }] }];
  return { metadata: { labels: { app } }, spec: { containers, terminationGracePeriodSeconds: 1 } };
}

function rolloutObject(name: string, canary: object): object {
  const spec = {
    replicas: 10,
    selector: { matchLabels: { app: name } },
    template: template(name, 'v1'),
    strategy: { canary },
  };
  return { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name, namespace }, spec };
}

function service(name: string, role: string): object {
  const spec = { selector: { app: name }, ports: [{ port: 80, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: `${name}-${role}`, namespace }, spec };
}

function route(name: string): object {
  const backendRefs = [
    { name: `${name}-stable`, port: 80, weight: 100 },
    { name: `${name}-canary`, port: 80, weight: 0 },
  ];
  const spec = { parentRefs: [{ name: 'gate' }], rules: [{ backendRefs }] };
  return { apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: { name, namespace }, spec };
}

/** A gateway that takes every route as it is written. */
function confirmRoutes(room: RolloutRoom): void {
  room.stores.routes.get('gateway.networking.k8s.io/HTTPRoute')?.onChange(({ kind, object }) => {
    const { name, generation = 0 } = object.metadata;
    const known = (object as { status?: { parents?: { conditions: { observedGeneration: number }[] }[] } }).status;
    if (kind === 'deleted' || known?.parents?.[0]?.conditions[0]?.observedGeneration === generation) return;
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const conditions = ['Accepted', 'ResolvedRefs'].map((type) => ({
      type,
      status: 'True',
      reason: type,
      message: '',
      lastTransitionTime,
      observedGeneration: generation,
    }));
    const parents = [{ parentRef: { name: 'gate' }, controllerName: 'test.dev/gate', conditions }];
    void room.client.merge({ ...routeKind, namespace, name }, { status: { parents } }, { subresource: 'status' });
  });
}
