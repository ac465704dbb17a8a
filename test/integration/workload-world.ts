/**
 * Two clusters for the same scenarios: the real control plane, and the sandbox's controllers. Pods are simulated in both.
 */

import type { ApiResult, JsonObject, KubeClient, KubeObject, ListResult } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { systemClock } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { discovery } from '../../kube/discovery.ts';
import { fieldOf } from '../../kube/json.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { type Kubelet, startKubelet } from '../../sandbox/kubelet/kubelet.ts';
import { apiServer } from '../../sandbox/api-server/api-server.ts';
import { memoryTransport } from '../../sandbox/memory-transport.ts';
import { seededRandom } from '../../sandbox/seeded-random.ts';
import { startWorkloads, workloadsAgent } from '../../sandbox/workloads/workloads.ts';
import { startCluster } from '../bed/cluster.ts';
import { eventually } from '../bed/eventually.ts';

export type Live = KubeObject & JsonObject;

export interface WorkloadWorld {
  readonly name: string;
  readonly api: ApiTransport;
  readonly client: KubeClient;
  readonly kubelet: Kubelet;
  create(object: object): Promise<Live>;
  read(group: string, kind: string, namespace: string, name: string): Promise<Live | undefined>;
  list(group: string, kind: string, namespace: string, labelSelector?: string): Promise<readonly Live[]>;
  patch(object: Live, patch: object, subresource?: 'status' | 'scale'): Promise<Live>;
  /** Waits until the object is as wanted, and gives it; undefined in `test` means that it is not there. */
  until(
    what: string,
    group: string,
    kind: string,
    namespace: string,
    name: string,
    test: (object: Live | undefined) => boolean,
  ): Promise<Live | undefined>;
  stop(): Promise<void>;
}

export async function realWorld(): Promise<WorkloadWorld> {
  const cluster = await startCluster();
  const connection = await loadKubeConfig({ path: cluster.kubeconfigPath });
  const api = transport({ connection, userAgent: 'test' });
  return worldOver('real', api, async () => cluster.stop());
}

/** The sandbox's controllers on the sandbox's API server. */
export async function sandboxWorld(): Promise<WorkloadWorld> {
  const server = apiServer({ clock: systemClock, random: seededRandom(1, 'api-server') });
  const own = memoryTransport(server, { user: 'kubernetes-admin', userAgent: workloadsAgent });
  const workloads = await startWorkloads({ transport: own, clock: systemClock });
  const api = memoryTransport(server, { user: 'kubernetes-admin', userAgent: 'test' });
  return worldOver('sandbox', api, async () => {
    await workloads.stop();
    own.close();
  });
}

async function worldOver(name: string, api: ApiTransport, stop: () => Promise<void>): Promise<WorkloadWorld> {
  const client = kubeClient(api, discovery(api));
  const kubelet = await startKubelet({
    transport: api,
    nodeName: 'sandbox',
    addresses: 'loopback',
    startDelayMs: 50,
    drainMs: 300,
  });
  const read: WorkloadWorld['read'] = async (group, kind, namespace, objectName) => {
    const result = await client.get({ group, kind, namespace, name: objectName });
    return result.kind === 'not-found' ? undefined : good(result);
  };
  return {
    name,
    api,
    client,
    kubelet,
    create: async (object) => good(await client.create(object as KubeObject)),
    read,
    list: async (group, kind, namespace, labelSelector) => {
      const options = { namespace, ...(labelSelector === undefined ? {} : { labelSelector }) };
      return items(await client.list({ group, kind }, options));
    },
    patch: async (object, patch, subresource) => {
      const { namespace = '', name: objectName } = object.metadata;
      const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] ?? '') : '';
      const options = subresource === undefined ? {} : { subresource };
      return good(await client.merge({ group, kind: object.kind, namespace, name: objectName }, patch, options));
    },
    until: async (what, group, kind, namespace, objectName, test) => {
      let last: Live | undefined;
      await eventually(
        `${name}: ${what}`,
        async () => {
          last = await read(group, kind, namespace, objectName);
          return test(last);
        },
        { withinMs: 60_000 },
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}; last: ${JSON.stringify(last)?.slice(0, 2000)}`);
      });
      return last;
    },
    async stop() {
      await kubelet.stop();
      api.close();
      await stop();
    },
  };
}

function good(result: ApiResult): Live {
  if (result.kind === 'ok') return result.object;
  throw new Error(JSON.stringify(result));
}

function items(result: ListResult): readonly Live[] {
  if (result.kind === 'ok') return result.items;
  throw new Error(JSON.stringify(result));
}

/** The part of a status that the two must agree on: times and names out. */
export function plainStatus(object: Live | undefined): unknown {
  return JSON.parse(
    JSON.stringify(fieldOf(object, 'status') ?? null, (key, value: unknown) => (times.has(key) ? undefined : value)),
  );
}

const times = new Set(['lastTransitionTime', 'lastUpdateTime', 'lastProbeTime', 'startTime', 'completionTime']);
