/**
 * What an outside observer sees of every namespace: each size of a ReplicaSet, selector of a Service, weight of a canary
 * Ingress, status of a Rollout and event, in the order in which the API server committed them.
 */

import { isJsonObject, type JsonObject } from '../../../crds/schema/json.ts';
import type { KubeObject, Transport } from '../../../kube/api.ts';
import { fieldOf } from '../../../kube/json.ts';

export type Seen =
  | { readonly kind: 'size'; readonly version: string; readonly hash: string; readonly replicas: number }
  | { readonly kind: 'service'; readonly name: string; readonly hash: string }
  | { readonly kind: 'weight'; readonly canary: number }
  | { readonly kind: 'status'; readonly phase: string; readonly message: string; readonly step: number | undefined }
  | {
      readonly kind: 'event';
      readonly name: string;
      readonly reason: string;
      readonly note: string;
      /** How often it happened; an event that happens again counts up, sooner or later. */
      readonly count: number;
    };

export interface Recording {
  /** Everything of one namespace so far, without repetitions of what did not change. */
  of(namespace: string): readonly Seen[];
  stop(): Promise<void>;
}

const watched: readonly { readonly path: string; readonly read: (object: JsonObject) => Seen | undefined }[] = [
  { path: '/apis/apps/v1/replicasets', read: sizeOf },
  { path: '/api/v1/services', read: serviceOf },
  { path: '/apis/networking.k8s.io/v1/ingresses', read: weightOf },
  { path: '/apis/argoproj.io/v1alpha1/rollouts', read: statusOf },
  { path: '/apis/events.k8s.io/v1/events', read: eventOf },
];

/** Watches from now on; every kind has a stream of its own, so order holds within a kind. */
export function startRecording(transport: Transport): Recording {
  const stop = new AbortController();
  const all = new Map<string, Seen[]>();
  const last = new Map<string, string>();
  const take = (object: KubeObject & JsonObject, path: string, seen: Seen | undefined): void => {
    if (seen === undefined) return;
    const key = `${path} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    const text = JSON.stringify(seen);
    if (last.get(key) === text) return;
    last.set(key, text);
    const namespace = object.metadata.namespace ?? '';
    all.set(namespace, [...(all.get(namespace) ?? []), seen]);
  };
  const watching = watched.map(async ({ path, read }) => {
    let resourceVersion = '0';
    while (!stop.signal.aborted) {
      const lines = transport.watch({
        path,
        query: { resourceVersion, allowWatchBookmarks: 'true' },
        timeoutMs: 300_000,
        signal: stop.signal,
      });
      for await (const line of lines) {
        if (line.kind === 'bookmark') resourceVersion = line.resourceVersion;
        if (line.kind !== 'event' || line.type === 'DELETED') continue;
        resourceVersion = line.object.metadata.resourceVersion ?? resourceVersion;
        take(line.object, path, read(line.object));
      }
    }
  });
  return {
    of: (namespace) => all.get(namespace) ?? [],
    async stop() {
      stop.abort();
      await Promise.allSettled(watching);
    },
  };
}

function sizeOf(object: JsonObject): Seen | undefined {
  const replicas = fieldOf(object, 'spec', 'replicas');
  const hash = fieldOf(object, 'metadata', 'labels', 'rollouts-pod-template-hash');
  if (typeof replicas !== 'number' || typeof hash !== 'string') return undefined;
  return { kind: 'size', version: versionOf(object), hash, replicas };
}

function serviceOf(object: JsonObject): Seen | undefined {
  const hash = fieldOf(object, 'spec', 'selector', 'rollouts-pod-template-hash');
  return typeof hash === 'string' ? { kind: 'service', name: nameOf(object), hash } : undefined;
}

function weightOf(object: JsonObject): Seen | undefined {
  const weight = fieldOf(object, 'metadata', 'annotations', 'nginx.ingress.kubernetes.io/canary-weight');
  return typeof weight === 'string' ? { kind: 'weight', canary: Number(weight) } : undefined;
}

function statusOf(object: JsonObject): Seen | undefined {
  const status = fieldOf(object, 'status');
  if (!isJsonObject(status) || typeof status.phase !== 'string') return undefined;
  const { phase, message, currentStepIndex: step } = status;
  return {
    kind: 'status',
    phase,
    message: typeof message === 'string' ? message : '',
    step: typeof step === 'number' ? step : undefined,
  };
}

function eventOf(object: JsonObject): Seen | undefined {
  const reason = fieldOf(object, 'reason');
  const isOfRollout = fieldOf(object, 'regarding', 'kind') === 'Rollout';
  if (typeof reason !== 'string' || !isOfRollout) return undefined;
  const [note, count] = [fieldOf(object, 'note'), fieldOf(object, 'series', 'count')];
  const said = typeof note === 'string' ? note : '';
  return { kind: 'event', name: nameOf(object), reason, note: said, count: typeof count === 'number' ? count : 1 };
}

/** The tag of the first container's image. */
export function versionOf(object: JsonObject): string {
  const containers = fieldOf(object, 'spec', 'template', 'spec', 'containers');
  const image = Array.isArray(containers) ? fieldOf(containers[0], 'image') : undefined;
  return typeof image === 'string' ? image.slice(image.lastIndexOf(':') + 1) : '';
}

function nameOf(object: JsonObject): string {
  const name = fieldOf(object, 'metadata', 'name');
  return typeof name === 'string' ? name : '';
}
