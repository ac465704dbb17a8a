/** The status of each analysis, and the AnalysisRuns that have to be started or stopped. Pure. */

import type { ExperimentAnalysis, ExperimentAnalysisStatus } from '../../crds/schema/experiment.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import { isFinished } from '../rollout/analysis.ts';
import { instantOf } from '../rollout/time-text.ts';
import type { AnalysisRunView } from '../rollout/observed.ts';
import { analysisSpecOf } from './analysis-spec.ts';
import type { Observed } from './observed.ts';

export function analysesOf({ experiment }: Observed): readonly ExperimentAnalysis[] {
  return experiment.spec.analyses ?? [];
}

export function entryOf(observed: Observed, name: string): ExperimentAnalysisStatus | undefined {
  return observed.experiment.status?.analysisRuns?.find((one) => one.name === name);
}

export function runOf(observed: Observed, entry: ExperimentAnalysisStatus): AnalysisRunView | undefined {
  return observed.runs.find((run) => run.metadata.name === entry.analysisRun);
}

/** An outcome that an analysis keeps. */
export function isDecided(entry: ExperimentAnalysisStatus | undefined): boolean {
  return entry !== undefined && entry.phase !== 'Pending' && entry.phase !== 'Running';
}

/** The next status of the analyses that have begun. None begins before all pods were available, nor once it is ending. */
export function nextAnalyses(observed: Observed, isEnding: boolean): readonly ExperimentAnalysisStatus[] {
  const hasBegun = observed.experiment.status?.availableAt !== undefined;
  return analysesOf(observed).flatMap((analysis) => {
    const before = entryOf(observed, analysis.name);
    if (before !== undefined) return [followed(observed, before)];
    if (!hasBegun) return unfit(observed, analysis);
    return isEnding ? [] : [begun(observed, analysis)];
  });
}

/** What is applied together with its Experiment is seen a moment later than that, as each kind has a watch of its own. */
const newMs = 10_000;

/** Argo Rollouts ends an Experiment whose templates are missing; elsewhere it waits for them. */
function unfit(observed: Observed, analysis: ExperimentAnalysis): readonly ExperimentAnalysisStatus[] {
  const createdAt = instantOf(observed.experiment.metadata.creationTimestamp);
  const isNew = createdAt !== undefined && observed.now < createdAt + newMs;
  if (!isArgo(observed.dialect) || isNew) return [];
  const spec = analysisSpecOf(observed, analysis);
  return 'problem' in spec ? [failed(analysis, spec.problem)] : [];
}

function failed({ name }: ExperimentAnalysis, why: string): ExperimentAnalysisStatus {
  return { name, analysisRun: '', phase: 'Error', message: `Analysis '${name}' could not be started: ${why}` };
}

function begun(observed: Observed, analysis: ExperimentAnalysis): ExperimentAnalysisStatus {
  const spec = analysisSpecOf(observed, analysis);
  if ('problem' in spec) return failed(analysis, spec.problem);
  return { name: analysis.name, analysisRun: freeName(observed, analysis), phase: 'Pending' };
}

/** `<experiment>-<analysis>`; the first free of `.1`, `.2` ... when it is taken, as after a retry. */
function freeName({ experiment, isRunNameTaken }: Observed, { name }: ExperimentAnalysis): string {
  const base = `${experiment.metadata.name}-${name}`;
  let free = base;
  for (let number = 1; isRunNameTaken(free); number += 1) free = `${base}.${number}`;
  return free;
}

function followed(observed: Observed, before: ExperimentAnalysisStatus): ExperimentAnalysisStatus {
  if (isDecided(before)) return before;
  const run = runOf(observed, before);
  const { name, analysisRun } = before;
  if (run === undefined && before.phase === 'Running')
    return {
      name,
      analysisRun,
      phase: 'Error',
      message: `AnalysisRun ${analysisRun} was deleted before it had a verdict`,
    };
  const message = run?.status?.message;
  return { name, analysisRun, phase: run?.status?.phase ?? 'Pending', ...(message ? { message } : {}) };
}

/** Runs that stand in status and do not exist yet. */
export function runsToStart(observed: Observed): readonly { analysis: ExperimentAnalysis; name: string }[] {
  return analysesOf(observed).flatMap((analysis) => {
    const entry = entryOf(observed, analysis.name);
    const isOpen = entry?.phase === 'Pending' && entry.analysisRun !== '' && runOf(observed, entry) === undefined;
    return isOpen ? [{ analysis, name: entry.analysisRun }] : [];
  });
}

/** Own runs that still measure and were not told to stop. */
export function runsToStop({ runs }: Observed): readonly AnalysisRunView[] {
  return runs.filter((run) => !isFinished(run) && run.spec.terminate !== true);
}

/** All analyses without which it can't be complete have passed, and there is at least one. */
export function hasPassed(observed: Observed, entries: readonly ExperimentAnalysisStatus[]): boolean {
  const required = analysesOf(observed).filter(({ requiredForCompletion }) => requiredForCompletion === true);
  return required.length > 0 && required.every(({ name }) => isSuccess(observed, entries, name));
}

/** A run that somebody stopped has shown nothing, whatever it says of itself. */
function isSuccess(observed: Observed, entries: readonly ExperimentAnalysisStatus[], name: string): boolean {
  const entry = entries.find((one) => one.name === name);
  if (entry?.phase !== 'Successful') return false;
  return isArgo(observed.dialect) || runOf(observed, entry)?.spec.terminate !== true;
}
