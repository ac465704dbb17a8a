/**
 * A simulated kubelet and scheduler in one: takes every unscheduled pod, runs its containers as HTTP servers inside this
 * process, and reports as a real node would. An API client only, so it serves a real control plane and a simulated one.
 */

import type { Clock, KubeClient, Log, StoreChange, Transport } from '../../kube/api.ts';
import { type KindCache, watchKind, wholeObject } from '../../kube/cache/cache.ts';
import type { RawObject } from '../../kube/cache/store.ts';
import { kubeClient } from '../../kube/client.ts';
import { clockOr } from '../../kube/clock.ts';
import { loadKubeConfig } from '../../kube/config.ts';
import { type Discovery, discovery } from '../../kube/discovery.ts';
import { silentLog } from '../../kube/silent-log.ts';
import { type ApiTransport, transport } from '../../kube/transport.ts';
import { type Addresses, podAddresses } from './addresses.ts';
import type { ContainerTimes, Listen } from './container-run.ts';
import { type LogLines, logLines } from './log-lines.ts';
import { type LogServerOptions, startLogServer } from './log-server.ts';
import { keepNodeAlive, type NodeOptions, registerNode } from './node.ts';
import { hashOf, Pod } from './pod.ts';
import { podKey, type PodRun, removePod, runPod } from './pod-run.ts';
import { type RequestCounter, type RequestCounts, requestCounter } from './request-counter.ts';

export interface KubeletOptions {
  /** One of the two. A given transport is left open at the end. */
  readonly kubeconfigPath?: string;
  readonly transport?: Transport;
  readonly nodeName: string;
  readonly podCidr?: string;
  /**
   * `pod-range`: listen on each pod's own address (needs a network where the range is local). `loopback`: on 127.0.0.1, see
   * `urls` and the pods' annotation; also serves their logs. `none`: nothing listens, pods are ready as their settings say.
   */
  readonly addresses: 'pod-range' | 'loopback' | 'none';
  readonly startDelayMs?: number;
  readonly drainMs?: number;
  readonly pullBackOffMs?: number;
  readonly crashBackOffMs?: number;
  readonly clock?: Clock;
  readonly log?: Log;
}

/** A pod that runs here or once ran here. */
export interface SandboxPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly images: readonly string[];
  readonly ip: string;
  readonly running: boolean;
  /** Address per containerPort while it serves. */
  readonly urls: Readonly<Record<number, string>>;
  readonly requests: RequestCounts;
}

export interface Kubelet {
  /** All pods seen so far, also those that are gone, so that their requests still count. */
  pods(): readonly SandboxPod[];
  /** By uid or by name (of the newest pod of that name). */
  requests(pod: string): RequestCounts | undefined;
  /** Ends all pods' servers at once and stops; the objects stay as they are. */
  stop(): Promise<void>;
}

interface Known {
  pod: Pod;
  readonly ip: string;
  readonly counter: RequestCounter;
  readonly logs: ReadonlyMap<string, LogLines>;
  run: PodRun | undefined;
}

interface Node extends NodeOptions {
  readonly addresses: Addresses;
  readonly listenOn: KubeletOptions['addresses'];
  readonly times: ContainerTimes;
  readonly known: Map<string, Known>;
  readonly binding: Set<string>;
  readonly stopped: AbortSignal;
}

/** User agent of this part; a given transport should send it. */
export const kubeletAgent = 'tidegate-sandbox-kubelet/1';

const hostIp = '10.244.0.1';
const bindRetryMs = 500;

/** Resolves when the node is registered and all pods have been listed. Rejects when the API server cannot be used. */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const own = options.transport === undefined ? await ownTransport(options) : undefined;
  const used = options.transport ?? own;
  if (used === undefined) throw new Error('startKubelet needs kubeconfigPath or transport');
  const found = discovery(used, { clock: clockOr(options.clock) });
  const stop = new AbortController();
  const node = makeNode(options, kubeClient(used, found), stop.signal);
  const logs = options.addresses === 'loopback' ? await startLogServer(logsOf(node)) : undefined;
  try {
    await registerNode(node, logs?.url);
  } catch (error) {
    await logs?.close();
    throw error;
  }
  const cache = watchPods(used, found, node);
  const loops = Promise.all([keepNodeAlive(node, stop.signal), cache.run(stop.signal)]);
  await cache.whenSettled(stop.signal);
  return {
    pods: () => [...node.known.values()].map(describe),
    requests: (pod) => findPod(node, pod)?.counter.counts(),
    async stop() {
      stop.abort();
      await Promise.all([...node.known.keys()].map((uid) => forget(node, uid)));
      await Promise.all([loops, logs?.close()]);
      own?.close();
    },
  };
}

async function ownTransport(options: KubeletOptions): Promise<ApiTransport> {
  const path = options.kubeconfigPath;
  const connection = await loadKubeConfig(path === undefined ? {} : { path });
  return transport({ connection, userAgent: kubeletAgent });
}

