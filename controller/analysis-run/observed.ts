/** What the analysis-run room knows when it decides about one run, and what it may do. */
import type { Limits } from '../../analysis/judge/limits.ts';
import type { Taken } from '../../analysis/judge/metric-result.ts';
import type { AnalysisRun, AnalysisRunSpec } from '../../crds/schema/analysis-run.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Metric } from '../../crds/schema/metric.ts';
import type { Instant, KubeObject } from '../../kube/api.ts';
import type { JobView } from './job-view.ts';

export type AnalysisRunObject = AnalysisRun & KubeObject;

/** One metric with its settings read. Arguments that come from Secrets are placeholders here. */
export interface PreparedMetric {
  readonly name: string;
  /** As it stands in the run, before arguments: what a measurement starts from. */
  readonly source: Metric;
  readonly limits: Limits;
  readonly dryRun: boolean;
  readonly retention: number;
  /** Why this metric can't be measured as it is written. */
  readonly problem?: string;
}

export type PreparedSpec =
  | { readonly kind: 'ok'; readonly spec: AnalysisRunSpec; readonly metrics: readonly PreparedMetric[] }
  | { readonly kind: 'wrong'; readonly message: string };

export interface Observed {
  readonly run: AnalysisRunObject;
  readonly prepared: PreparedSpec;
  readonly dialect: Dialect;
  /** Measurements that ended and are not in status yet. */
  readonly taken: readonly Taken[];
  /** Metrics that are being measured now. */
  readonly inFlight: ReadonlySet<string>;
  /** Exact ends of the last measurements that this process took. */
  readonly finishedAt: ReadonlyMap<string, Instant>;
  /** Jobs of this run's measurements that have not ended. */
  readonly jobs: readonly JobView[];
}

export type AnalysisRunEffect =
  | { readonly kind: 'StartMeasurement'; readonly metric: string }
  | { readonly kind: 'StopMeasurements' }
  | { readonly kind: 'DeleteJob'; readonly job: JobView }
  | { readonly kind: 'DeleteRun' };
