/**
 * What the analysis beside the steps must have measured for the rollout to go on. No evidence is never success: without any
 * the steps stand still, and no promotion begins before each of its metrics was good at least once. argoproj.io: as Argo.
 */

import { selectMetrics } from '../../analysis/metric-selection.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import { isReason, type Reason } from '../reasons.ts';
import { type Moves, noMoves, waitFor } from './moves.ts';
import type { AnalysisRunView } from './observed.ts';
import { available, type Scene } from './scene.ts';
import { instantOf } from './time-text.ts';
import { canaryWeight } from './weights.ts';

/** Reasons for which a run holds instead of judging. */
const heldReasons: ReadonlySet<string> = new Set(['NoEvidence', 'Misconfigured', 'BackendUnavailable']);

/**
 * Holds the steps while the run has nothing to judge by. Without traffic on the canary there can be no evidence, so that
 * alone does not keep the first traffic from it; and once the stable Service has the new revision, holding helps nobody.
 */
export function holdWithoutEvidence(scene: Scene, run: AnalysisRunView): Moves {
  if (isArgo(scene.observed.dialect) || isSwitched(scene)) return noMoves;
  const reason = run.status?.waiting?.reason ?? '';
  const isHeld = heldReasons.has(reason);
  const isSilent = reason === 'NoEvidence' || (!isHeld && !hasMeasured(run));
  if (!isHeld && !isSilent) return noMoves;
  return isSilent && !hasTraffic(scene) ? noMoves : waitForRun(scene, run, 'The steps go on');
}

/** What keeps the promotion from beginning; undefined when nothing does. `runs` are all of this attempt, newest last. */
export function lackOfEvidence(scene: Scene, runs: readonly AnalysisRunView[]): Moves | undefined {
  if (isArgo(scene.observed.dialect) || scene.steps.length === 0) return undefined;
  const run = runs.at(-1);
  if (run === undefined) return waitForStart(scene);
  if (run.status?.phase === 'Successful' && run.spec.terminate !== true) return undefined;
  const isHeld = heldReasons.has(run.status?.waiting?.reason ?? '');
  const isGood = (metric: string) => runs.some((one) => successes(one, metric) > 0);
  return !isHeld && decidingMetrics(run).every(isGood) ? undefined : waitForRun(scene, run, 'The promotion begins');
}

function waitForStart(scene: Scene): Moves {
  return waitFor({
    reason: 'AnalysisRunning',
    on: `Rollout/${scene.observed.rollout.metadata.name}`,
    moves: 'The promotion begins when the analysis beside the steps, which is about to start, has measured.',
  });
}

function waitForRun(scene: Scene, run: AnalysisRunView, goes: string): Moves {
  const { waiting } = run.status ?? {};
  const known = waiting?.reason;
  const reason: Reason = isReason(known) ? known : 'AnalysisRunning';
  const until = instantOf(waiting?.until);
  const { name } = run.metadata;
  return waitFor({
    reason,
    on: `AnalysisRun/${name}`,
    ...(waiting?.value === undefined ? {} : { value: waiting.value }),
    ...(until === undefined || until <= scene.now ? {} : { until }),
    moves: `${goes} when AnalysisRun ${name} has measured a good value; promote in full to go on without it, or abort.`,
  });
}

function isSwitched(scene: Scene): boolean {
  return scene.state === 'promoting' && scene.observed.stableService?.podHash === scene.currentHash;
}

function hasTraffic(scene: Scene): boolean {
  return scene.routed ? canaryWeight(scene) > 0 : available(scene.current) > 0;
}

/** Names of the metrics that are not only watched. */
function decidingMetrics({ spec }: AnalysisRunView): readonly string[] {
  const names = spec.metrics.map((one) => one.name);
  const { dryRun } = selectMetrics(names, spec.dryRun ?? [], []);
  return names.filter((name) => !dryRun.has(name));
}

function hasMeasured(run: AnalysisRunView): boolean {
  const metrics = decidingMetrics(run);
  const results = run.status?.metricResults ?? [];
  return metrics.length === 0 || results.some(({ name, count = 0 }) => metrics.includes(name) && count > 0);
}

function successes(run: AnalysisRunView, metric: string): number {
  return run.status?.metricResults?.find((one) => one.name === metric)?.successful ?? 0;
}
