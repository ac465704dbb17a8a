/** What the schema's rules find wrong with a metric's provider, as the problems of its backend. */
import type { Metric } from '../../crds/schema/metric.ts';
import { providerFaults } from '../../crds/schema/provider-faults.ts';
import type { MetricProblem, Missing } from '../provider.ts';

export function lintProvider(metric: Metric): MetricProblem[] {
  return providerFaults(metric).map(({ field, found, allowed, remedy }) => ({
    field,
    message: `is ${found}, but ${allowed}: ${remedy}`,
  }));
}

/** The first fault of a metric whose arguments are in, as the reading that it makes impossible. */
export function faultOf(metric: Metric): Missing | undefined {
  const [fault] = lintProvider(metric);
  return fault === undefined ? undefined : { kind: 'misconfigured', why: `${fault.field} ${fault.message}` };
}
