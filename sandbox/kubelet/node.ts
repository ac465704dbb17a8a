/**
 * The Node object this kubelet stands for: registers it as ready and renews its Lease, so that the node lifecycle
 * controller never evicts its pods.
 */

import type { Clock, KubeClient, KubeObject, Log, ObjectKey } from '../../kube/api.ts';
import { sentenceOf } from '../../kube/client.ts';
import { microTime } from '../../kube/lease-record.ts';
import { timeText } from './container-run.ts';

export interface NodeOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly name: string;
  readonly hostIp: string;
  readonly podCidr: string;
}

const renewMs = 10_000;
const leaseSeconds = 40;
const leaseNamespace = 'kube-node-lease';

/** Where the API server finds the logs of this node's pods. */
const logsAnnotation = 'sandbox.tidegate.io/kubelet';

/** Rejects with one sentence when the node cannot be registered. `logsUrl`: where its pods' logs are served, if anywhere. */
export async function registerNode(options: NodeOptions, logsUrl?: string): Promise<void> {
  const { client, name } = options;
  const node: KubeObject & Record<string, unknown> = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'tidegate.io/sandbox': 'true' },
    },
    spec: { podCIDR: options.podCidr, podCIDRs: [options.podCidr] },
  };
  const created = await client.create(node);
  if (created.kind !== 'ok' && !(created.kind === 'conflict' && created.reason === 'AlreadyExists')) {
    throw new Error(`node ${name} could not be registered: ${sentenceOf(created)}`);
  }
  if (logsUrl !== undefined) {
    const told = await client.merge(nodeKey(name), { metadata: { annotations: { [logsAnnotation]: logsUrl } } }, {});
    if (told.kind !== 'ok') throw new Error(`node ${name} could not be annotated: ${sentenceOf(told)}`);
  }
  const status = await client.merge(nodeKey(name), { status: nodeStatus(options) }, { subresource: 'status' });
  if (status.kind !== 'ok') throw new Error(`the status of node ${name} could not be written: ${sentenceOf(status)}`);
}

/** Renews lease and heartbeat until the signal aborts. */
export async function keepNodeAlive(options: NodeOptions, signal: AbortSignal): Promise<void> {
  for (let round = 0; !signal.aborted; round += 1) {
    await renewLease(options);
    if (round % 6 === 5)
      await options.client.merge(nodeKey(options.name), { status: nodeStatus(options) }, { subresource: 'status' });
    await options.clock.sleep(renewMs, signal);
  }
}

async function renewLease({ client, clock, name, log }: NodeOptions): Promise<void> {
  const spec = { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime: microTime(clock.now()) };
  const key: ObjectKey = { group: 'coordination.k8s.io', kind: 'Lease', namespace: leaseNamespace, name };
  const renewed = await client.merge(key, { spec }, {});
  if (renewed.kind === 'ok') return;
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: leaseNamespace },
    spec,
  };
  const made = renewed.kind === 'not-found' ? await client.create(lease) : renewed;
  // kube-node-lease is made by the API server some time after its start: the next round finds it.
  if (made.kind !== 'ok') log.debug('node lease not renewed', { node: name, why: sentenceOf(made) });
}

function nodeKey(name: string): ObjectKey {
  return { group: '', kind: 'Node', namespace: '', name };
}

/** What `kubectl get nodes -o wide` shows; nothing of it is a machine. */
const nodeInfo = {
  machineID: 'sandbox',
  systemUUID: 'sandbox',
  bootID: 'sandbox',
  kernelVersion: 'simulated',
  osImage: 'Tidegate sandbox',
  containerRuntimeVersion: 'sandbox://1',
  kubeletVersion: 'v1.36.3-sandbox',
  kubeProxyVersion: '',
  operatingSystem: 'linux',
  architecture: 'simulated',
};

function nodeStatus({ clock, hostIp, name }: NodeOptions): object {
  const now = timeText(clock.now());
  const condition = (type: string, status: string, reason: string): object => ({
    type,
    status,
    reason,
    message: '',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  const resources = { cpu: '1000', memory: '1000Gi', pods: '10000', 'ephemeral-storage': '1000Gi' };
  return {
    nodeInfo,
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: 'InternalIP', address: hostIp },
      { type: 'Hostname', address: name },
    ],
    conditions: [
      condition('Ready', 'True', 'KubeletReady'),
      condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
      condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
      condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
    ],
  };
}
