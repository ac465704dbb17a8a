/**
 * Lets the pods of a test cluster run: starts the simulated kubelet (`sandbox/kubelet`) as a program of its own, so that
 * the pods' work is not the test's.
 *
 *   const pods = await startPods(cluster, { podCidr: range.cidr });
 *   await pods.list();                   // every pod seen, also those that are gone, with the requests each answered
 *   await pods.requestsByHash('shop');   // requests answered per pod template hash in a namespace
 *
 * Inside the network namespace each pod listens on its own address; outside on a port of 127.0.0.1 (see `urls`), where
 * neither the gateway nor Prometheus finds it.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { startChild } from './child.ts';
import { type Cluster, clusterMissing } from './cluster.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { networkMissing, POD_CIDR } from './network.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface PodsOptions {
  /** Where pod addresses are taken from (default the whole range). */
  podCidr?: string;
  /** Time from being bound to running (Go duration, default 200ms). */
  startDelay?: string;
  /** Time a pod that is being deleted still answers (Go duration, default 500ms). */
  drain?: string;
}

const podSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  uid: z.string(),
  hash: z.string(),
  labels: z.record(z.string(), z.string()),
  images: z.array(z.string()),
  ip: z.string(),
  running: z.boolean(),
  urls: z.record(z.string(), z.string()),
  requests: z.object({ total: z.number(), byCode: z.record(z.string(), z.number()) }),
});

/** A pod as its kubelet knows it. */
export type RunningPod = z.infer<typeof podSchema>;

export interface Pods {
  readonly nodeName: string;
  /** Every pod seen so far, also those that are gone. */
  list(): Promise<RunningPod[]>;
  /** How many requests the pods of a namespace have answered, by their template hash; of pods with these labels only. */
  requestsByHash(namespace: string, labels?: Readonly<Record<string, string>>): Promise<Record<string, number>>;
  logTail(lines?: number): string;
  pids(): number[];
  stop(): Promise<void>;
}

const PROGRAM = join(import.meta.dirname, '../../sandbox/kubelet/main.ts');
const NODE = 'bed-node';

/** Why pods can't run here; undefined when they can. */
export function podsMissing(): string | undefined {
  return clusterMissing();
}

/** Starts the kubelet; resolves when its node is registered and it takes pods. */
export async function startPods(cluster: Cluster, options: PodsOptions = {}): Promise<Pods> {
  const folder = makeTempDir('pods');
  const [controlPort, kubeconfigPath] = await Promise.all([
    freePort(),
    cluster.user('sandbox-kubelet', ['system:masters']),
  ]);
  const given = { 'start-delay': options.startDelay, drain: options.drain };
  const flags = {
    kubeconfig: kubeconfigPath,
    node: NODE,
    'pod-cidr': options.podCidr ?? POD_CIDR,
    addresses: networkMissing() === undefined ? 'pod-range' : 'loopback',
    'control-port': String(controlPort),
    ...given,
  };
  const args = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}=${value}`]));
  const child = await startChild({
    name: 'kubelet',
    command: process.execPath,
    args: [PROGRAM, ...args],
    logDir: folder,
  });
  const list = async (): Promise<RunningPod[]> => {
    child.assertRunning();
    const response = await fetch(`http://127.0.0.1:${controlPort}/pods`);
    return z.array(podSchema).parse(await response.json());
  };
  const stop = async (): Promise<void> => {
    await child.stop(0);
    removeTempDir(folder);
  };
  await eventually('the kubelet takes pods', list, { withinMs: 90_000 }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return {
    nodeName: NODE,
    list,
    async requestsByHash(namespace, labels = {}) {
      const counts: Record<string, number> = {};
      for (const pod of await list()) {
        const wanted = Object.entries(labels).every(([key, value]) => pod.labels[key] === value);
        if (pod.namespace !== namespace || !wanted) continue;
        counts[pod.hash] = (counts[pod.hash] ?? 0) + pod.requests.total;
      }
      return counts;
    },
    logTail: (lines) => child.logTail(lines),
    pids: () => (child.isRunning() ? [child.pid] : []),
    stop,
  };
}
