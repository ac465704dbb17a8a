/** When the experiment of a step has made the revision a failed one. Pure. */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import { experimentsAt, type ExperimentView } from './experiments.ts';
import { verdictOf } from './failure.ts';
import type { Scene } from './scene.ts';

/** True when this experiment makes the revision a failed one. An error is only one in argoproj.io. */
function isFailure(scene: Scene, experiment: ExperimentView): boolean {
  const phase = experiment.status?.phase;
  return phase === 'Failed' || (phase === 'Error' && isArgo(scene.observed.dialect));
}

/** The verdict of a failed experiment of the step that the rollout stands at; its message is that of the Experiment. */
export function failedExperiment(scene: Scene): Verdict | undefined {
  if (scene.state !== 'stepping' || scene.stableHash === undefined) return undefined;
  const at = experimentsAt(scene.observed, scene.status, scene.stepIndex);
  const failed = at.find((one) => isFailure(scene, one));
  if (failed?.status === undefined) return undefined;
  const { phase, message, templateStatuses = [], analysisRuns = [] } = failed.status;
  const text = message || `Experiment ${failed.metadata.name} is ${phase}`;
  if (templateStatuses.some(({ status }) => status === 'Failed')) return verdictOf(scene, 'ProgressDeadline', text);
  const run = analysisRuns.find((one) => one.phase === phase)?.analysisRun;
  return verdictOf(scene, 'AnalysisFailed', text, run ? { analysisRun: run } : {});
}
