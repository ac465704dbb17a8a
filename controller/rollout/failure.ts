/** When the current revision has failed by itself, and the verdict that says so. Causes that only hold are not here. */

import { isArgo } from '../../crds/schema/dialect.ts';
import { progressDeadlineAbort, progressDeadlineMs } from '../../crds/schema/defaults.ts';
import { durationText } from '../../crds/schema/duration.ts';
import type { Verdict, VerdictCause } from '../../crds/schema/rollout-decisions.ts';
import type { RunPlace } from './analysis-draft.ts';
import { attemptRuns, isFailure } from './analysis.ts';
import { type Moves, noMoves, waitFor } from './moves.ts';
import type { AnalysisRunView } from './observed.ts';
import { type SharedTrouble, troubleMs, troubleOf, upMomentMs } from './pod-trouble.ts';
import { isLate, wantedPods } from './progress.ts';
import { currentRevision } from './replica-sets.ts';
import { available, type Scene } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

export function verdictOf(
  scene: Scene,
  cause: VerdictCause,
  message: string,
  more: Partial<Pick<Verdict, 'actor' | 'analysisRun' | 'metric' | 'value' | 'limit' | 'keepGit'>> = {},
): Verdict {
  const revision = currentRevision(scene.observed, scene.currentHash);
  return { outcome: 'Failed', cause, podHash: scene.currentHash, revision, at: timeText(scene.now), message, ...more };
}

/** States in which the current revision is on trial. */
function isOnTrial(scene: Scene): boolean {
  if (scene.stableHash === undefined) return false;
  if (scene.state === 'promoting') return scene.status.transition?.to === scene.currentHash;
  return scene.state === 'stepping';
}

/** The verdict to record now, or undefined. */
export function failureOf(scene: Scene): Verdict | undefined {
  return failedAnalysis(scene) ?? failedPods(scene) ?? failedDeadline(scene);
}

/** Counts even with nothing to go back to: what was measured as bad is never promoted. */
export function failedAnalysis(scene: Scene): Verdict | undefined {
  if (!isOnTrial(scene)) return undefined;
  const failed = (type: RunPlace['type']) => attemptRuns(scene, type).find((run) => isFailure(scene, run));
  const step = failed('Step');
  if (step !== undefined) return analysisVerdict(scene, step, 'Step-based');
  const background = failed('Background');
  if (background !== undefined) return analysisVerdict(scene, background, 'Background');
  const pre = failed('PrePromotion');
  if (pre !== undefined) return analysisVerdict(scene, pre, 'Pre-promotion');
  const post = scene.state === 'promoting' ? failed('PostPromotion') : undefined;
  return post && analysisVerdict(scene, post, 'Post-promotion');
}

type Which = 'Step-based' | 'Background' | 'Pre-promotion' | 'Post-promotion';

function analysisVerdict(scene: Scene, run: AnalysisRunView, which: Which): Verdict {
  const phase = run.status?.phase === 'Error' ? 'error' : 'failed';
  const result = run.status?.metricResults?.find((one) => one.phase === run.status?.phase);
  const metric = run.spec.metrics?.find((one) => one.name === result?.name);
  const value = result?.measurements?.findLast((one) => one.phase === result.phase)?.value;
  const limit = metric?.failureCondition ?? metric?.successCondition;
  const why = run.status?.message ?? result?.message;
  const message = `${which} analysis phase error/failed: AnalysisRun ${run.metadata.name} ${phase}${why ? `: ${why}` : ''}`;
  return verdictOf(scene, 'AnalysisFailed', message, {
    analysisRun: run.metadata.name,
    ...(result === undefined ? {} : { metric: result.name }),
    ...(value === undefined ? {} : { value }),
    ...(limit === undefined ? {} : { limit }),
  });
}

/** The wait that began when all canary pods were first seen in this trouble is over; it stands in status.waiting. */
function failedPods(scene: Scene): Verdict | undefined {
  const trouble = troubleAt(scene);
  if (trouble === undefined || !trouble.isNow || trouble.kind === 'RegistryUnreachable') return undefined;
  const { waiting } = scene.status;
  const until = isTroubleWait(waiting?.reason) ? instantOf(waiting?.until) : undefined;
  if (until === undefined || until > scene.now) return undefined;
  const message = `All pods of revision ${scene.currentHash} failed for ${durationText(troubleMs)}: ${trouble.message}`;
  return verdictOf(scene, trouble.kind, message);
}

function failedDeadline(scene: Scene): Verdict | undefined {
  const { rollout, dialect } = scene.observed;
  if (!isOnTrial(scene) || scene.stable === undefined || !isLate(scene) || !progressDeadlineAbort(rollout, dialect))
    return undefined;
  if (troubleAt(scene)?.kind === 'RegistryUnreachable') return undefined;
  const message = `ReplicaSet ${rollout.metadata.name}-${scene.currentHash} made no progress for ${durationText(progressDeadlineMs(rollout))}`;
  return verdictOf(scene, 'ProgressDeadline', message, {
    value: `${available(scene.current)} available pods`,
    limit: `${wantedPods(scene) ?? scene.replicas} available pods`,
  });
}

/** Argo Rollouts knows no such cause. */
function troubleAt(scene: Scene): SharedTrouble | undefined {
  return isArgo(scene.observed.dialect) || !isOnTrial(scene) || scene.stable === undefined
    ? undefined
    : troubleOf(scene);
}

function isTroubleWait(reason: string | undefined): boolean {
  return reason === 'ImageMissing' || reason === 'CrashLoop';
}

/** Says what is wrong with the pods; the first sight of it starts the time after which the revision has failed. */
export function waitOnTrouble(scene: Scene): Moves {
  const trouble = troubleAt(scene);
  if (trouble === undefined) return noMoves;
  const on = `ReplicaSet/${scene.observed.rollout.metadata.name}-${scene.currentHash}`;
  if (trouble.kind === 'RegistryUnreachable')
    return waitFor({
      reason: trouble.kind,
      on,
      value: trouble.message,
      moves:
        'The weight stays. It goes on when the image can be pulled (registry and pull secret), or when somebody aborts.',
    });
  const { waiting } = scene.status;
  const since = isTroubleWait(waiting?.reason) ? instantOf(waiting?.until) : undefined;
  const until = since ?? scene.now + troubleMs;
  const moves = `The revision is aborted if all its pods stay like this for ${durationText(troubleMs)}.`;
  const wait = waitFor({ reason: trouble.kind, on, value: trouble.message, until, moves });
  // The time is over, but one of them is up just now: a look when that moment is over, too.
  return until > scene.now ? wait : { ...wait, lookAgainAt: scene.now + upMomentMs };
}
