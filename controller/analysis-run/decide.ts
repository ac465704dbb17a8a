/** Decides about one AnalysisRun: folds in what was measured, gives the next status, says what to measure now and when to look again. */
import { assessMetric, isCompleted } from '../../analysis/judge/assess.ts';
import { cutOff, isHeld, recordMeasurement, type Taken } from '../../analysis/judge/metric-result.ts';
import { isTerminating, judgeRun, type RunVerdict } from '../../analysis/judge/run-verdict.ts';
import { ruleOf } from '../../analysis/judge/rule.ts';
import { nextMeasurementAt } from '../../analysis/judge/schedule.ts';
import { readTime, timeText } from '../../analysis/judge/time.ts';
import type { AnalysisRunStatus, MetricResult } from '../../crds/schema/analysis-run.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import type { Instant } from '../../kube/api.ts';
import type { Decision, Waiting } from '../decision.ts';
import { factsOf } from './facts.ts';
import type { AnalysisRunEffect, Observed, PreparedMetric, PreparedSpec } from './observed.ts';
import { isSameStatus, statusWaiting } from './status.ts';
import { expiresAt } from './ttl.ts';
import { waitingFor, waitingForCorrection } from './waiting.ts';

export type AnalysisRunDecision = Decision<AnalysisRunStatus | undefined, AnalysisRunEffect>;

/** How long the first reading of a batch waits for the others, so that a batch is one status write. */
const batchMs = 1_000;

export function decide(observed: Observed, now: Instant): AnalysisRunDecision {
  const { run, prepared } = observed;
  if (isCompleted(run.status?.phase) || run.metadata.deletionTimestamp !== undefined) return finished(observed, now);
  if (prepared.kind === 'wrong') return broken(observed, prepared.message, now);
  return running(observed, prepared, now);
}

function finished({ run, inFlight, taken, jobs }: Observed, now: Instant): AnalysisRunDecision {
  const effects: AnalysisRunEffect[] = inFlight.size > 0 || taken.length > 0 ? [{ kind: 'StopMeasurements' }] : [];
  const isLeaving = run.metadata.deletionTimestamp !== undefined;
  // Nobody waits for these any more; those of a run that is being deleted go with it.
  if (!isLeaving) effects.push(...jobs.map((job): AnalysisRunEffect => ({ kind: 'DeleteJob', job })));
  const expiry = isLeaving ? undefined : expiresAt(run);
  if (expiry !== undefined && expiry <= now) effects.push({ kind: 'DeleteRun' });
  const lookAgain = expiry !== undefined && expiry > now ? { lookAgainAt: expiry } : {};
  return { phase: effects.length > 0 ? 'act' : 'settled', status: run.status, effects, facts: [], ...lookAgain };
}

/** The spec can't be read: as Argo an Error, else held until somebody corrects or aborts it. */
function broken(observed: Observed, message: string, now: Instant): AnalysisRunDecision {
  const { run, dialect } = observed;
  const argo = isArgo(dialect);
  const ends = argo || run.spec.terminate === true;
  const waiting = ends ? undefined : waitingForCorrection(message);
  const next: AnalysisRunStatus = {
    ...withoutWaiting(run.status),
    phase: argo ? 'Error' : ends ? 'Inconclusive' : 'Running',
    message: argo ? `Analysis spec invalid: ${message}` : `misconfigured: ${message}`,
    startedAt: run.status?.startedAt ?? timeText(now),
    ...(ends ? { completedAt: timeText(now) } : {}),
    ...ownFields(observed, waiting),
  };
  return settle(observed, next, waiting, now, {});
}

function running(
  observed: Observed,
  prepared: Extract<PreparedSpec, { kind: 'ok' }>,
  now: Instant,
): AnalysisRunDecision {
  const { run, dialect } = observed;
  const startedAt = readTime(run.status?.startedAt) ?? now;
  const rule = ruleOf(dialect);
  const terminate = prepared.spec.terminate === true;
  const folded = { metrics: prepared.metrics, results: fold(observed, prepared.metrics, now), rule, terminate };
  const results = isTerminating(folded) ? folded.results.map((result) => cutOff(result, now)) : folded.results;
  const verdict = judgeRun({ ...folded, results });
  const ends = isCompleted(verdict.phase);
  const firstTaken = observed.taken.reduce((first, one) => Math.min(first, one.finishedAt), Number.POSITIVE_INFINITY);
  if (!ends && observed.inFlight.size > 0 && firstTaken + batchMs > now && Number.isFinite(firstTaken)) {
    // The rest of the batch is on its way.
    return { phase: 'settled', status: run.status, effects: [], facts: [], lookAgainAt: firstTaken + batchMs };
  }
  const waiting = ends ? undefined : waitingFor(prepared.metrics, verdict.results, startedAt);
  const next = nextStatus(observed, verdict, waiting, now);
  return settle(observed, next, waiting, now, ends ? {} : due(observed, prepared.metrics, startedAt, now));
}

