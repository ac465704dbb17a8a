/** ReplicaSets and Pods, narrowed to what the views show. Pure. */

import { z } from 'zod';
import type { Keys } from '../crds/schema/keys.ts';
import type { KubeObject } from '../kube/api.ts';
import type { PodFact, ReplicaSetFact } from './view/scene.ts';

const Container = z.object({ image: z.string().optional() });

const ReplicaSet = z.object({
  spec: z
    .object({
      replicas: z.number().default(1),
      template: z.object({ spec: z.object({ containers: z.array(Container).default([]) }).optional() }).optional(),
    })
    .default({ replicas: 1 }),
  status: z.object({ readyReplicas: z.number().default(0), availableReplicas: z.number().default(0) }).optional(),
});

const ContainerStatus = z.object({
  ready: z.boolean().default(false),
  restartCount: z.number().default(0),
  state: z
    .object({ waiting: z.object({ reason: z.string().optional(), message: z.string().optional() }).optional() })
    .optional(),
});

const Pod = z.object({
  status: z
    .object({
      phase: z.string().default('Pending'),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z.array(ContainerStatus).default([]),
    })
    .optional(),
});

export function replicaSetFact(object: KubeObject, keys: Keys): ReplicaSetFact {
  const { spec, status } = ReplicaSet.parse(object);
  const { name, uid = '', labels, annotations, creationTimestamp = '' } = object.metadata;
  return {
    name,
    uid,
    podHash: labels?.[keys.podTemplateHash] ?? '',
    revision: Number(annotations?.[keys.revision] ?? 0),
    wanted: spec.replicas,
    ready: status?.readyReplicas ?? 0,
    available: status?.availableReplicas ?? 0,
    images: (spec.template?.spec?.containers ?? []).map((container) => container.image ?? ''),
    createdAt: creationTimestamp,
  };
}

export function podFact(object: KubeObject, replicaSetUid: string): PodFact {
  const { status } = Pod.parse(object);
  const containers = status?.containerStatuses ?? [];
  const trouble = containers
    .map((container) => container.state?.waiting)
    .find((waiting) => waiting?.reason !== undefined);
  return {
    name: object.metadata.name,
    replicaSetUid,
    status: podWord(object, status, trouble?.reason),
    ...(trouble?.message === undefined ? {} : { message: trouble.message }),
    ready: containers.filter((container) => container.ready).length,
    containers: containers.length,
    restarts: containers.reduce((sum, container) => sum + container.restartCount, 0),
    createdAt: object.metadata.creationTimestamp ?? '',
  };
}

function podWord(object: KubeObject, status: z.infer<typeof Pod>['status'], trouble: string | undefined): string {
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (trouble !== undefined && trouble !== 'ContainerCreating') return trouble;
  if (status?.phase !== 'Running') return status?.phase ?? 'Pending';
  const ready = status.conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  return ready ? 'Ready' : 'NotReady';
}
