/** Metrics backends of a metric; exactly one is set. */

import { z } from 'zod';
import {
  anyJson,
  anyObject,
  exactlyOne,
  flag,
  int64,
  intOrString,
  list,
  object,
  oneOf,
  ruled,
  text,
  textMap,
} from './fields.ts';
import { HttpHeader, insecureFlag, ProviderAuthentication } from './provider-auth.ts';

export const PrometheusProvider = object(
  'Prometheus, or anything with its HTTP API.',
  {},
  {
    address: text(
      'Base URL, such as http://prometheus.monitoring:9090. Default: the one the controller was started with.',
    ),
    query: text('PromQL; result is the list of values of the vector, or one number.'),
    timeout: int64('Seconds to wait for the answer. Default 30.', { minimum: 0 }),
    insecure: insecureFlag(),
    headers: list(HttpHeader, 'Headers to send.', { atomic: true }),
    authentication: ProviderAuthentication,
    rangeQuery: object(
      'Asks for a range of time instead of one instant.',
      {},
      {
        start: text('Expression for the start.'),
        end: text('Expression for the end.'),
        step: text('Distance of the points, such as 1m.'),
      },
    ),
  },
);
export type PrometheusProvider = z.infer<typeof PrometheusProvider>;

export const WebProvider = object(
  'Any HTTP address that answers JSON.',
  { url: text('Address to ask.') },
  {
    method: oneOf(['GET', 'POST', 'PUT'], 'HTTP method. Default GET.'),
    headers: list(HttpHeader, 'Headers to send.', { atomic: true }),
    body: text('Body to send; not with jsonBody.'),
    jsonBody: anyJson('JSON body to send; not with body.'),
    timeoutSeconds: int64('Seconds to wait for the answer. Default 10.', { minimum: 0 }),
    jsonPath: text('Kubernetes JSONPath of the result. Default {$}, the whole answer.'),
    insecure: insecureFlag(),
    authentication: ProviderAuthentication,
  },
);
export type WebProvider = z.infer<typeof WebProvider>;

const DatadogProvider = object(
  'Datadog.',
  {},
  {
    interval: text('Span that is looked at. Default 5m.'),
    query: text('The query.'),
    queries: textMap('Several queries by name.', 32),
    formula: text('Formula over the queries.'),
    apiVersion: oneOf(['v1', 'v2'], 'Version of the API. Default v1.'),
    aggregator: oneOf(
      ['avg', 'min', 'max', 'sum', 'last', 'percentile', 'mean', 'l2norm', 'area'],
      'How points become one value. Default last.',
    ),
    secretRef: object(
      'Secret with the keys.',
      {},
      {
        name: text('Name of the Secret.'),
        namespaced: flag('True looks in the namespace of the AnalysisRun. Default false.'),
      },
    ),
    requestTimeout: text('Time to wait for the answer, such as 30s. Default 10s.'),
  },
);

const CloudWatchMetric = object(
  'The metric.',
  {},
  {
    namespace: text('Namespace of the metric.'),
    metricName: text('Name of the metric.'),
    dimensions: list(
      object('One dimension.', {}, { name: text('Name.'), value: text('Value.') }),
      'Dimensions of the metric.',
      { maxItems: 30, atomic: true },
    ),
  },
);
const CloudWatchQuery = object(
  'One query.',
  {},
  {
    id: text('Id of the query.'),
    expression: text('Expression over other queries.'),
    label: text('Label of the result.'),
    period: intOrString('Seconds per point.'),
    returnData: flag('True: the result uses it.'),
    metricStat: object(
      'A metric and its statistic.',
      {},
      {
        metric: CloudWatchMetric,
        period: intOrString('Seconds per point.'),
        stat: text('Statistic, such as Sum.'),
        unit: text('Unit, such as Count.'),
      },
    ),
  },
);

const KayentaWindow = object(
  'Where and when to look.',
  {},
  {
    scope: text('Scope of the metrics.'),
    region: text('Region.'),
    step: int64('Seconds per point.'),
    start: text('Start, RFC 3339.'),
    end: text('End, RFC 3339.'),
  },
);
const KayentaProvider = object(
  'Kayenta.',
  {},
  {
    address: text('Base URL.'),
    application: text('Name of the application.'),
    canaryConfigName: text('Name of the canary configuration.'),
    metricsAccountName: text('Account for metrics.'),
    configurationAccountName: text('Account for configurations.'),
    storageAccountName: text('Account for storage.'),
    threshold: object(
      'Scores that decide.',
      {},
      { pass: int64('Least score that passes.'), marginal: int64('Least score that is inconclusive.') },
    ),
    scopes: list(
      object(
        'A pair of scopes.',
        {},
        { name: text('Its name.'), controlScope: KayentaWindow, experimentScope: KayentaWindow },
      ),
      'Scopes to compare.',
      { maxItems: 32, atomic: true },
    ),
    lookback: flag('True compares with the past.'),
  },
);

/** Names of the providers; a metric sets exactly one. */
export const providerNames = [
  'prometheus',
  'web',
  'job',
  'datadog',
  'newRelic',
  'wavefront',
  'cloudWatch',
  'graphite',
  'influxdb',
  'skywalking',
  'kayenta',
  'plugin',
] as const;
export type ProviderName = (typeof providerNames)[number];

export const MetricProvider = ruled(
  object(
    'Where the value comes from; set exactly one.',
    {},
    {
      prometheus: PrometheusProvider,
      web: WebProvider,
      job: object(
        'A Job; its success is the success of the measurement.',
        {},
        {
          metadata: object(
            'Labels and annotations of the Job.',
            {},
            { labels: textMap('Labels.'), annotations: textMap('Annotations.') },
          ),
          spec: anyObject('Job spec as in batch/v1.'),
        },
      ),
      datadog: DatadogProvider,
      newRelic: object(
        'New Relic.',
        {},
        {
          profile: text('Name of the Secret with the keys.'),
          query: text('NRQL.'),
          timeout: int64('Seconds that the query may take. Default 5.'),
        },
      ),
      wavefront: object('Wavefront.', {}, { address: text('Host name.'), query: text('The query.') }),
      cloudWatch: object(
        'AWS CloudWatch.',
        {},
        {
          interval: text('Span that is looked at. Default 5m.'),
          metricDataQueries: list(CloudWatchQuery, 'Queries.', { maxItems: 100, atomic: true }),
        },
      ),
      graphite: object('Graphite.', {}, { address: text('Base URL.'), query: text('The query.') }),
      influxdb: object(
        'InfluxDB.',
        {},
        { profile: text('Name of the Secret with address and token.'), query: text('Flux query.') },
      ),
      skywalking: object(
        'Apache SkyWalking.',
        {},
        {
          address: text('Base URL.'),
          query: text('GraphQL query.'),
          interval: text('Span that is looked at. Default 5m.'),
        },
      ),
      kayenta: KayentaProvider,
      plugin: anyObject('External provider: configuration by plugin name.'),
    },
  ),
  exactlyOne(providerNames, 'provider', 'tidegate.io'),
);
export type MetricProvider = z.infer<typeof MetricProvider>;