function makeNode(options: KubeletOptions, client: KubeClient, stopped: AbortSignal): Node {
  const podCidr = options.podCidr ?? '10.244.0.0/16';
  return {
    client,
    clock: clockOr(options.clock),
    log: options.log ?? silentLog,
    name: options.nodeName,
    hostIp,
    podCidr,
    addresses: podAddresses(podCidr),
    listenOn: options.addresses,
    times: {
      startDelayMs: options.startDelayMs ?? 200,
      drainMs: options.drainMs ?? 500,
      pullBackOffMs: options.pullBackOffMs ?? 500,
      crashBackOffMs: options.crashBackOffMs ?? 1_000,
    },
    known: new Map(),
    binding: new Set(),
    stopped,
  };
}

function logsOf(node: Node): LogServerOptions {
  return {
    now: () => node.clock.now(),
    find: (namespace, name, container) =>
      [...node.known.values()]
        .findLast(({ pod }) => pod.metadata.name === name && pod.metadata.namespace === namespace)
        ?.logs.get(container),
  };
}

function watchPods(used: Transport, found: Discovery, node: Node): KindCache<RawObject> {
  const cache = watchKind<RawObject>({
    transport: used,
    discovery: found,
    kind: { group: '', kind: 'Pod' },
    project: wholeObject,
    clock: node.clock,
    log: node.log,
  });
  cache.store.onChange((change) => obey(node, change));
  return cache;
}

function obey(node: Node, change: StoreChange<RawObject>): void {
  const parsed = Pod.safeParse(change.object);
  if (!parsed.success) {
    node.log.error('a pod could not be read', { pod: change.object.metadata.name, error: parsed.error });
    return;
  }
  const pod = parsed.data;
  const { uid, deletionTimestamp } = pod.metadata;
  if (change.kind === 'deleted') background(node, forget(node, uid));
  else if (pod.spec.nodeName === undefined) background(node, bind(node, pod));
  else if (pod.spec.nodeName !== node.name) return;
  else if (deletionTimestamp !== undefined) background(node, end(node, pod));
  else keepRunning(node, pod);
}

function background(node: Node, work: Promise<void>): void {
  work.catch((error: unknown) => node.log.error('kubelet work failed', { error }));
}

/** The scheduler's part: every pod fits on this node. */
async function bind(node: Node, pod: Pod): Promise<void> {
  const { uid, name, namespace, deletionTimestamp } = pod.metadata;
  if (node.binding.has(uid) || deletionTimestamp !== undefined || pod.spec.schedulingGates.length > 0) return;
  node.binding.add(uid);
  const target = { apiVersion: 'v1', kind: 'Node', name: node.name };
  const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace, uid }, target };
  while (!node.stopped.aborted) {
    const result = await node.client.createSub(podKey(pod), 'binding', body);
    if (result.kind === 'ok' || result.kind === 'conflict' || result.kind === 'not-found') break;
    await node.clock.sleep(bindRetryMs, node.stopped);
  }
  node.binding.delete(uid);
}

function keepRunning(node: Node, pod: Pod): void {
  const known = node.known.get(pod.metadata.uid);
  if (known !== undefined) {
    known.pod = pod;
    known.run?.update(pod);
    return;
  }
  if (pod.status.phase === 'Succeeded' || pod.status.phase === 'Failed') return;
  const ip = node.addresses.take(pod.status.podIP);
  const counter = requestCounter();
  const logs = new Map(pod.spec.containers.map(({ name }) => [name, logLines(() => node.clock.now())]));
  const linesOf = (container: string): LogLines => logs.get(container) ?? logLines(() => node.clock.now());
  const run = runPod({ ...node, podIp: ip, counter, linesOf, listen: listenOf(node, ip) }, pod);
  node.known.set(pod.metadata.uid, { pod, ip, counter, logs, run });
}

function listenOf({ listenOn }: Node, ip: string): Listen {
  switch (listenOn) {
    case 'pod-range':
      return { kind: 'own', host: ip };
    case 'loopback':
      return { kind: 'loopback', host: '127.0.0.1' };
    case 'none':
      return { kind: 'none' };
  }
}

async function end(node: Node, pod: Pod): Promise<void> {
  const known = node.known.get(pod.metadata.uid);
  if (known?.run === undefined) {
    if (known === undefined) await removePod(node, pod);
    return;
  }
  known.run.update(pod);
  await known.run.terminate();
}

/** The object is gone: nothing of the pod may go on. Its counts stay. */
async function forget(node: Node, uid: string): Promise<void> {
  const known = node.known.get(uid);
  const run = known?.run;
  if (known === undefined || run === undefined) return;
  known.run = undefined;
  await run.abandon();
  for (const lines of known.logs.values()) lines.end();
  node.addresses.give(known.ip);
}

function findPod(node: Node, pod: string): Known | undefined {
  return node.known.get(pod) ?? [...node.known.values()].findLast((one) => one.pod.metadata.name === pod);
}

function describe({ pod, ip, counter, run }: Known): SandboxPod {
  const { namespace, name, uid, labels } = pod.metadata;
  return {
    namespace,
    name,
    uid,
    hash: hashOf(pod),
    labels,
    images: pod.spec.containers.map((one) => one.image),
    ip,
    running: run !== undefined,
    urls: run?.urls() ?? {},
    requests: counter.counts(),
  };
}
