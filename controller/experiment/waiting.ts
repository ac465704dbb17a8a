/** What an Experiment that is not over waits for, until when, and what moves it on. Pure. */

import type { ExperimentStatus } from '../../crds/schema/experiment.ts';
import type { Waiting } from '../decision.ts';
import { analysesOf, isDecided } from './analyses.ts';
import type { Observed } from './observed.ts';
import type { Outcome } from './outcome.ts';
import { endOf, replicasOf, setName } from './settings.ts';
import { nextDeadline } from './templates.ts';

export function waitingOf(observed: Observed, outcome: Outcome, next: ExperimentStatus): Waiting | undefined {
  if (outcome.kind === 'over') return undefined;
  if (observed.problems.length > 0) return waitForCorrection();
  if (outcome.kind === 'stopping') return waitForRuns(next);
  return waitForPods(observed, next) ?? waitForTime(observed) ?? waitForAnalysis(observed, next) ?? waitForPerson();
}

export function waitForCorrection(): Waiting {
  return { reason: 'InvalidSpec', on: 'user', moves: 'It goes on when what condition InvalidSpec names is corrected.' };
}

function waitForRuns({ analysisRuns = [] }: ExperimentStatus): Waiting {
  const open = analysisRuns.find((entry) => !isDecided(entry));
  const moves = 'It ends when the AnalysisRuns that were stopped have ended.';
  return { reason: 'AnalysisStopping', on: `AnalysisRun/${open?.analysisRun ?? ''}`, moves };
}

function waitForPods(observed: Observed, { templateStatuses = [] }: ExperimentStatus): Waiting | undefined {
  const open = templateStatuses.find(({ status }) => status === 'Progressing');
  const view = observed.templates.find(({ spec }) => spec.name === open?.name);
  if (open === undefined || view === undefined) return undefined;
  const until = nextDeadline(observed, templateStatuses);
  return {
    reason: 'PodsNotAvailable',
    on: `ReplicaSet/${setName(observed.experiment, view.spec)}`,
    value: String(open.availableReplicas ?? 0),
    limit: String(replicasOf(view.spec)),
    ...(until === undefined ? {} : { until }),
    moves: 'It goes on when all pods of its templates are available, and fails when that takes too long.',
  };
}

function waitForTime(observed: Observed): Waiting | undefined {
  const until = endOf(observed.experiment);
  if (until === undefined || until <= observed.now) return undefined;
  return { reason: 'ExperimentDuration', on: 'time', until, moves: 'It ends when its duration is over.' };
}

function waitForAnalysis(observed: Observed, { analysisRuns = [] }: ExperimentStatus): Waiting | undefined {
  const required = analysesOf(observed).filter(({ requiredForCompletion }) => requiredForCompletion === true);
  const open = required.find(({ name }) => !isDecided(analysisRuns.find((entry) => entry.name === name)));
  if (open === undefined) return undefined;
  const run = analysisRuns.find(({ name }) => name === open.name)?.analysisRun;
  const on = run === undefined ? `Analysis/${open.name}` : `AnalysisRun/${run}`;
  return {
    reason: 'AnalysisRunning',
    on,
    moves: 'It ends when all analyses that are required for completion have passed.',
  };
}

function waitForPerson(): Waiting {
  const moves = 'It has no duration and requires no analysis, so it ends when somebody sets spec.terminate.';
  return { reason: 'ExperimentEndless', on: 'user', moves };
}
