/** The interface of a metrics backend: check a metric without asking anybody, and take one measurement. */
import type { Json, JsonObject } from '../crds/schema/json.ts';
import type { Metric } from '../crds/schema/metric.ts';
import type { Outbound } from '../outbound/outcome.ts';

/** Epoch milliseconds. */
export type Instant = number;

/**
 * What one measurement found.
 * - `value`: the backend answered; `text` is what people read in status. `warnings` are the backend's own doubts about its answer.
 * - `running`: it takes longer; ask again at `lookAgainAt` with `resume`.
 * - `no-evidence`: it answered, and the answer says nothing. `misconfigured`: a person must change something.
 *   `unavailable`: it may pass by itself.
 */
export type Reading =
  | { readonly kind: 'value'; readonly value: Json; readonly text: string; readonly warnings?: readonly string[] }
  | { readonly kind: 'running'; readonly resume: JsonObject; readonly lookAgainAt: Instant }
  | Missing;

export interface Missing {
  readonly kind: 'no-evidence' | 'misconfigured' | 'unavailable';
  readonly why: string;
  readonly retryAfterMs?: number;
}

export interface MeasureContext {
  readonly outbound: Outbound;
  /** The only time a query may use. */
  readonly now: Instant;
  readonly signal: AbortSignal;
  readonly resume?: JsonObject;
}

/** A sentence about one place in a metric, such as a PromQL syntax error. `field` is a path such as `provider.prometheus.query`. */
export interface MetricProblem {
  readonly field: string;
  readonly message: string;
}

/** One metrics backend. `measure` never throws for what the backend does; a throw is a bug. */
export interface MetricProvider {
  readonly name: string;
  lint(metric: Metric): readonly MetricProblem[];
  measure(metric: Metric, context: MeasureContext): Promise<Reading>;
  stop?(metric: Metric, context: MeasureContext): Promise<void>;
}
