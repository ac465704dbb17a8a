/** Decides where a metric stands by its counters and limits. */
import type { MetricResult } from '../../crds/schema/analysis-run.ts';
import type { AnalysisPhase } from '../../crds/schema/rollout-status.ts';
import type { Limits } from './limits.ts';
import { isHeld } from './metric-result.ts';
import type { JudgeRule } from './rule.ts';

export interface Assessment {
  readonly phase: AnalysisPhase;
  /** Which counter passed which limit, in Argo's words; absent for success. */
  readonly reason?: string;
}

export function isCompleted(phase: AnalysisPhase | undefined): phase is Exclude<AnalysisPhase, 'Pending' | 'Running'> {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error' || phase === 'Inconclusive';
}

/**
 * The limit that a metric has passed. Of several the last one counts: an error overrides an inconclusive, which overrides a failure
 * (Argo Rollouts' precedence). Under Tidegate's rules errors are held, so no number of them decides, and a failure outranks both.
 */
export function passedLimit(result: MetricResult, limits: Limits, rule: JudgeRule): Assessment | undefined {
  const failed = result.failed ?? 0;
  const inconclusive = result.inconclusive ?? 0;
  const errors = result.consecutiveError ?? 0;
  if (rule === 'argo' && errors > limits.consecutiveErrorLimit) {
    return {
      phase: 'Error',
      reason: `consecutiveErrors (${errors}) > consecutiveErrorLimit (${limits.consecutiveErrorLimit})`,
    };
  }
  const failure: Assessment | undefined =
    limits.failureLimit >= 0 && failed > limits.failureLimit
      ? { phase: 'Failed', reason: `failed (${failed}) > failureLimit (${limits.failureLimit})` }
      : undefined;
  if (rule === 'tidegate' && failure !== undefined) return failure;
  if (inconclusive > limits.inconclusiveLimit) {
    return {
      phase: 'Inconclusive',
      reason: `inconclusive (${inconclusive}) > inconclusiveLimit (${limits.inconclusiveLimit})`,
    };
  }
  return failure;
}

/** Where the metric stands now. `terminating`: no further measurement will be taken. */
export function assessMetric(
  result: MetricResult | undefined,
  limits: Limits,
  rule: JudgeRule,
  terminating: boolean,
): Assessment {
  if (result !== undefined && isCompleted(result.phase)) return { phase: result.phase };
  const last = result?.measurements?.at(-1);
  if (result === undefined || (last === undefined && !isHeld(result))) return { phase: unmeasured(rule, terminating) };
  if (last !== undefined && last.finishedAt === undefined && !terminating) return { phase: 'Running' };
  const passed = passedLimit(result, limits, rule);
  if (passed !== undefined) return passed;
  const { consecutiveSuccessLimit, count } = limits;
  const successes = result.consecutiveSuccess ?? 0;
  if (consecutiveSuccessLimit > 0 && successes >= consecutiveSuccessLimit) return { phase: 'Successful' };
  if (count !== undefined && (result.count ?? 0) >= count) {
    if (consecutiveSuccessLimit === 0) return { phase: 'Successful' };
    const reason = `consecutiveSuccess (${successes}) < consecutiveSuccessLimit (${consecutiveSuccessLimit})`;
    return { phase: 'Inconclusive', reason };
  }
  if (!terminating) return { phase: 'Running' };
  return rule === 'tidegate' && lacksEvidence(result)
    ? { phase: 'Inconclusive', reason: 'terminated without evidence' }
    : { phase: 'Successful' };
}

/** Argo Rollouts calls a metric that was stopped before its first measurement successful; unknown is never success here. */
function unmeasured(rule: JudgeRule, terminating: boolean): AnalysisPhase {
  if (!terminating) return 'Pending';
  return rule === 'argo' ? 'Successful' : 'Inconclusive';
}

function lacksEvidence(result: MetricResult): boolean {
  return isHeld(result) || (result.successful ?? 0) === 0;
}
