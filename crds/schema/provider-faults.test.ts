/** What is wrong with a template's backends before anything is asked, in whole sentences; what arguments will fill is let be. */

import { describe, expect, it } from 'vitest';
import type { Metric } from './metric.ts';
import type { MetricProvider } from './providers.ts';
import { aTemplate } from './testing/builders.ts';
import { validateTemplate } from './validate-analysis.ts';

const start = 'AnalysisTemplate shop/checks: spec.metrics[0].';
const args = ['a', 'b'].map((name) => ({ name }));
const said = (provider: MetricProvider, metric: Partial<Metric> = {}) =>
  validateTemplate(aTemplate({ args, metrics: [{ name: 'm', provider, ...metric }] })).map(({ message }) => message);

const scopes = [{ name: 'default', controlScope: { scope: 'a' }, experimentScope: { scope: 'b' } }];
const kayenta = {
  address: 'https://kayenta.example',
  canaryConfigName: 'c',
  threshold: { pass: 90, marginal: 75 },
  lookback: true,
  scopes,
};

describe('a provider', () => {
  it.each<MetricProvider>([
    { datadog: { query: 'avg:a{*}' } },
    { datadog: { query: '{{args.a}}', interval: '{{args.b}}', requestTimeout: '{{args.b}}' } },
    { datadog: { apiVersion: 'v2', queries: { a: 'avg:a{*}' }, secretRef: { name: '{{args.a}}', namespaced: true } } },
    { newRelic: { query: 'SELECT 1', profile: 'team.newrelic' } },
    { wavefront: { address: 'example.wavefront.com', query: 'ts(a)' } },
    { wavefront: { address: '{{args.a}}', query: 'ts(a)' } },
    { graphite: { address: 'http://{{args.a}}:8080', query: 'target=a' } },
    { graphite: { address: 'http://graphite', query: '{{args.a}}' } },
    { graphite: { address: 'http://graphite', query: 'from=-5min&target=a.{{args.a}}' } },
    { influxdb: { query: 'from(bucket: "a")' } },
    { skywalking: { address: 'http://oap:12800/', query: 'query { a }', interval: '90s' } },
    { kayenta },
  ])('%j is accepted', (provider) => {
    expect(said(provider)).toEqual([]);
  });

  it.each<readonly [MetricProvider, string]>([
    [{ datadog: {} }, 'provider.datadog.query is empty, but query or queries is required: write one of them.'],
    [
      { datadog: { apiVersion: 'v2', queries: { a: 'x', b: 'y' } } },
      'provider.datadog.formula is unset, but several queries are one value only by a formula: write the formula.',
    ],
    [
      { datadog: { query: 'x', requestTimeout: '10' } },
      'provider.datadog.requestTimeout is "10", but it must be a duration above 0: write a number and a unit, such as 30s or 5m.',
    ],
    [{ newRelic: {} }, 'provider.newRelic.query is empty, but a query is required: write the NRQL.'],
    [
      { newRelic: { query: 'x', profile: 'Team' } },
      'provider.newRelic.profile is "Team", but it must be the name of a Secret: correct the name.',
    ],
    [
      { wavefront: { query: 'x' } },
      'provider.wavefront.address is unset, but it must be a host name such as example.wavefront.com: write the host name.',
    ],
    [
      { graphite: { address: 'graphite:80', query: 'target=a' } },
      'provider.graphite.address is "graphite:80", but it must be an http or https address: write the whole address.',
    ],
    [
      { graphite: { address: 'http://g', query: 'a.b.c' } },
      'provider.graphite.query is without target=, but it is what follows /render? and names a target: write it like target=sumSeries(a.b.*)&from=-5min.',
    ],
    [{ influxdb: { query: '\n' } }, 'provider.influxdb.query is empty, but a query is required: write the Flux.'],
    [
      { skywalking: { address: 'http://oap', query: '' } },
      'provider.skywalking.query is empty, but a query is required: write the GraphQL.',
    ],
    [
      { kayenta: { ...kayenta, threshold: { pass: 75, marginal: 90 } } },
      'provider.kayenta.threshold.marginal is 90, but it must not be above pass, which is 75: lower it.',
    ],
    [
      { kayenta: { ...kayenta, lookback: false } },
      'interval is unset, but a scope without start begins one interval ago: set the interval of the metric, start, or lookback.',
    ],
    [
      { kayenta: { ...kayenta, scopes: [{ ...scopes[0], controlScope: { end: '2026-01-01T00:00:00Z' } }] } },
      'provider.kayenta.scopes[0] is with one end, but controlScope.end and experimentScope.end must both be set or both be unset: set or remove both.',
    ],
  ])('%j is refused in one sentence', (provider, sentence) => {
    expect(said(provider)).toEqual([start + sentence]);
  });
});
