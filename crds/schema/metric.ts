/** A metric: what is measured, how often, and which values pass. */

import type { z } from 'zod';
import { object, text } from './fields.ts';
import { MetricProvider } from './providers.ts';
import { templatedNumber } from './rollout-analysis.ts';

export const Metric = object(
  'One thing that is measured.',
  {
    name: text('Name of the metric, unique in the template.', { minLength: 1, maxLength: 253 }),
    provider: MetricProvider,
  },
  {
    interval: text('Time between two measurements, such as 30s. Default: a single measurement.', { maxLength: 256 }),
    initialDelay: text('Time before the first measurement, such as 1m. Default: none.', { maxLength: 256 }),
    count: templatedNumber('Number of measurements. Default: 1 without interval, endless with it.'),
    successCondition: text('Expression over result that must be true, such as result[0] >= 0.99.'),
    failureCondition: text('Expression over result that must not be true.'),
    failureLimit: templatedNumber('Failures that are tolerated; -1 never fails. Default 0.'),
    inconclusiveLimit: templatedNumber('Inconclusive measurements that are tolerated. Default 0.'),
    consecutiveErrorLimit: templatedNumber('Errors in a row that are tolerated. Default 4.'),
    consecutiveSuccessLimit: templatedNumber('Successes in a row that end the metric early. Default 0, off.'),
  },
);
export type Metric = z.infer<typeof Metric>;
