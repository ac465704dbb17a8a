/** Folds the metrics of a run into its phase, message and summaries. The order of the metrics plays no part in the phase. */
import type { MetricResult, RunSummary } from '../../crds/schema/analysis-run.ts';
import type { AnalysisPhase } from '../../crds/schema/rollout-status.ts';
import { assessMetric, isCompleted, passedLimit } from './assess.ts';
import type { Limits } from './limits.ts';
import { isHeld } from './metric-result.ts';
import type { JudgeRule } from './rule.ts';

export interface JudgedMetric {
  readonly name: string;
  readonly limits: Limits;
  readonly dryRun: boolean;
}

export interface RunInput {
  readonly metrics: readonly JudgedMetric[];
  readonly results: readonly MetricResult[];
  readonly rule: JudgeRule;
  /** spec.terminate */
  readonly terminate: boolean;
}

export interface RunVerdict {
  readonly phase: AnalysisPhase;
  readonly message: string | undefined;
  readonly results: readonly MetricResult[];
  readonly runSummary: RunSummary;
  readonly dryRunSummary: RunSummary | undefined;
}

/** From best to worst: the worst phase of the metrics that count is the phase of the run. */
const severity: readonly AnalysisPhase[] = ['Successful', 'Running', 'Pending', 'Inconclusive', 'Error', 'Failed'];

export function isWorse(phase: AnalysisPhase, than: AnalysisPhase): boolean {
  return severity.indexOf(phase) > severity.indexOf(than);
}

/** One failed, erroneous or inconclusive metric ends the run: the others are not measured any more. */
export function isTerminating(input: RunInput): boolean {
  if (input.terminate) return true;
  return input.metrics.some((metric) => {
    const result = find(input.results, metric.name);
    if (metric.dryRun || result === undefined) return false;
    const { phase } = assessMetric(result, metric.limits, input.rule, false);
    return phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
  });
}

export function judgeRun(input: RunInput): RunVerdict {
  const terminating = isTerminating(input);
  const done = terminating || isDone(input);
  const assessed = input.metrics.map((metric) => assess(metric, input, done));
  const results = assessed.flatMap(({ result }) => (result === undefined ? [] : [result]));
  const counting = assessed.filter(({ metric }) => !metric.dryRun);
  const dry = assessed.filter(({ metric }) => metric.dryRun);
  const worst = worstOf(counting);
  const phase = !done ? 'Running' : (worst?.phase ?? emptyPhase(counting, dry));
  return {
    phase,
    message: isCompleted(phase) ? finalMessage(input, worst) : heldMessage(assessed),
    results,
    runSummary: summary(counting),
    dryRunSummary: dry.length === 0 ? undefined : summary(dry),
  };
}

/** A dry-run metric that waits for evidence holds nobody up, unless there is nothing but dry-run metrics. */
function isDone(input: RunInput): boolean {
  const onlyDry = input.metrics.every(({ dryRun }) => dryRun);
  return input.metrics.every((metric) => {
    const { phase, result } = assess(metric, input, false);
    return isCompleted(phase) || (metric.dryRun && !onlyDry && isHeld(result));
  });
}

interface Assessed {
  readonly metric: JudgedMetric;
  readonly phase: AnalysisPhase;
  readonly reason: string | undefined;
  readonly result: MetricResult | undefined;
}

function find(results: readonly MetricResult[], name: string): MetricResult | undefined {
  return results.find((result) => result.name === name);
}

function assess(metric: JudgedMetric, input: RunInput, ending: boolean): Assessed {
  const before = find(input.results, metric.name);
  const { phase, reason } = assessMetric(before, metric.limits, input.rule, ending);
  const known =
    reason ?? (before && isCompleted(phase) ? passedLimit(before, metric.limits, input.rule)?.reason : undefined);
  // Argo lists no result for a metric that was never measured.
  const result = before === undefined ? undefined : { ...before, phase: phase === 'Pending' ? 'Running' : phase };
  return { metric, phase, reason: known, result };
}

function worstOf(counting: readonly Assessed[]): Assessed | undefined {
  let worst: Assessed | undefined;
  for (const one of counting) {
    if (isCompleted(one.phase) && (worst === undefined || isWorse(one.phase, worst.phase))) worst = one;
  }
  return worst;
}

/** Only dry-run metrics, or none at all: nothing that could fail. */
function emptyPhase(counting: readonly Assessed[], dry: readonly Assessed[]): AnalysisPhase {
  return counting.length === 0 && dry.every(({ phase }) => isCompleted(phase)) ? 'Successful' : 'Inconclusive';
}

/** Argo Rollouts' form: `Metric "x" assessed Failed due to failed (1) > failureLimit (0)`. */
function finalMessage(input: RunInput, worst: Assessed | undefined): string | undefined {
  const terminated = input.terminate ? 'Run Terminated' : undefined;
  if (worst === undefined || worst.phase === 'Successful') return terminated;
  const { metric, phase, reason, result } = worst;
  if (reason === undefined) return terminated;
  const detail = result?.message ? `: "Error Message: ${result.message}"` : '';
  return `Metric "${metric.name}" assessed ${phase} due to ${reason}${detail}`;
}

function heldMessage(assessed: readonly Assessed[]): string | undefined {
  const held = assessed.filter(({ metric, result, phase }) => !metric.dryRun && !isCompleted(phase) && isHeld(result));
  const [first] = held;
  if (first?.result?.lastReading === undefined) return undefined;
  const { kind, why = 'no reason given' } = first.result.lastReading;
  const start = kind === 'misconfigured' ? 'misconfigured' : 'waiting for evidence';
  const others = held.length === 1 ? '' : ` (and ${held.length - 1} more)`;
  return `${start}: metric "${first.metric.name}": ${why}${others}`;
}

/** Counts metrics by outcome; zero is left out, as Argo leaves it out. */
function summary(assessed: readonly Assessed[]): RunSummary {
  const of = (phase: AnalysisPhase): number => assessed.filter((one) => one.phase === phase).length;
  const counts = {
    count: assessed.length,
    successful: of('Successful'),
    failed: of('Failed'),
    inconclusive: of('Inconclusive'),
    error: of('Error'),
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
