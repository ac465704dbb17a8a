/** AnalysisRun: one execution of checks, with measurements and verdict in status. */

import { z } from 'zod';
import { checkFields } from './analysis-template.ts';
import type { Dialect } from './dialect.ts';
import { isArgo } from './dialect.ts';
import { flag, int32, int64, list, object, oneOf, text, textMap, time } from './fields.ts';
import { head } from './metadata.ts';
import { WaitingStatus } from './rollout-decisions.ts';
import { analysisPhases } from './rollout-status.ts';

export const AnalysisRunSpec = object(
  'The checks, with the values of their arguments.',
  { metrics: checkFields.metrics },
  {
    args: checkFields.args,
    dryRun: checkFields.dryRun,
    measurementRetention: checkFields.measurementRetention,
    terminate: flag('True stops it; measurements so far decide.'),
    ttlStrategy: object(
      'Deletes the run some time after it ended.',
      {},
      {
        secondsAfterCompletion: int32('Seconds after any end.', { minimum: 0 }),
        secondsAfterFailure: int32('Seconds after a failure.', { minimum: 0 }),
        secondsAfterSuccess: int32('Seconds after success.', { minimum: 0 }),
      },
    ),
  },
);
export type AnalysisRunSpec = z.infer<typeof AnalysisRunSpec>;

export const Measurement = object(
  'One measurement.',
  { phase: oneOf(analysisPhases, 'Its outcome.') },
  {
    message: text('The outcome in words.'),
    startedAt: time('When it began.'),
    finishedAt: time('When it ended.'),
    value: text('Value measured, as text.'),
    metadata: textMap('What the provider adds.'),
    resumeAt: time('When a running measurement is looked at again.'),
  },
);
export type Measurement = z.infer<typeof Measurement>;

export const readingKinds = ['value', 'running', 'no-evidence', 'misconfigured', 'unavailable'] as const;

export const LastReading = object(
  'What the provider answered last; tells missing evidence from a bad value.',
  { kind: oneOf(readingKinds, 'Kind of the answer.'), at: time('When it answered.') },
  {
    why: text('Why there is no value.'),
    nextAt: time('When it is asked again.'),
  },
);
export type LastReading = z.infer<typeof LastReading>;

const metricResultFields = {
  message: text('Why, in words.'),
  count: int32('Measurements that ended, errors aside.'),
  successful: int32('Successful ones.'),
  failed: int32('Failed ones.'),
  inconclusive: int32('Inconclusive ones.'),
  error: int32('Errors.'),
  consecutiveError: int32('Errors in a row up to now.'),
  consecutiveSuccess: int32('Successes in a row up to now.'),
  dryRun: flag('True: it does not decide.'),
  metadata: textMap('What the provider adds, such as the query with its arguments.'),
  measurements: list(Measurement, 'The newest measurements, oldest first.', { atomic: true }),
};
const metricResultHead = { name: text('Name of the metric.'), phase: oneOf(analysisPhases, 'Outcome so far.') };

export const MetricResult = object('Outcome of one metric.', metricResultHead, {
  ...metricResultFields,
  lastReading: LastReading,
});
export type MetricResult = z.infer<typeof MetricResult>;

const RunSummary = object(
  'Number of metrics by outcome.',
  {},
  {
    count: int32('All metrics.'),
    successful: int32('Successful ones.'),
    failed: int32('Failed ones.'),
    inconclusive: int32('Inconclusive ones.'),
    error: int32('Those with an error.'),
  },
);
export type RunSummary = z.infer<typeof RunSummary>;

const statusHead = { phase: oneOf(analysisPhases, 'Pending, Running, Successful, Failed, Error or Inconclusive.') };
const statusFields = {
  message: text('Which metric decided, and why.'),
  startedAt: time('When it began.'),
  completedAt: time('When it ended.'),
  runSummary: RunSummary.describe('Metrics that decide, by outcome.'),
  dryRunSummary: RunSummary.describe('Metrics that are only watched, by outcome.'),
};
const ownFields = {
  observedGeneration: int64('Value of metadata.generation that this status speaks of.'),
  waiting: WaitingStatus,
};

const results = <T extends z.ZodType>(result: T) => list(result, 'Outcome per metric.', { atomic: true });

/** status of either dialect; `waiting`, `observedGeneration` and `lastReading` are absent in argoproj.io. */
export const AnalysisRunStatus = object('What was measured and decided.', statusHead, {
  ...statusFields,
  ...ownFields,
  metricResults: results(MetricResult),
});
export type AnalysisRunStatus = z.infer<typeof AnalysisRunStatus>;

const ArgoAnalysisRunStatus = object('What was measured and decided.', statusHead, {
  ...statusFields,
  metricResults: results(object('Outcome of one metric.', metricResultHead, metricResultFields)),
});

const runDescription = 'One execution of metric checks.';

/** An AnalysisRun of either dialect. */
export const AnalysisRun = z
  .object({ ...head('AnalysisRun'), spec: AnalysisRunSpec, status: AnalysisRunStatus.optional() })
  .describe(runDescription);
export type AnalysisRun = z.infer<typeof AnalysisRun>;

/** The AnalysisRun of one dialect, for its CRD. */
export function analysisRunSchema(dialect: Dialect) {
  if (!isArgo(dialect)) return AnalysisRun;
  return z
    .object({ ...head('AnalysisRun'), spec: AnalysisRunSpec, status: ArgoAnalysisRunStatus.optional() })
    .describe(runDescription);
}
