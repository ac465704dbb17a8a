/** Pods and ReplicaSets as the workload controllers see them, for tests of their pure parts. */

import type { JsonObject } from '../../kube/api.ts';
import { type PodView, podView, type ReplicaSetView, replicaSetView } from '../workloads/views.ts';

export interface PodOptions {
  readonly name?: string;
  readonly uid?: string;
  readonly node?: string;
  readonly phase?: string;
  /** Seconds before `now` at which it became ready; undefined: it is not ready. */
  readonly readyForS?: number;
  readonly createdForS?: number;
  readonly restarts?: number;
  readonly cost?: string;
  readonly ip?: string;
  readonly deleting?: boolean;
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
}

export const now = Date.UTC(2026, 0, 1);
const before = (seconds: number): string => new Date(now - seconds * 1000).toISOString();

export function aPod(options: PodOptions = {}): PodView {
  const { name = 'web-1', uid = name, node = 'n', phase = 'Running', readyForS, createdForS = 100, ip = '' } = options;
  const { cost, restarts = 0, deleting = false, ports = [] } = options;
  const ready = { type: 'Ready', status: readyForS === undefined ? 'False' : 'True' };
  const lastTransitionTime = before(readyForS ?? 0);
  return podView({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'shop',
      uid,
      creationTimestamp: before(createdForS),
      labels: { app: 'web' },
      ...(cost === undefined ? {} : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
      ...(deleting ? { deletionTimestamp: before(0) } : {}),
    },
    spec: { nodeName: node, containers: [{ name: 'app', ports: ports.map((port) => ({ ...port })) }] },
    status: {
      phase,
      podIP: ip,
      conditions: [{ ...ready, lastTransitionTime }],
      containerStatuses: [{ name: 'app', restartCount: restarts }],
    },
  });
}

export function aReplicaSet(name: string, replicas: number, status: JsonObject = {}, annotations = {}): ReplicaSetView {
  return replicaSetView({
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, namespace: 'shop', uid: name, annotations },
    spec: { replicas, selector: { matchLabels: { app: 'web' } }, template: {} },
    status,
  });
}
