/** Rules about templates, and about templates as a Rollout uses them. */

import { describe, expect, it } from 'vitest';
import type { AnalysisTemplate } from './analysis-template.ts';
import { argoDialect, tidegateDialect } from './dialect.ts';
import type { Metric } from './metric.ts';
import type { RolloutAnalysis } from './rollout-analysis.ts';
import { aCanary, aMetric, aTemplate } from './testing/builders.ts';
import { argumentsUsed, validateTemplate } from './validate-analysis.ts';
import { validateServices, validateTemplates } from './validate-references.ts';

const start = 'AnalysisTemplate shop/checks: ';
const ofMetric = (metric: Partial<Metric>) =>
  validateTemplate(aTemplate({ metrics: [aMetric(metric)] })).map((found) => found.message);

describe('validateTemplate', () => {
  it('accepts a template with arguments in its numbers', () => {
    const metrics = [
      aMetric({ count: '{{args.count}}', interval: '{{args.every}}', failureLimit: '{{ args.count }}' }),
    ];

    expect(validateTemplate(aTemplate({ metrics, args: [{ name: 'count', value: '3' }, { name: 'every' }] }))).toEqual(
      [],
    );
  });

  it.each([
    [
      'a count without an interval',
      { count: 3 },
      'spec.metrics[0].interval is unset, but it is required when count (3) is more than 1: add the time between two measurements.',
    ],
    [
      'an interval that is no duration',
      { interval: 'often' },
      'spec.metrics[0].interval is "often", but it must be a duration: write a number and a unit, such as 30s or 5m.',
    ],
    [
      'a negative limit',
      { failureLimit: -2 },
      'spec.metrics[0].failureLimit is -2, but it must be a whole number of 0 or more, or -1 for no limit: correct the number.',
    ],
    [
      'a count below the limits',
      { interval: '1s', count: 2, failureLimit: 3 },
      'spec.metrics[0].count is 2, but it must be at least failureLimit + consecutiveSuccessLimit, which is 3: raise count or lower the limits.',
    ],
    [
      'no way to end',
      { interval: '1s', count: 2, failureLimit: -1 },
      'spec.metrics[0].failureLimit is -1, but without a limit the metric can only end by consecutiveSuccessLimit: set consecutiveSuccessLimit.',
    ],
    [
      'no provider',
      { provider: {} },
      'spec.metrics[0].provider is empty, but exactly one provider must be set: add prometheus or web.',
    ],
    [
      'two providers',
      { provider: { prometheus: { query: 'up' }, web: { url: 'http://x' } } },
      'spec.metrics[0].provider is prometheus and web, but exactly one provider must be set: make a metric of each.',
    ],
    [
      'an address without a scheme',
      { provider: { web: { url: 'example.com' } } },
      'spec.metrics[0].provider.web.url is "example.com", but it must be an http or https address: write the whole address.',
    ],
    [
      'an argument that is not declared',
      { successCondition: 'result[0] > {{args.least}}' },
      'spec.metrics[0] is using {{args.least}}, but the arguments declared in spec.args are: none: declare least in spec.args or correct the name.',
    ],
  ])('%s', (_name, metric, sentence) => {
    expect(ofMetric(metric)).toEqual([start + sentence]);
  });

  it('names a metric that is there twice', () => {
    const problems = validateTemplate(aTemplate({ metrics: [aMetric(), aMetric()] }));

    expect(problems.map((found) => found.message)).toEqual([
      `${start}spec.metrics is "success-rate" twice, but names of metrics must be unique: rename one.`,
    ]);
  });

  it('refuses an argument with two values', () => {
    const args = [{ name: 'a', value: '1', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];

    expect(validateTemplate(aTemplate({ args })).map((found) => found.field)).toEqual(['spec.args[0]']);
  });
});

describe('argumentsUsed', () => {
  it('finds each name once, inner spaces allowed', () => {
    expect(argumentsUsed({ a: '{{args.x}} {{ args.y }}', b: ['{{args.x}}'], c: '{{templates.z}}' })).toEqual([
      'x',
      'y',
    ]);
  });
});

describe('validateTemplates', () => {
  const use = (analysis: RolloutAnalysis, template: AnalysisTemplate | undefined, dialect = tidegateDialect) =>
    validateTemplates(aCanary({ steps: [{ analysis }] }), () => template, dialect).map((found) => found.message);
  const templates = [{ templateName: 'checks' }];
  const field = 'Rollout shop/web: spec.strategy.canary.steps[0].analysis';

  it('accepts a template whose open arguments are given', () => {
    expect(
      use({ templates, args: [{ name: 'service', value: 'web' }] }, aTemplate({ args: [{ name: 'service' }] })),
    ).toEqual([]);
  });

  it('names a template that does not exist', () => {
    expect(use({ templates }, undefined)).toEqual([
      `${field}.templates[0].templateName is "checks", but no AnalysisTemplate of that name exists: create it or correct the name.`,
    ]);
  });

  it('names an argument without a value', () => {
    expect(use({ templates }, aTemplate({ args: [{ name: 'service' }] }))).toEqual([
      `${field}.args is without "service", but the template has no default for that argument: add a value for it.`,
    ]);
  });

  it('refuses an argument that no template knows, but in argoproj.io', () => {
    const analysis = { templates, args: [{ name: 'srvice', value: 'web' }] };

    expect(use(analysis, aTemplate())).toEqual([
      `${field}.args is with unknown argument "srvice", but the arguments of the templates are: none: remove it or correct the name.`,
    ]);
    expect(use(analysis, aTemplate(), argoDialect)).toEqual([]);
  });

  it('refuses an endless metric in a step, and allows it in the background', () => {
    const endless = aTemplate({ metrics: [aMetric({ interval: '10s' })] });
    const background = aCanary({ steps: [], analysis: { templates } });

    expect(use({ templates }, endless)).toEqual([
      `${field}.templates metric "success-rate".count is unset, but a metric of a step must end, and one with an interval and no count is endless: set count.`,
    ]);
    expect(validateTemplates(background, () => endless, tidegateDialect)).toEqual([]);
  });

  it('tells what the template uses and this version lacks', () => {
    const plugged = aTemplate({ metrics: [{ name: 'smoke', provider: { plugin: {} } }] });

    expect(use({ templates }, plugged)).toEqual([
      'AnalysisTemplate shop/checks: not supported yet: spec.metrics[0].provider.plugin is set, but it must be left out in this version: remove it.',
    ]);
  });
});

describe('validateServices', () => {
  const rollout = aCanary({ canaryService: 'web-canary' });
  const check = (service: object | undefined) =>
    validateServices(rollout, new Map(service === undefined ? [] : [['web-canary', service]]), tidegateDialect).map(
      (found) => found.message,
    );
  const field = 'Rollout shop/web: spec.strategy.canary.canaryService is "web-canary", but ';

  it('accepts a Service with the labels of the template, hash aside', () => {
    expect(check({ selector: { app: 'web', 'rollouts-pod-template-hash': 'abc' } })).toEqual([]);
  });

  it.each([
    [
      'missing',
      undefined,
      'no Service of that name exists in namespace "shop": create the Service or correct the name.',
    ],
    ['without a selector', {}, 'that Service has no selector: give it the labels of spec.selector.'],
    [
      'for other pods',
      { selector: { app: 'shop' } },
      'that Service selects app=shop, which spec.template.metadata.labels lacks: correct the selector of the Service or the labels of the template.',
    ],
    [
      'of another Rollout',
      { selector: { app: 'web' }, annotations: { 'tidegate.io/managed-by-rollouts': 'api' } },
      'that Service is managed by Rollout "api": name a Service of its own.',
    ],
  ])('%s', (_name, service, sentence) => {
    expect(check(service)).toEqual([field + sentence]);
  });
});
