/**
 * What the workload controllers read of Pods and ReplicaSets: the few fields they obey, taken out of the raw objects once
 * per change.
 */

import { isJsonObject } from '../../crds/schema/json.ts';
import { LabelSelector } from '../../crds/schema/label-selector.ts';
import type { JsonObject, KubeObject, OwnerRef } from '../../kube/api.ts';
import type { RawObject } from '../../kube/cache/store.ts';
import { fieldOf, listOf, numberOf, textOf } from '../../kube/json.ts';

export interface PodPort {
  readonly name: string;
  readonly protocol: string;
  readonly port: number;
}

export interface PodView extends KubeObject {
  readonly nodeName: string;
  readonly phase: string;
  readonly ip: string;
  readonly ready: boolean;
  /** When `ready` last changed, epoch ms; undefined when the pod has no such condition. */
  readonly readySince: number | undefined;
  /** The highest restart count of its containers. */
  readonly restarts: number;
  readonly ports: readonly PodPort[];
  readonly hostname: string;
  readonly subdomain: string;
}

export function podView(raw: RawObject): PodView {
  const ready = listOf(raw, 'status', 'conditions')
    .filter(isJsonObject)
    .find((one) => one.type === 'Ready');
  return {
    ...head(raw),
    nodeName: textOf(raw, 'spec', 'nodeName') ?? '',
    phase: textOf(raw, 'status', 'phase') ?? '',
    ip: textOf(raw, 'status', 'podIP') ?? '',
    ready: ready?.status === 'True',
    readySince: instantOf(textOf(ready, 'lastTransitionTime')),
    restarts: Math.max(
      0,
      ...objectsIn(raw, 'status', 'containerStatuses').map((one) => numberOf(one, 'restartCount') ?? 0),
    ),
    ports: objectsIn(raw, 'spec', 'containers').flatMap((container) =>
      objectsIn(container, 'ports').map((port) => ({
        name: textOf(port, 'name') ?? '',
        protocol: textOf(port, 'protocol') ?? 'TCP',
        port: numberOf(port, 'containerPort') ?? 0,
      })),
    ),
    hostname: textOf(raw, 'spec', 'hostname') ?? '',
    subdomain: textOf(raw, 'spec', 'subdomain') ?? '',
  };
}

/** Neither ended nor being deleted: what counts as a replica. */
export function isActive(pod: PodView): boolean {
  return !isTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

export function isTerminal(pod: PodView): boolean {
  return pod.phase === 'Succeeded' || pod.phase === 'Failed';
}

/** Ready for `minReadySeconds` at least. */
export function isAvailable(pod: PodView, minReadySeconds: number, nowMs: number): boolean {
  if (!pod.ready) return false;
  return minReadySeconds === 0 || (pod.readySince !== undefined && pod.readySince + minReadySeconds * 1000 <= nowMs);
}

export interface ReplicaSetView extends KubeObject {
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly selector: LabelSelector;
  readonly template: JsonObject;
  readonly status: JsonObject;
}

export function replicaSetView(raw: RawObject): ReplicaSetView {
  return {
    ...head(raw),
    replicas: numberOf(raw, 'spec', 'replicas') ?? 1,
    minReadySeconds: numberOf(raw, 'spec', 'minReadySeconds') ?? 0,
    selector: selectorOf(raw),
    template: objectOf(raw, 'spec', 'template'),
    status: objectOf(raw, 'status'),
  };
}

/** The selector at spec.selector; one that cannot be read selects nothing. */
export function selectorOf(raw: JsonObject): LabelSelector {
  const read = LabelSelector.safeParse(fieldOf(raw, 'spec', 'selector'));
  return read.success ? read.data : nothing;
}

const nothing: LabelSelector = { matchExpressions: [{ key: 'none', operator: 'In', values: [] }] };

/** apiVersion, kind and metadata. */
export function head(raw: RawObject): KubeObject {
  return { apiVersion: raw.apiVersion, kind: raw.kind, metadata: raw.metadata };
}

export function objectOf(object: JsonObject | undefined, ...path: readonly string[]): JsonObject {
  const value = fieldOf(object, ...path);
  return isJsonObject(value) ? value : {};
}

export function objectsIn(object: JsonObject | undefined, ...path: readonly string[]): readonly JsonObject[] {
  return listOf(object, ...path).filter(isJsonObject);
}

/** Strings under a path, such as labels. */
export function textsOf(object: JsonObject | undefined, ...path: readonly string[]): Readonly<Record<string, string>> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(objectOf(object, ...path))) {
    if (typeof value === 'string') texts[name] = value;
  }
  return texts;
}

/** The one owner that controls the object. */
export function controllerRef(object: KubeObject): OwnerRef | undefined {
  return object.metadata.ownerReferences?.find((one) => one.controller === true);
}

/** Epoch ms of a timestamp; undefined when there is none. */
export function instantOf(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? undefined : at;
}

export function timeText(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
