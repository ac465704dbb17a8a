/** The metrics backends that this controller has, out of the settings. */

import type { MetricProvider } from '../analysis/provider.ts';
import { datadogProvider } from '../analysis/providers/datadog.ts';
import { jobProvider } from '../analysis/providers/job.ts';
import { prometheusProvider } from '../analysis/providers/prometheus.ts';
import { webProvider } from '../analysis/providers/web.ts';
import type { ControllerConfig } from './config.ts';

export function metricProviders(config: Pick<ControllerConfig, 'prometheusAddress'>): readonly MetricProvider[] {
  const address = config.prometheusAddress;
  return [
    prometheusProvider(address === undefined ? {} : { defaultAddress: address }),
    webProvider(),
    jobProvider(),
    datadogProvider(),
  ];
}
