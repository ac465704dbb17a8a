/** Reasons of the analysis-run room. */

import type { ReasonEntries } from './entry.ts';

const event = { shows: ['event'], on: ['AnalysisRun'] } as const;
/** A Rollout at the step of this run shows the same wait. */
const waiting = { shows: ['waiting'], on: ['AnalysisRun', 'Rollout'] } as const;

export const analysisRunReasons = {
  AnalysisRunSuccessful: { ...event, type: 'Normal', meaning: 'All metrics that count passed.' },
  AnalysisRunFailed: {
    ...event,
    type: 'Warning',
    meaning: 'A metric went beyond its limits more often than it may.',
    remedy: 'Look at status.metricResults for the metric and its values.',
  },
  AnalysisRunError: {
    ...event,
    type: 'Warning',
    meaning: 'In argoproj.io only: too many errors in a row, or a spec that cannot be read.',
    remedy: 'Repair the query, the credentials or the provider that the message names.',
  },
  AnalysisRunInconclusive: {
    ...event,
    type: 'Normal',
    meaning: 'The run ended with neither success nor failure.',
    remedy: 'Judge the values yourself, then promote or abort the Rollout.',
  },
  MetricSuccessful: { ...event, type: 'Normal', meaning: 'One metric is decided, and it passed.' },
  MetricFailed: {
    ...event,
    type: 'Warning',
    meaning: 'One metric is decided, and it failed.',
    remedy: 'Compare its measurements with its conditions.',
  },
  MetricError: {
    ...event,
    type: 'Warning',
    meaning: 'In argoproj.io only: one metric had too many errors in a row and is given up.',
    remedy: 'The message of the metric in status has the error.',
  },
  MetricInconclusive: { ...event, type: 'Normal', meaning: 'One metric ended with neither success nor failure.' },
  EvidenceMissing: {
    ...event,
    type: 'Warning',
    meaning: 'A metric gets no value now: no data, or the provider does not answer; the run holds until there is one.',
    remedy: 'Look at the provider and at whether the query gives data for these pods.',
  },
  EvidenceFound: { ...event, type: 'Normal', meaning: 'A metric that had no value is measured again.' },
  Misconfigured: {
    shows: ['event', 'waiting'],
    on: ['AnalysisRun', 'Rollout'],
    type: 'Warning',
    meaning: 'A metric, or the whole run, cannot be measured as it is written.',
    remedy: 'Correct the analysis template or its arguments and retry; or promote without it, or abort.',
  },
  AnalysisRunning: { ...waiting, type: 'Normal', meaning: 'The next measurement is awaited.' },
  NoEvidence: {
    ...waiting,
    type: 'Warning',
    meaning: 'The provider answered without a value that could be judged.',
    remedy: 'See whether the query gives data for these pods; promote without it, or abort.',
  },
  BackendUnavailable: {
    ...waiting,
    type: 'Warning',
    meaning: 'The provider of a metric did not answer; it is asked again.',
    remedy: 'Look at the provider; promote without it, or abort.',
  },
} as const satisfies ReasonEntries;
