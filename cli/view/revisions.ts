/** The tree below a Rollout: revisions, newest first, each with its ReplicaSet, pods and analyses. Pure. */

import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import { type Keys, keys } from '../../crds/schema/keys.ts';
import { decisionsOf, type PodFact, type ReplicaSetFact, type Scene, statusOf } from './scene.ts';

export interface Revision {
  readonly revision: number;
  readonly podHash: string;
  /** stable, canary, active, preview, failed. */
  readonly roles: readonly string[];
  readonly replicaSet: ReplicaSetFact;
  readonly pods: readonly PodFact[];
  readonly analysisRuns: readonly AnalysisNode[];
}

export interface AnalysisNode {
  readonly name: string;
  readonly phase: string;
  readonly message?: string;
  /** Step, Background, PrePromotion or PostPromotion. */
  readonly type?: string;
  readonly stepIndex?: number;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly errors: number;
  readonly createdAt?: string;
}

export function revisionsOf(scene: Scene): readonly Revision[] {
  const known = keys(scene.dialect);
  return scene.replicaSets
    .toSorted((a, b) => b.revision - a.revision || a.name.localeCompare(b.name))
    .map((replicaSet) => ({
      revision: replicaSet.revision,
      podHash: replicaSet.podHash,
      roles: rolesOf(scene, replicaSet.podHash),
      replicaSet,
      pods: scene.pods.filter((pod) => pod.replicaSetUid === replicaSet.uid),
      analysisRuns: scene.analysisRuns
        .filter((run) => run.metadata.labels?.[known.podTemplateHash] === replicaSet.podHash)
        .map((run) => analysisNode(run, known)),
    }));
}

export function rolesOf(scene: Scene, podHash: string): readonly string[] {
  const { spec } = scene.rollout;
  const status = statusOf(scene.rollout);
  const current = status.currentPodHash === podHash;
  const roles: string[] = [];
  if (status.stableRS === podHash) roles.push('stable');
  if (spec.strategy.canary !== undefined && current && status.stableRS !== podHash) roles.push('canary');
  if (status.blueGreen?.activeSelector === podHash) roles.push('active');
  if (status.blueGreen?.previewSelector === podHash && status.blueGreen.activeSelector !== podHash)
    roles.push('preview');
  if (decisionsOf(scene).failedPodHash === podHash) roles.push('failed');
  return roles;
}

function analysisNode(run: AnalysisRun, known: Keys): AnalysisNode {
  const { name, labels, creationTimestamp } = run.metadata;
  const results = run.status?.metricResults ?? [];
  const sum = (field: 'successful' | 'failed' | 'inconclusive' | 'error') =>
    results.reduce((total, result) => total + (result[field] ?? 0), 0);
  const message = run.status?.message;
  const type = labels?.[known.rolloutType];
  const stepIndex = labels?.[known.stepIndex];
  return {
    name,
    phase: run.status?.phase ?? 'Pending',
    ...(message ? { message } : {}),
    ...(type === undefined ? {} : { type }),
    ...(stepIndex === undefined ? {} : { stepIndex: Number(stepIndex) }),
    successful: sum('successful'),
    failed: sum('failed'),
    inconclusive: sum('inconclusive'),
    errors: sum('error'),
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
  };
}
