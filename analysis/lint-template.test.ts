/** What is found in a template before anything is measured. */

import { describe, expect, it } from 'vitest';
import type { Metric } from '../crds/schema/metric.ts';
import { aMetric, aTemplate } from '../crds/schema/testing/builders.ts';
import { lintTemplate } from './lint-template.ts';
import { prometheusProvider } from './providers/prometheus.ts';
import { webProvider } from './providers/web.ts';

const options = {
  providers: [prometheusProvider({ defaultAddress: 'http://prometheus:9090' }), webProvider()],
  refusedHost: (host: string) => (host === '169.254.169.254' ? '169.254.169.254 is link-local' : undefined),
};

function sentences(metric: Partial<Metric>, args: readonly string[] = []): readonly string[] {
  const template = aTemplate({ metrics: [aMetric(metric)], args: args.map((name) => ({ name })) });
  return lintTemplate(template, options).map((one) => one.message);
}

describe('lintTemplate', () => {
  it('accepts arguments anywhere they can make sense', () => {
    const metric = {
      successCondition: 'result[0] < {{args.limit}}',
      provider: { prometheus: { address: '{{args.address}}', query: 'rate(x{job="{{args.job}}"}[{{args.window}}])' } },
    };
    expect(sentences(metric, ['limit', 'address', 'job', 'window'])).toEqual([]);
  });

  it.each([
    [
      'a query that does not parse',
      { provider: { prometheus: { query: 'sum(rate(x[1m])' } } },
      /^AnalysisTemplate shop\/checks: spec\.metrics\[0\]\.provider\.prometheus\.query is "sum\(rate\(x\[1m\]\)", but it is no valid PromQL: .+ line 1, column \d+; correct it\.$/,
    ],
    [
      'a condition that does not parse',
      { successCondition: 'result[0] <' },
      /^AnalysisTemplate shop\/checks: spec\.metrics\[0\]\.successCondition is "result\[0\] <", but it is no valid condition: .+; correct it\.$/,
    ],
    [
      'an address that is refused',
      { provider: { web: { url: 'http://169.254.169.254/latest' } } },
      /provider\.web\.url is "http:\/\/169\.254\.169\.254\/latest", but it is an address that may not be asked: .+ link-local; correct it\.$/,
    ],
  ])('names %s', (_name, metric, sentence) => {
    expect(sentences(metric)).toEqual([expect.stringMatching(sentence)]);
  });

  it('tells one field once', () => {
    expect(sentences({ provider: { web: { url: 'example.com' } } })).toHaveLength(1);
    expect(sentences({ provider: { prometheus: { query: '' } } })).toHaveLength(1);
  });

  it('never shows what may be a secret', () => {
    const headers = [{ key: 'authorization', value: 'secret\ntext' }];
    const [found = ''] = sentences({ provider: { web: { url: 'http://x', headers } } });
    expect(found).toContain('headers[0]');
    expect(found).not.toContain('secret');
  });
});
