/** The interface of a metrics backend: check a metric without asking anybody, and take one measurement. */
import type { Json, JsonObject } from '../crds/schema/json.ts';
import type { Metric } from '../crds/schema/metric.ts';
import type { Outbound } from '../outbound/outcome.ts';

/** Epoch milliseconds. */
export type Instant = number;

/**
 * What one measurement found.
 * - `value`: the backend answered; `text` is what people read in status. `warnings` are the backend's own doubts about its answer;
 *   `metadata` stands beside the measurement.
 * - `running`: it takes longer; ask again with `resume`, which people see too, at `lookAgainAt` or when something tells.
 * - `verdict`: the backend itself says how the measurement ended; conditions play no part. `text` is the value that people read.
 * - `no-evidence`: it answered, and the answer says nothing. `misconfigured`: a person must change something.
 *   `unavailable`: it may pass by itself.
 */
export type Reading =
  | {
      readonly kind: 'value';
      readonly value: Json;
      readonly text: string;
      readonly warnings?: readonly string[];
      readonly metadata?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'running'; readonly resume: Resume; readonly lookAgainAt?: Instant }
  | {
      readonly kind: 'verdict';
      readonly phase: 'Successful' | 'Failed' | 'Inconclusive';
      readonly text?: string;
      readonly why?: string;
    }
  | Missing;

/** What an unfinished measurement goes on with; it stands in its metadata. */
export type Resume = Readonly<Record<string, string>>;

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
  readonly resume?: Resume;
  /** When the run began, once that is known. */
  readonly runStartedAt?: Instant;
  /** Absent where no Jobs can be run. */
  readonly jobs?: JobPort;
  /** Absent where no Secrets can be read. */
  readonly secrets?: SecretPort;
}

/**
 * A Secret that a backend itself knows by name, not an argument. `shared`: the one that all runs use, in the controller's namespace
 * where the controller reads with its own rights, else in that of the run. `run`: always in the namespace of the run.
 */
export interface SecretRequest {
  readonly name: string;
  readonly place: 'shared' | 'run';
  /** Keys without which it is of no use. */
  readonly needs: readonly string[];
  readonly may?: readonly string[];
  /** Keys whose values people may see; those of all others are masked in everything that they see. */
  readonly open?: readonly string[];
}

/** Values have no white space around them. A key that is not there or empty is not in `values`. */
export type SecretAnswer = { readonly kind: 'ok'; readonly values: ReadonlyMap<string, string> } | Missing;

/** Reads Secrets for one measurement. Never throws for an answer of the API server; no sentence holds a value. */
export interface SecretPort {
  read(request: SecretRequest): Promise<SecretAnswer>;
}

/** A Job to run: labels and annotations, and a batch/v1 JobSpec. */
export interface JobDraft {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
}

/** `stuck`: its pod can't start. `gone`: somebody deleted it. */
export type JobState =
  | { readonly kind: 'running' | 'succeeded' | 'gone' }
  | { readonly kind: 'failed' | 'stuck'; readonly why: string }
  | Missing;

/** Runs Jobs in the namespace of one AnalysisRun, each owned by it. No call throws for an answer of the API server. */
export interface JobPort {
  readonly namespace: string;
  /** Starts the next Job of a metric, or gives the name of the one that an earlier try started. */
  start(draft: JobDraft): Promise<{ readonly kind: 'started'; readonly name: string } | Missing>;
  look(name: string): Promise<JobState>;
  remove(name: string): Promise<void>;
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
  /** What status shows of the metric itself, such as its query with the arguments in it. */
  metadata?(metric: Metric): Readonly<Record<string, string>>;
}
