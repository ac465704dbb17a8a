/** What happened between two statuses, told once each: events in Argo's words, and when evidence goes missing or comes back. Pure. */
import { isCompleted } from '../../analysis/judge/assess.ts';
import { isHeld } from '../../analysis/judge/metric-result.ts';
import type { AnalysisRunStatus, MetricResult } from '../../crds/schema/analysis-run.ts';
import type { AnalysisPhase } from '../../crds/schema/rollout-status.ts';
import type { Instant } from '../../kube/api.ts';
import type { Fact } from '../decision.ts';

export function factsOf(before: AnalysisRunStatus | undefined, after: AnalysisRunStatus, at: Instant): readonly Fact[] {
  const facts: Fact[] = [];
  for (const result of after.metricResults ?? []) {
    const old = before?.metricResults?.find(({ name }) => name === result.name);
    facts.push(...metricFacts(old, result, at));
  }
  if (isCompleted(after.phase) && before?.phase !== after.phase) {
    facts.push({
      reason: `AnalysisRun${after.phase}`,
      at,
      type: eventType(after.phase),
      message: withDetail(`Analysis Completed. Result: ${after.phase}`, after.message),
    });
  } else if (after.waiting?.on === 'user' && before?.message !== after.message) {
    facts.push({ reason: 'Misconfigured', at, type: 'Warning', message: after.message ?? 'misconfigured' });
  }
  return facts;
}

function eventType(phase: AnalysisPhase): Fact['type'] {
  return phase === 'Failed' || phase === 'Error' ? 'Warning' : 'Normal';
}

function withDetail(message: string, detail: string | undefined): string {
  return detail === undefined || detail === '' ? message : `${message} (${detail})`;
}

function metricFacts(before: MetricResult | undefined, after: MetricResult, at: Instant): Fact[] {
  const { name, phase } = after;
  if (isCompleted(phase) && before?.phase !== phase) {
    const values = { metric: name, value: after.measurements?.at(-1)?.value ?? '' };
    return [
      {
        reason: `Metric${phase}`,
        at,
        type: eventType(phase),
        message: `Metric '${name}' Completed. Result: ${phase}`,
        values,
      },
    ];
  }
  const [was, is] = [isHeld(before), isHeld(after)];
  if (is && (!was || before?.lastReading?.kind !== after.lastReading?.kind)) {
    const reason = after.lastReading?.kind === 'misconfigured' ? 'Misconfigured' : 'EvidenceMissing';
    return [
      { reason, at, type: 'Warning', message: `Metric '${name}': ${after.message ?? ''}`, values: { metric: name } },
    ];
  }
  if (was && !is) {
    return [
      {
        reason: 'EvidenceFound',
        at,
        type: 'Normal',
        message: `Metric '${name}' is measured again`,
        values: { metric: name },
      },
    ];
  }
  return [];
}
