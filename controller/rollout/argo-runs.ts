/**
 * AnalysisRuns and Experiments that Argo Rollouts' controller started: they carry no attempt, so status tells whether they
 * belong to what is under way. Without this a takeover would start them a second time. Pure.
 */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { KubeObject } from '../../kube/api.ts';
import { ownKeys } from '../../crds/schema/keys.ts';
import { attemptOf } from './attempt.ts';

/** True for a run of this attempt: by its annotation, and without one by what Argo's status says of it. */
export function isOfAttempt(status: RolloutStatus, run: KubeObject, isOpen: boolean): boolean {
  const attempt = attemptOf(status);
  const written = run.metadata.annotations?.[ownKeys.attempt];
  if (written !== undefined) return written === String(attempt);
  // From a retry by this controller on only its own runs count. Before its status was written, one is known by being open.
  return attempt === 1 && (isOpen || isNamed(status, run.metadata.name));
}

function isNamed({ canary, blueGreen }: RolloutStatus, name: string): boolean {
  const named = [
    canary?.currentStepAnalysisRunStatus?.name,
    canary?.currentBackgroundAnalysisRunStatus?.name,
    canary?.currentExperiment,
    blueGreen?.prePromotionAnalysisRunStatus?.name,
    blueGreen?.postPromotionAnalysisRunStatus?.name,
  ];
  return named.includes(name);
}

/** The step that an Experiment was started for: by its label, and for one of Argo's, which has none, by its name. */
export function stepOf({ metadata }: KubeObject, stepIndexKey: string, podHash: string): string | undefined {
  const labelled = metadata.labels?.[stepIndexKey];
  if (labelled !== undefined || metadata.annotations?.[ownKeys.attempt] !== undefined) return labelled;
  const at = metadata.name.indexOf(`-${podHash}-`);
  return at < 0 ? undefined : /^\d+-(\d+)(?:-\d+)?$/.exec(metadata.name.slice(at + podHash.length + 2))?.[1];
}
