/** Says what a running run waits for, until when, and what moves it on. */
import { isCompleted } from '../../analysis/judge/assess.ts';
import { isHeld, unfinished } from '../../analysis/judge/metric-result.ts';
import { nextMeasurementAt } from '../../analysis/judge/schedule.ts';
import { readTime } from '../../analysis/judge/time.ts';
import type { LastReading, MetricResult } from '../../crds/schema/analysis-run.ts';
import type { Instant } from '../../kube/api.ts';
import type { Waiting } from '../decision.ts';
import type { Reason } from '../reasons.ts';
import type { PreparedMetric } from './observed.ts';

const reasons: Readonly<Record<LastReading['kind'], Reason>> = {
  value: 'AnalysisRunning',
  running: 'AnalysisRunning',
  'no-evidence': 'NoEvidence',
  misconfigured: 'Misconfigured',
  unavailable: 'BackendUnavailable',
};

/** A metric without evidence comes first, since it alone can hold the run for ever; otherwise the one that is due next. */
export function waitingFor(
  metrics: readonly PreparedMetric[],
  results: readonly MetricResult[],
  runStartedAt: Instant,
): Waiting | undefined {
  const open = metrics.flatMap((metric) => {
    const result = results.find(({ name }) => name === metric.name);
    if (isCompleted(result?.phase)) return [];
    const under = unfinished(result);
    // One that is under way ends when it ends.
    const at =
      under === undefined
        ? nextMeasurementAt({ result, limits: metric.limits, runStartedAt })
        : readTime(under.resumeAt);
    return [{ metric, result, under, at }];
  });
  const held = open.find(({ metric, result }) => !metric.dryRun && isHeld(result));
  if (held?.result?.lastReading !== undefined) {
    return heldWaiting(held.metric.name, held.result.lastReading, held.at);
  }
  const [next] = open.toSorted((a, b) => (a.at ?? Number.POSITIVE_INFINITY) - (b.at ?? Number.POSITIVE_INFINITY));
  if (next === undefined) return undefined;
  const again = next.under !== undefined ? ' to its end' : next.result === undefined ? '' : ' again';
  return {
    reason: 'AnalysisRunning',
    on: `Metric/${next.metric.name}`,
    ...(next.at === undefined ? {} : { until: next.at }),
    moves: `Metric "${next.metric.name}" is measured${again}.`,
  };
}

function heldWaiting(name: string, reading: LastReading, at: Instant | undefined): Waiting {
  const again = `Metric "${name}" is measured again`;
  const person = 'promote to go on without it, or abort';
  return {
    reason: reasons[reading.kind],
    on: `Metric/${name}`,
    ...(reading.why === undefined ? {} : { value: reading.why }),
    ...(at === undefined ? {} : { until: at }),
    moves: reading.kind === 'misconfigured' ? `${again}; correct its settings, ${person}.` : `${again}; ${person}.`,
  };
}

/** A run whose spec can't be read waits for a person. */
export function waitingForCorrection(message: string): Waiting {
  return {
    reason: 'Misconfigured',
    on: 'user',
    value: message,
    moves: 'Correct the analysis template or its arguments and retry; promote to go on without it, or abort.',
  };
}
