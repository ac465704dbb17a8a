/** The tables of the builtin kinds: which columns, and who fills the cells. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { nameOf, stringAt } from '../json-access.ts';
import type { Cell, Column, Printer } from '../served-kind.ts';
import { ageOf } from './age.ts';
import { builtinColumns } from './builtin-columns.ts';
import * as cluster from './cluster-cells.ts';
import { eventCells } from './event-cells.ts';
import { podCells, podRowConditions } from './pod-cells.ts';
import * as workload from './workload-cells.ts';

type Cells = (object: JsonObject, now: number) => readonly Cell[];

/** Cells after the name; kinds that are not here have an age only. */
const cellsOf: Readonly<Record<string, Cells>> = {
  ConfigMap: cluster.configMapCells,
  Secret: cluster.secretCells,
  Namespace: cluster.namespaceCells,
  Node: cluster.nodeCells,
  Service: cluster.serviceCells,
  Lease: cluster.leaseCells,
  EndpointSlice: cluster.endpointSliceCells,
  PersistentVolumeClaim: cluster.claimCells,
  ClusterRoleBinding: cluster.bindingCells,
  RoleBinding: cluster.bindingCells,
  ClusterRole: createdAt,
  Role: createdAt,
  CustomResourceDefinition: createdAt,
  Pod: podCells,
  Deployment: workload.deploymentCells,
  ReplicaSet: workload.replicaSetCells,
  Job: workload.jobCells,
  PodDisruptionBudget: workload.disruptionBudgetCells,
  HorizontalPodAutoscaler: workload.autoscalerCells,
};

function createdAt(object: JsonObject): readonly Cell[] {
  return [stringAt(object, 'metadata', 'creationTimestamp')];
}

function ageOnly(object: JsonObject, now: number): readonly Cell[] {
  return [ageOf(stringAt(object, 'metadata', 'creationTimestamp'), now)];
}

export function builtinPrinter(kind: string): Printer {
  let columns: readonly Column[] | undefined;
  const cells = cellsOf[kind] ?? ageOnly;
  return {
    // The words of the columns are looked up when somebody first wants a table.
    get columns() {
      columns ??= builtinColumns(kind);
      return columns;
    },
    cells: kind === 'Event' ? eventCells : (object, now) => [nameOf(object), ...cells(object, now)],
    ...(kind === 'Pod' ? { conditions: podRowConditions } : {}),
  };
}
