/** A commit with an analysis that can't be measured is held before anything moves, since a release must not wait for it half-way. */

import type { BadCase } from './bad-case.ts';

const rollout = /Rollout [a-z0-9-]+\/web:/;
const object = /AnalysisTemplate [a-z0-9-]+\/web-checks:/;
const step = 'spec.strategy.canary.steps.2.analysis';
const metric = 'spec.metrics.0';

export const templateCases: readonly BadCase[] = [
  {
    name: 'template that does not exist',
    spoil: { git: { rollout: { [`${step}.templates.0.templateName`]: 'web-cheks' } } },
    says: {
      object: rollout,
      field: /steps\[2\]\.analysis\.templates\[0\]\.templateName/,
      found: /"web-cheks"/,
      allowed: /no AnalysisTemplate of that name exists/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'template that the same commit removes',
    spoil: { files: () => ({ 'checks.yaml': null }) },
    says: {
      object: rollout,
      field: /steps\[2\]\.analysis\.templates\[0\]\.templateName/,
      found: /"web-checks"/,
      allowed: /no AnalysisTemplate of that name exists/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'argument that the template does not know',
    spoil: { git: { rollout: { [`${step}.args.1`]: { name: 'servce', value: 'web' } } } },
    says: {
      object: rollout,
      field: /steps\[2\]\.analysis\.args/,
      found: /unknown argument "servce"/,
      allowed: /the arguments of the templates are: hash/,
      remedy: /remove it or correct the name/,
    },
  },
  {
    name: 'argument without a value',
    spoil: { git: { rollout: { [`${step}.args`]: undefined } } },
    says: {
      object: rollout,
      field: /steps\[2\]\.analysis\.args/,
      found: /without "hash"/,
      allowed: /no default for that argument/,
      remedy: /add a value/,
    },
  },
  {
    name: 'argument that is not declared',
    spoil: { git: { checks: { [`${metric}.provider.prometheus.query`]: 'up{job="{{args.job}}"}' } } },
    says: {
      object,
      field: /spec\.metrics\[0\]/,
      found: /\{\{args\.job\}\}/,
      allowed: /declared in spec\.args are: hash/,
      remedy: /declare job in spec\.args or correct the name/,
    },
  },
  {
    name: 'step of the background analysis',
    spoil: {
      git: {
        rollout: {
          'spec.strategy.canary.analysis': {
            startingStep: 7,
            templates: [{ templateName: 'web-checks' }],
            args: [{ name: 'hash', value: 'x' }],
          },
        },
      },
    },
    says: {
      object: rollout,
      field: /canary\.analysis\.startingStep/,
      found: /is 7/,
      allowed: /one of the 3 steps/,
      remedy: /use 0 to 2/,
    },
  },
  {
    name: 'query that does not parse',
    spoil: { git: { checks: { [`${metric}.provider.prometheus.query`]: 'sum(rate(errors_total[1m])' } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.provider\.prometheus\.query/,
      found: /"sum\(rate\(errors_total\[1m\]\)"/,
      allowed: /no valid PromQL: .*line 1, column \d+/,
      remedy: /correct it/,
    },
  },
  {
    name: 'condition that does not parse',
    spoil: { git: { checks: { [`${metric}.successCondition`]: 'result[0] <' } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.successCondition/,
      found: /"result\[0\] <"/,
      allowed: /no valid condition: /,
      remedy: /correct it/,
    },
  },
  {
    name: 'metric without a provider',
    spoil: { git: { checks: { [`${metric}.provider`]: {} } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.provider/,
      found: /is empty/,
      allowed: /exactly one provider/,
      remedy: /add prometheus or web/,
    },
  },
  {
    name: 'metric with two providers',
    spoil: { git: { checks: { [`${metric}.provider.web`]: { url: 'http://health.example' } } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.provider/,
      found: /prometheus and web/,
      allowed: /exactly one provider/,
      remedy: /make a metric of each/,
    },
  },
  {
    name: 'provider that is not supported yet',
    spoil: { git: { checks: { [`${metric}.provider`]: { plugin: { 'example.com/metrics': {} } } } } },
    says: {
      object,
      field: /not supported yet: spec\.metrics\[0\]\.provider\.plugin/,
      found: /is set/,
      allowed: /left out in this version/,
      remedy: /remove it/,
    },
  },
  {
    name: 'endless metric in a step',
    spoil: { git: { checks: { [`${metric}.count`]: undefined } } },
    says: {
      object: rollout,
      field: /steps\[2\]\.analysis\.templates metric "errors"\.count/,
      found: /unset/,
      allowed: /a metric of a step must end/,
      remedy: /set count/,
    },
  },
  {
    name: 'more failures than measurements',
    spoil: { git: { checks: { [`${metric}.failureLimit`]: 5 } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.count/,
      found: /is 3/,
      allowed: /at least failureLimit \+ consecutiveSuccessLimit, which is 5/,
      remedy: /raise count or lower the limits/,
    },
  },
  {
    name: 'interval that is no duration',
    spoil: { git: { checks: { [`${metric}.interval`]: 'often' } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.interval/,
      found: /"often"/,
      allowed: /must be a duration/,
      remedy: /30s or 5m/,
    },
  },
  {
    name: 'count that is no number',
    spoil: { git: { checks: { [`${metric}.count`]: 'many' } } },
    says: {
      object,
      field: /spec\.metrics\[0\]\.count/,
      found: /"many"/,
      allowed: /whole number of 0 or more/,
      remedy: /correct the number/,
    },
  },
  {
    name: 'web address without a scheme',
    spoil: { git: { checks: { [`${metric}.provider`]: { web: { url: 'health.example/status' } } } } },
    says: {
      object,
      field: /provider\.web\.url/,
      found: /"health\.example\/status"/,
      allowed: /http or https address/,
      remedy: /write the whole address/,
    },
  },
  {
    name: 'web address of the metadata service',
    spoil: {
      git: { checks: { [`${metric}.provider`]: { web: { url: 'http://169.254.169.254/latest/meta-data' } } } },
    },
    says: {
      object,
      field: /provider\.web\.url/,
      found: /"http:\/\/169\.254\.169\.254\/latest\/meta-data"/,
      allowed: /may not be asked: .*(link-local|metadata)/,
      remedy: /correct it/,
    },
  },
  {
    name: 'template without a metric',
    spoil: { git: { checks: { 'spec.metrics': [] } } },
    says: { object, field: /spec\.metrics/, found: /empty/, allowed: /needs a metric/, remedy: /add one/ },
  },
  {
    name: 'argument with two values',
    spoil: {
      git: {
        checks: {
          'spec.args.1': { name: 'token', value: 'x', valueFrom: { secretKeyRef: { name: 'web', key: 'token' } } },
        },
      },
    },
    says: {
      object,
      field: /spec\.args\[1\]/,
      found: /argument "token" with 2 values/,
      allowed: /an argument has one value/,
      remedy: /leave one of value, secretKeyRef, fieldRef/,
    },
  },
];
