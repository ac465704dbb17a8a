/** What a server checks of builtin objects beyond their types, kind by kind. Metadata is checked for all kinds elsewhere. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { definitionCauses } from './rules/definitions.ts';
import { endpointSliceCauses, serviceCauses } from './rules/network.ts';
import {
  autoscalerCauses,
  bindingCauses,
  budgetCauses,
  claimCauses,
  claimChangeCauses,
  coreEventCauses,
  eventCauses,
  leaseCauses,
  roleCauses,
} from './rules/others.ts';
import { deploymentCauses, jobCauses, podCauses, replicaSetCauses } from './rules/workloads.ts';

type Check = (object: JsonObject, old: JsonObject | undefined) => readonly FieldCause[];

/** By group and kind; ConfigMaps and Secrets have their rules beside their stores. */
const checks: Readonly<Record<string, Check>> = {
  '/Pod': podCauses,
  '/Service': serviceCauses,
  '/PersistentVolumeClaim': (claim, old) => (old === undefined ? claimCauses(claim) : claimChangeCauses(claim, old)),
  '/Event': coreEventCauses,
  'events.k8s.io/Event': eventCauses,
  'apps/ReplicaSet': replicaSetCauses,
  'apps/Deployment': deploymentCauses,
  'batch/Job': jobCauses,
  'discovery.k8s.io/EndpointSlice': endpointSliceCauses,
  'coordination.k8s.io/Lease': leaseCauses,
  'policy/PodDisruptionBudget': budgetCauses,
  'autoscaling/HorizontalPodAutoscaler': autoscalerCauses,
  'apiextensions.k8s.io/CustomResourceDefinition': definitionCauses,
  'rbac.authorization.k8s.io/Role': roleCauses,
  'rbac.authorization.k8s.io/ClusterRole': (role) => ('aggregationRule' in role ? [] : roleCauses(role)),
  'rbac.authorization.k8s.io/RoleBinding': (binding, old) => bindingCauses(binding, old, ['Role', 'ClusterRole']),
  'rbac.authorization.k8s.io/ClusterRoleBinding': (binding, old) => bindingCauses(binding, old, ['ClusterRole']),
};

export function validateBuiltin(
  group: string,
  kind: string,
  object: JsonObject,
  old: JsonObject | undefined,
): readonly FieldCause[] {
  return checks[`${group}/${kind}`]?.(object, old) ?? [];
}
