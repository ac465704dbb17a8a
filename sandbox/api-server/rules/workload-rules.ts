/** Rules of the workload kinds and of the plain ones that only count generations. */

import { listAt, withMetadata } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

/** Kinds whose metadata.generation grows with their spec. */
const specRules: KindRules = { ...plainRules, generation: 'spec' };

/** Deployments count changes of their annotations too, since their ReplicaSets get these. */
export const deploymentRules: KindRules = { ...plainRules, generation: 'spec-or-annotations' };

/** EndpointSlices count every change beside metadata. */
export const contentRules: KindRules = { ...plainRules, generation: 'content' };

export const replicaSetRules: KindRules = {
  ...specRules,
  selectable: { 'status.replicas': (object) => String(objectReplicas(object)) },
  create: (object) => ({ ...object, status: { replicas: 0 } }),
};

function objectReplicas(object: Parameters<NonNullable<KindRules['create']>>[0]): number {
  const replicas = object.status;
  return typeof replicas === 'object' && replicas !== null && 'replicas' in replicas ? Number(replicas.replicas) : 0;
}

export const disruptionBudgetRules: KindRules = {
  ...specRules,
  needsVersion: true,
  create: (object) => ({
    ...object,
    status: { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
  }),
};

const unsupported = (field: string): string => `field label not supported: ${field}`;

export const nodeRules: KindRules = {
  ...plainRules,
  keepsStatusOnCreate: true,
  selectable: { 'spec.unschedulable': (object) => String(truthy(object.spec)) },
  unsupportedField: unsupported,
};

function truthy(spec: unknown): boolean {
  return typeof spec === 'object' && spec !== null && 'unschedulable' in spec && spec.unschedulable === true;
}

export const leaseRules: KindRules = { ...plainRules, createOnUpdate: true, needsVersion: true };

/** A claim is protected while pods use it. */
export const claimRules: KindRules = {
  ...plainRules,
  returnsDeleted: true,
  create: (object) => ({
    ...withMetadata(object, {
      finalizers: [...listAt(object, 'metadata', 'finalizers'), 'kubernetes.io/pvc-protection'],
    }),
    status: { phase: 'Pending' },
  }),
};

export const accountRules: KindRules = { ...plainRules, returnsDeleted: true };

/** RBAC objects may have any name that fits into a path. */
export const rbacRules: KindRules = { ...plainRules, nameRule: 'path' };

export const autoscalerRules: KindRules = {
  ...plainRules,
  create: (object) => ({ ...object, status: { desiredReplicas: 0, currentMetrics: null } }),
};
