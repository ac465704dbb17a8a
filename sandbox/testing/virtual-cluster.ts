/**
 * A cluster for tests without sockets and without real time: API server, workload controllers and a kubelet whose pods listen
 * nowhere, on a clock that the test moves.
 */

import type { JsonObject, KubeClient, KubeObject } from '../../kube/api.ts';
import { kubeClient } from '../../kube/client.ts';
import { discovery } from '../../kube/discovery.ts';
import { type FakeClock, fakeClock } from '../../kube/fake-clock.ts';
import { apiServer } from '../api-server/api-server.ts';
import type { ApiServer } from '../api-server/contract.ts';
import { type Kubelet, kubeletAgent, startKubelet } from '../kubelet/kubelet.ts';
import { type MemoryTransportOptions, memoryTransport } from '../memory-transport.ts';
import { seededRandom } from '../seeded-random.ts';
import { startWorkloads, workloadsAgent } from '../workloads/workloads.ts';

export interface VirtualCluster {
  readonly api: ApiServer;
  readonly clock: FakeClock;
  readonly client: KubeClient;
  readonly kubelet: Kubelet;
  /** Throws with the server's answer when it is refused. */
  create(object: object): Promise<KubeObject & JsonObject>;
  /** "verb kind name subresource" of every commit so far. */
  readonly commits: readonly string[];
  stop(): Promise<void>;
}

/** `fault` befalls the requests of the workload controllers. */
export async function startVirtualCluster(seed = 1, fault?: MemoryTransportOptions['fault']): Promise<VirtualCluster> {
  const clock = fakeClock();
  const api = apiServer({ clock, random: seededRandom(seed, 'api-server') });
  const transportOf = (userAgent: string, options: MemoryTransportOptions = {}) =>
    memoryTransport(api, { user: 'kubernetes-admin', userAgent }, { freeze: true, ...options });
  const commits: string[] = [];
  api.onCommit(({ rv, verb, kind, namespace, name, subresource }) => {
    commits.push(`${rv} ${clock.now()} ${verb} ${kind} ${namespace}/${name} ${subresource}`);
  });
  const own = { clock, random: seededRandom(seed, 'workloads') };
  const workloads = await startWorkloads({
    ...own,
    transport: transportOf(workloadsAgent, fault === undefined ? {} : { fault }),
  });
  const kubelet = await startKubelet({
    transport: transportOf(kubeletAgent),
    nodeName: 'sandbox',
    addresses: 'none',
    clock,
  });
  const transport = transportOf('test');
  const client = kubeClient(transport, discovery(transport, { clock }));
  return {
    api,
    clock,
    client,
    kubelet,
    commits,
    create: async (object) => {
      const made = await client.create(object as KubeObject);
      if (made.kind === 'ok') return made.object;
      throw new Error(JSON.stringify(made));
    },
    stop: async () => {
      await kubelet.stop();
      await workloads.stop();
    },
  };
}
