/** Whether the Experiment goes on, is being brought to its end, or has ended, and how. Pure. */

import { isWorse } from '../../analysis/judge/run-verdict.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import type { ExperimentAnalysisStatus, TemplateStatus } from '../../crds/schema/experiment.ts';
import type { AnalysisPhase } from '../../crds/schema/rollout-status.ts';
import { analysesOf, hasPassed, isDecided, runOf } from './analyses.ts';
import type { Observed } from './observed.ts';
import { endOf } from './settings.ts';

export type Outcome =
  | { readonly kind: 'going'; readonly phase: 'Pending' | 'Running'; readonly message: string }
  /** What is still measured is stopped; the verdict comes when all runs have ended. */
  | { readonly kind: 'stopping'; readonly phase: 'Pending' | 'Running'; readonly message: string }
  | { readonly kind: 'over'; readonly phase: Exclude<AnalysisPhase, 'Pending' | 'Running'>; readonly message: string };

interface Verdict {
  readonly phase: AnalysisPhase;
  readonly message: string;
}

/** True when it is to end, by request, by time or because all that was required has passed. */
export function isEnding(observed: Observed, entries: readonly ExperimentAnalysisStatus[]): boolean {
  return observed.experiment.spec.terminate === true || hasPassed(observed, entries) || isTimeUp(observed);
}

/** The time counts only where no analysis must be complete. */
function isTimeUp(observed: Observed): boolean {
  const end = endOf(observed.experiment);
  const isRequired = analysesOf(observed).some(({ requiredForCompletion }) => requiredForCompletion === true);
  return end !== undefined && end <= observed.now && !isRequired;
}

export function outcomeOf(
  observed: Observed,
  templates: readonly TemplateStatus[],
  entries: readonly ExperimentAnalysisStatus[],
): Outcome {
  const bad = badTemplate(templates) ?? badAnalysis(observed, entries);
  if (bad !== undefined && bad.phase !== 'Pending' && bad.phase !== 'Running')
    return { kind: 'over', phase: bad.phase, message: bad.message };
  const going = { phase: goingPhase(templates), message: '' } as const;
  if (!isEnding(observed, entries)) return { kind: 'going', ...going };
  if (entries.some((entry) => !isDecided(entry))) return { kind: 'stopping', ...going };
  return { kind: 'over', ...verdictOf(observed, entries) };
}

function goingPhase(templates: readonly TemplateStatus[]): 'Pending' | 'Running' {
  return templates.every(({ status }) => status === 'Running' || status === 'Successful') ? 'Running' : 'Pending';
}

function badTemplate(templates: readonly TemplateStatus[]): Verdict | undefined {
  const failed =
    templates.find(({ status }) => status === 'Failed') ?? templates.find(({ status }) => status === 'Error');
  if (failed === undefined) return undefined;
  return { phase: failed.status === 'Failed' ? 'Failed' : 'Error', message: failed.message ?? '' };
}

/** The worst outcome that is no success. */
function badAnalysis(observed: Observed, entries: readonly ExperimentAnalysisStatus[]): Verdict | undefined {
  let worst: Verdict | undefined;
  for (const entry of entries) {
    if (!isDecided(entry) || entry.phase === 'Successful' || isBesidesThePoint(observed, entries, entry)) continue;
    if (worst === undefined || isWorse(entry.phase, worst.phase))
      worst = { phase: entry.phase, message: entry.message ?? `Analysis '${entry.name}' is ${entry.phase}` };
  }
  return worst;
}

/** What was stopped because all that was required had passed need not have a verdict of its own. */
function isBesidesThePoint(
  observed: Observed,
  entries: readonly ExperimentAnalysisStatus[],
  entry: ExperimentAnalysisStatus,
): boolean {
  const wasStopped = entry.phase === 'Inconclusive' && runOf(observed, entry)?.spec.terminate === true;
  return wasStopped && hasPassed(observed, entries);
}

/** Of an Experiment in which nothing failed. One that was ended before its time has shown nothing; Argo Rollouts calls it successful. */
function verdictOf(
  observed: Observed,
  entries: readonly ExperimentAnalysisStatus[],
): { readonly phase: 'Successful' | 'Inconclusive'; readonly message: string } {
  if (hasPassed(observed, entries)) return { phase: 'Successful', message: 'Required analyses completed' };
  if (observed.experiment.spec.terminate !== true || isTimeUp(observed)) return { phase: 'Successful', message: '' };
  const phase = isArgo(observed.dialect) ? 'Successful' : 'Inconclusive';
  return { phase, message: 'Terminated before it was complete' };
}
