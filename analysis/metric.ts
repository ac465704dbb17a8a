/** The part of a metric, its arguments and its results that the library reads; the CRD types are assignable to these. */
import type { JsonObject } from '../crds/schema/json.ts';

export type Phase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Error' | 'Inconclusive';

/** A count or limit: a number, or a template such as `{{args.count}}` until arguments are substituted. */
export type IntOrTemplate = number | string;

export interface Metric {
  readonly name: string;
  readonly interval?: string | undefined;
  readonly initialDelay?: string | undefined;
  readonly count?: IntOrTemplate | undefined;
  readonly successCondition?: string | undefined;
  readonly failureCondition?: string | undefined;
  readonly failureLimit?: IntOrTemplate | undefined;
  readonly inconclusiveLimit?: IntOrTemplate | undefined;
  readonly consecutiveErrorLimit?: IntOrTemplate | undefined;
  readonly consecutiveSuccessLimit?: IntOrTemplate | undefined;
  readonly provider: { readonly [kind: string]: unknown };
}

export interface Measurement {
  readonly phase: Phase;
  readonly message?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly finishedAt?: string | undefined;
  readonly value?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly resumeAt?: string | undefined;
}

export interface MetricResult {
  readonly name: string;
  readonly phase: Phase;
  readonly message?: string | undefined;
  readonly count?: number | undefined;
  readonly successful?: number | undefined;
  readonly failed?: number | undefined;
  readonly inconclusive?: number | undefined;
  readonly error?: number | undefined;
  readonly consecutiveError?: number | undefined;
  readonly consecutiveSuccess?: number | undefined;
  readonly dryRun?: boolean | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly measurements?: readonly Measurement[] | undefined;
}

export interface RunSummary {
  readonly count?: number | undefined;
  readonly successful?: number | undefined;
  readonly failed?: number | undefined;
  readonly inconclusive?: number | undefined;
  readonly error?: number | undefined;
}

/** A sentence about one place in a metric, for example a PromQL syntax error. `field` is a path such as `provider.prometheus.query`. */
export interface Problem {
  readonly field: string;
  readonly message: string;
}

export type { JsonObject };
