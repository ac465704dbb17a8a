/**
 * Which pages the simulated Prometheus reads: every running pod that asks for it by its annotation, and the gateway.
 */

import type { Clock, KubeObject, Log, Transport } from '../kube/api.ts';
import { watchKind } from '../kube/cache/cache.ts';
import type { RawObject } from '../kube/cache/store.ts';
import { discovery } from '../kube/discovery.ts';
import { listOf, numberOf, textOf } from '../kube/json.ts';
import { isJsonObject } from '../crds/schema/json.ts';
import { listensAnnotation } from './kubelet/pod-run.ts';
import type { Target } from './metrics/scrape.ts';

export interface PodTargets {
  targets(): readonly Target[];
  stop(): Promise<void>;
}

interface PodTarget extends KubeObject {
  readonly target: Target | undefined;
}

const scrapeAnnotation = 'prometheus.io/scrape';
const portAnnotation = 'prometheus.io/port';
const pathAnnotation = 'prometheus.io/path';

/** Resolves when the pods have been listed. */
export async function followPodTargets(options: {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
}): Promise<PodTargets> {
  const stop = new AbortController();
  const kind = { group: '', kind: 'Pod' };
  const found = discovery(options.transport, { clock: options.clock });
  const cache = watchKind<PodTarget>({ ...options, discovery: found, kind, project: podTarget });
  const running = cache.run(stop.signal);
  await cache.whenSettled(stop.signal);
  return {
    targets: () => cache.store.list().flatMap((pod) => pod.target ?? []),
    async stop() {
      stop.abort();
      await running;
    },
  };
}

function podTarget(raw: RawObject): PodTarget {
  return { apiVersion: raw.apiVersion, kind: raw.kind, metadata: raw.metadata, target: targetOf(raw) };
}

/** Labels as a Prometheus has them that maps the pod's labels: `_` for what a label name may not contain. */
function targetOf(pod: RawObject): Target | undefined {
  const { name, namespace = '', labels = {}, annotations = {} } = pod.metadata;
  if (annotations[scrapeAnnotation] !== 'true' || textOf(pod, 'status', 'phase') !== 'Running') return undefined;
  const port = annotations[portAnnotation] ?? String(firstPort(pod) ?? '');
  const listens = (annotations[listensAnnotation] ?? '').split(',').map((one) => one.split('='));
  const address = listens.find(([containerPort]) => containerPort === port)?.[1];
  if (address === undefined) return undefined;
  const own = Object.entries(labels).map(([key, value]) => [key.replaceAll(/[^A-Za-z0-9_]/g, '_'), value]);
  const instance = `${textOf(pod, 'status', 'podIP') ?? ''}:${port}`;
  return {
    url: `http://${address}${annotations[pathAnnotation] ?? '/metrics'}`,
    labels: { ...Object.fromEntries(own), namespace, pod: name, job: 'pods', instance },
  };
}

function firstPort(pod: RawObject): number | undefined {
  return listOf(pod, 'spec', 'containers')
    .filter(isJsonObject)
    .flatMap((container) => listOf(container, 'ports').filter(isJsonObject))
    .map((port) => numberOf(port, 'containerPort'))
    .find((port) => port !== undefined);
}
