/**
 * The decision of the experiment room: pure, from one observation. A change of status is written first; what it asks for
 * (ReplicaSets, Services, AnalysisRuns, and in the end their removal) is done in the pass after that.
 */

import { isCompleted } from '../../analysis/judge/assess.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import type { ExperimentStatus } from '../../crds/schema/experiment.ts';
import type { Instant } from '../../kube/api.ts';
import type { Decision, Waiting } from '../decision.ts';
import { statusWaiting } from '../analysis-run/status.ts';
import { canonicalJson } from '../rollout/pod-hash-json.ts';
import { mergePatch } from '../rollout/status-diff.ts';
import { timeText } from '../rollout/time-text.ts';
import { nextAnalyses, runsToStart, runsToStop } from './analyses.ts';
import { cleanUp } from './clean-up.ts';
import { conditionsOf } from './conditions.ts';
import { analysisRunDraft } from './drafts.ts';
import { createService, createSet, scaleEffect, stopRun } from './effects.ts';
import { factsOf } from './facts.ts';
import type { ExperimentEffect, Observed } from './observed.ts';
import { isEnding, type Outcome, outcomeOf } from './outcome.ts';
import { endOf, replicasOf, serviceName } from './settings.ts';
import { concluded, nextDeadline, nextTemplates } from './templates.ts';
import { waitingOf } from './waiting.ts';
import type { Json, JsonObject } from '../../crds/schema/json.ts';

export type ExperimentDecision = Decision<ExperimentStatus, ExperimentEffect>;

export function decide(observed: Observed): ExperimentDecision {
  const status = observed.experiment.status ?? {};
  if (observed.experiment.metadata.deletionTimestamp !== undefined)
    return { phase: 'settled', status, effects: [], facts: [] };
  if (isCompleted(status.phase)) return finish(observed, status);
  if (observed.problems.length > 0) return refuse(observed, status);
  return run(observed, status);
}

function run(observed: Observed, before: ExperimentStatus): ExperimentDecision {
  const seen = nextTemplates(observed);
  const analysisRuns = nextAnalyses(observed, isEnding(observed, before.analysisRuns ?? []));
  const outcome = outcomeOf(observed, seen, analysisRuns);
  const templates = outcome.kind === 'over' ? concluded(seen) : seen;
  const isAvailable = outcome.kind !== 'over' && outcome.phase === 'Running' && templates.length > 0;
  const availableAt = before.availableAt ?? (isAvailable ? timeText(observed.now) : undefined);
  const intent: ExperimentStatus = {
    ...before,
    phase: outcome.phase,
    message: outcome.message === '' ? undefined : outcome.message,
    availableAt,
    analysisRuns: analysisRuns.length === 0 ? undefined : [...analysisRuns],
    templateStatuses: [...templates],
  };
  const waiting = waitingOf(observed, outcome, intent);
  const effects = outcome.kind === 'over' ? [] : work(observed, outcome);
  const times = [nextDeadline(observed, templates), futureEnd(observed)].filter((one) => one !== undefined);
  return settle(observed, intent, waiting, effects, times);
}

function futureEnd(observed: Observed): Instant | undefined {
  const end = endOf(observed.experiment);
  return end !== undefined && end > observed.now ? end : undefined;
}

/** What an Experiment that is under way needs: in order of its parts, ReplicaSets first. */
function work(observed: Observed, outcome: Outcome): readonly ExperimentEffect[] {
  const ofTemplates = observed.templates.flatMap((view): readonly ExperimentEffect[] => {
    if (view.refusal !== undefined || view.isHashTaken) return [];
    if (view.set === undefined) return [createSet(observed, view)];
    const service = serviceName(observed.experiment, view.spec) !== undefined && view.service === undefined;
    const isSized = view.set.replicas === replicasOf(view.spec);
    return [
      ...(isSized ? [] : [scaleEffect(observed, view.set, replicasOf(view.spec))]),
      ...(service ? createService(observed, view) : []),
    ];
  });
  const starts = runsToStart(observed).flatMap(({ analysis, name }): readonly ExperimentEffect[] => {
    const made = analysisRunDraft(observed, analysis, name);
    return 'draft' in made ? [{ kind: 'Create', object: made.draft, tells: [] }] : [];
  });
  const stops = outcome.kind === 'stopping' ? runsToStop(observed).map((one) => stopRun(observed, one)) : [];
  return [...ofTemplates, ...starts, ...stops];
}

/** Over: counts and late verdicts are still told, and what it made goes. */
function finish(observed: Observed, before: ExperimentStatus): ExperimentDecision {
  const { effects, lookAgainAt, waiting } = cleanUp(observed);
  const templates = nextTemplates(observed);
  const known = observed.templates.length > 0 ? { templateStatuses: [...templates] } : {};
  const analysisRuns = nextAnalyses(observed, true);
  const intent: ExperimentStatus = {
    ...before,
    ...known,
    analysisRuns: analysisRuns.length === 0 ? before.analysisRuns : [...analysisRuns],
  };
  return settle(observed, intent, waiting, effects, lookAgainAt === undefined ? [] : [lookAgainAt]);
}

/** What it names may come into being. */
const invalidRetryMs = 20_000;

/** Nothing is begun; what runs already runs on until the spec can be read again. */
function refuse(observed: Observed, before: ExperimentStatus): ExperimentDecision {
  const intent: ExperimentStatus = {
    ...before,
    phase: before.phase ?? 'Pending',
    message: observed.problems.join(' '),
  };
  const waiting = waitingOf(observed, { kind: 'going', phase: 'Pending', message: '' }, intent);
  return settle(observed, intent, waiting, [], [observed.now + invalidRetryMs]);
}

function settle(
  observed: Observed,
  intent: ExperimentStatus,
  waiting: Waiting | undefined,
  effects: readonly ExperimentEffect[],
  times: readonly Instant[],
): ExperimentDecision {
  const before = observed.experiment.status ?? {};
  const status = withOwnFields(observed, { ...intent, conditions: conditionsOf(observed, intent) }, waiting);
  const told = {
    ...(waiting === undefined ? {} : { waiting }),
    ...(times.length === 0 ? {} : { lookAgainAt: Math.min(...times) }),
  };
  if (statusPatch(before, status) !== undefined)
    return { phase: 'record', status, effects: [], facts: factsOf(before, status, observed.now), ...told };
  return { phase: effects.length > 0 ? 'act' : 'settled', status, effects, facts: [], ...told };
}

/** Argo's status has no fields for these. */
function withOwnFields(observed: Observed, status: ExperimentStatus, waiting: Waiting | undefined): ExperimentStatus {
  if (isArgo(observed.dialect)) return status;
  const { generation } = observed.experiment.metadata;
  return {
    ...status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    waiting: waiting === undefined ? undefined : statusWaiting(waiting),
  };
}

/** Merge patch between two statuses; undefined when nothing differs. The API server may have stored members in another order. */
export function statusPatch(before: ExperimentStatus, after: ExperimentStatus): JsonObject | undefined {
  const stored = (status: ExperimentStatus): Json => JSON.parse(JSON.stringify(status)) as Json;
  const plain = (status: ExperimentStatus): Json => JSON.parse(canonicalJson(stored(status))) as Json;
  return mergePatch(plain(before), plain(after)) as JsonObject | undefined;
}
