/** The metrics backends that this controller has, out of the settings. */

import type { MetricProvider } from '../analysis/provider.ts';
import { cloudWatchProvider } from '../analysis/providers/cloud-watch.ts';
import { datadogProvider } from '../analysis/providers/datadog.ts';
import { graphiteProvider } from '../analysis/providers/graphite.ts';
import { influxdbProvider } from '../analysis/providers/influxdb.ts';
import { jobProvider } from '../analysis/providers/job.ts';
import { kayentaProvider } from '../analysis/providers/kayenta.ts';
import { newRelicProvider } from '../analysis/providers/new-relic.ts';
import { prometheusProvider } from '../analysis/providers/prometheus.ts';
import { skyWalkingProvider } from '../analysis/providers/sky-walking.ts';
import { wavefrontProvider } from '../analysis/providers/wavefront.ts';
import { webProvider } from '../analysis/providers/web.ts';
import type { AwsAccess } from '../outbound/aws/access.ts';
import type { ControllerConfig } from './config.ts';

/** Without `aws` nothing of AWS can be measured. */
export function metricProviders(
  config: Pick<ControllerConfig, 'prometheusAddress'>,
  aws?: AwsAccess,
): readonly MetricProvider[] {
  const address = config.prometheusAddress;
  return [
    prometheusProvider({ defaultAddress: address, aws }),
    webProvider({ aws }),
    jobProvider(),
    cloudWatchProvider({ aws }),
    datadogProvider(),
    newRelicProvider(),
    wavefrontProvider(),
    graphiteProvider(),
    influxdbProvider(),
    skyWalkingProvider(),
    kayentaProvider(),
  ];
}
