/** Matches `dryRun` and `measurementRetention` entries, which name metrics by regular expression or `*`, to the metrics of a run. */
import type { DryRun, MeasurementRetention } from '../crds/schema/rollout-analysis.ts';
import { regexMatches } from './expr/regex-match.ts';
import { ExprError } from './expr/value.ts';
import type { MetricProblem } from './provider.ts';

export interface Selection {
  readonly dryRun: ReadonlySet<string>;
  readonly retention: ReadonlyMap<string, number>;
  readonly problems: readonly MetricProblem[];
}

/** An entry that matches no metric is a problem, as in Argo Rollouts: it is nearly always a misspelled name. */
export function selectMetrics(
  names: readonly string[],
  dryRun: readonly DryRun[],
  retention: readonly MeasurementRetention[],
): Selection {
  const problems: MetricProblem[] = [];
  const dry = new Set<string>();
  const limits = new Map<string, number>();
  for (const [index, entry] of dryRun.entries()) {
    for (const name of matching(`dryRun[${index}].metricName`, entry.metricName, names, problems)) dry.add(name);
  }
  for (const [index, entry] of retention.entries()) {
    const field = `measurementRetention[${index}].metricName`;
    for (const name of matching(field, entry.metricName, names, problems)) limits.set(name, Math.max(1, entry.limit));
  }
  return { dryRun: dry, retention: limits, problems };
}

function matching(
  field: string,
  pattern: string,
  names: readonly string[],
  problems: MetricProblem[],
): readonly string[] {
  if (pattern === '*') return names;
  try {
    const found = names.filter((name) => regexMatches(pattern, name));
    if (found.length === 0) {
      problems.push({
        field,
        message: `is ${JSON.stringify(pattern)}, which matches no metric: there are ${names.join(', ')}`,
      });
    }
    return found;
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    problems.push({ field, message: `is ${JSON.stringify(pattern)}: ${error.message}` });
    return [];
  }
}