/** Adds what was measured. A metric that can't be measured as written is held at once, without asking anybody. */
function fold(observed: Observed, metrics: readonly PreparedMetric[], now: Instant): readonly MetricResult[] {
  const { run, taken, dialect } = observed;
  return metrics.flatMap((metric) => {
    let result = run.status?.metricResults?.find(({ name }) => name === metric.name);
    const fresh =
      metric.problem === undefined ? taken.filter((one) => one.metric === metric.name) : refusals(metric, result, now);
    for (const one of fresh) {
      if (result !== undefined && assessMetric(result, metric.limits, ruleOf(dialect), false).phase !== 'Running')
        continue;
      result = recordMeasurement(result, one, {
        dryRun: metric.dryRun,
        retention: metric.retention,
        intervalMs: metric.limits.intervalMs,
        lastReading: !isArgo(dialect),
      });
    }
    return result === undefined ? [] : [result];
  });
}

/** The same refusal is recorded once: it can't pass by itself. */
function refusals(metric: PreparedMetric, result: MetricResult | undefined, now: Instant): readonly Taken[] {
  const why = metric.problem ?? '';
  if (isHeld(result) && result?.lastReading?.why === why) return [];
  return [
    { metric: metric.name, outcome: { kind: 'held', reason: 'misconfigured', why }, startedAt: now, finishedAt: now },
  ];
}

function nextStatus(
  observed: Observed,
  verdict: RunVerdict,
  waiting: Waiting | undefined,
  now: Instant,
): AnalysisRunStatus {
  const { run } = observed;
  const { message: _message, completedAt: _completedAt, ...before } = withoutWaiting(run.status);
  return {
    ...before,
    phase: verdict.phase,
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
    startedAt: run.status?.startedAt ?? timeText(now),
    ...(isCompleted(verdict.phase) ? { completedAt: timeText(now) } : {}),
    ...(verdict.results.length === 0 ? {} : { metricResults: [...verdict.results] }),
    runSummary: verdict.runSummary,
    ...(verdict.dryRunSummary === undefined ? {} : { dryRunSummary: verdict.dryRunSummary }),
    ...ownFields(observed, waiting),
  };
}

function withoutWaiting(status: AnalysisRunStatus | undefined): Partial<AnalysisRunStatus> {
  const { waiting: _waiting, ...rest } = status ?? ({} as Partial<AnalysisRunStatus>);
  return rest;
}

/** Argo's status has no fields for these. */
function ownFields({ run, dialect }: Observed, waiting: Waiting | undefined): Partial<AnalysisRunStatus> {
  if (isArgo(dialect)) return {};
  const { generation } = run.metadata;
  return {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...(waiting === undefined ? {} : { waiting: statusWaiting(waiting) }),
  };
}

interface Due {
  readonly start?: readonly string[];
  readonly lookAgainAt?: Instant;
}

/** Metrics to measure now, and when the next one is due. Nothing starts before `startedAt` stands in status. */
function due(observed: Observed, metrics: readonly PreparedMetric[], startedAt: Instant, now: Instant): Due {
  if (observed.run.status?.startedAt === undefined) return {};
  const start: string[] = [];
  let lookAgainAt = Number.POSITIVE_INFINITY;
  for (const metric of metrics) {
    const result = observed.run.status.metricResults?.find(({ name }) => name === metric.name);
    if (metric.problem !== undefined || isCompleted(result?.phase) || observed.inFlight.has(metric.name)) continue;
    const finishedAt = observed.finishedAt.get(metric.name);
    const at = nextMeasurementAt({ result, limits: metric.limits, runStartedAt: startedAt, finishedAt });
    if (at !== undefined && at <= now) start.push(metric.name);
    else if (at !== undefined) lookAgainAt = Math.min(lookAgainAt, at);
  }
  return { start, ...(Number.isFinite(lookAgainAt) ? { lookAgainAt } : {}) };
}

/** A change of status is written first; measurements start in the pass after that. */
function settle(
  observed: Observed,
  next: AnalysisRunStatus,
  waiting: Waiting | undefined,
  now: Instant,
  { start = [], lookAgainAt }: Due,
): AnalysisRunDecision {
  const told = { ...(waiting === undefined ? {} : { waiting }), ...(lookAgainAt === undefined ? {} : { lookAgainAt }) };
  if (!isSameStatus(observed.run.status, next)) {
    return { phase: 'record', status: next, effects: [], facts: factsOf(observed.run.status, next, now), ...told };
  }
  const effects = start.map((metric): AnalysisRunEffect => ({ kind: 'StartMeasurement', metric }));
  return { phase: effects.length > 0 ? 'act' : 'settled', status: next, effects, facts: [], ...told };
}
