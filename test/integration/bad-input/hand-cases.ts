/** Rollouts applied by hand that can't be used: the Rollout itself says why, and its pods go on. */

import type { BadCase } from './bad-case.ts';

const canary = 'spec.strategy.canary';
const object = /Rollout [a-z0-9-]+\/web/;

export const handCases: readonly BadCase[] = [
  {
    name: 'hand applied blue-green that keeps more old revisions than the history',
    spoil: {
      hand: {
        rollout: {
          'spec.strategy': { blueGreen: { activeService: 'web-stable', scaleDownDelayRevisionLimit: 20 } },
        },
      },
    },
    says: {
      object,
      field: /spec\.strategy\.blueGreen\.scaleDownDelayRevisionLimit/,
      found: /is 20/,
      allowed: /not be above spec\.revisionHistoryLimit, which is 10/,
      remedy: /lower it/,
    },
  },
  {
    name: 'hand applied without a Service',
    spoil: { hand: { rollout: { [`${canary}.canaryService`]: 'web-canery' } } },
    says: {
      object,
      field: /canary\.canaryService/,
      found: /"web-canery"/,
      allowed: /no Service of that name exists in namespace/,
      remedy: /create the Service or correct the name/,
    },
  },
  {
    name: 'hand applied without a template',
    spoil: { hand: { rollout: { [`${canary}.steps.2.analysis.templates.0.templateName`]: 'web-cheks' } } },
    says: {
      object,
      field: /templates\[0\]\.templateName/,
      found: /"web-cheks"/,
      allowed: /no AnalysisTemplate of that name exists/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'hand applied without a route',
    spoil: {
      hand: { rollout: { [`${canary}.trafficRouting`]: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } } },
    },
    says: {
      object,
      field: /httpRoutes\[0\]\.name/,
      found: /HTTPRoute\/web/,
      allowed: /does not exist in namespace/,
      remedy: /create it or correct the name/,
    },
  },
  {
    name: 'hand applied surge that is no number',
    first: true,
    spoil: { hand: { rollout: { [`${canary}.maxSurge`]: 'many' } } },
    says: {
      object,
      field: /canary\.maxSurge/,
      found: /"many"/,
      allowed: /whole number of 0 or more, or a percentage/,
      remedy: /1 or 25%/,
    },
  },
  {
    name: 'hand applied query that does not parse',
    spoil: { hand: { checks: { 'spec.metrics.0.provider.prometheus.query': 'sum(rate(' } } },
    says: {
      object: /AnalysisTemplate [a-z0-9-]+\/web-checks/,
      field: /provider\.prometheus\.query/,
      found: /"sum\(rate\("/,
      allowed: /no valid PromQL/,
      remedy: /correct it/,
    },
    byDesign: [{ change: /^AnalysisTemplate tidegate\.io\/web-checks is changed/, because: 'it is the bad input' }],
  },
  {
    name: 'hand applied pod template with a typo',
    spoil: { hand: { rollout: { 'spec.template.spec.containers.0.imagePulPolicy': 'Always' } } },
    says: {
      object,
      field: /spec\.template\.spec\.containers\[0\]\.imagePulPolicy/,
      found: /is unknown/,
      allowed: /only fields of its schema/,
      remedy: /remove it or correct its name/,
    },
  },
  {
    name: 'hand applied first and unusable',
    first: true,
    spoil: { hand: { rollout: { 'spec.template.spec.restartPolicy': 'Never' } } },
    says: {
      object,
      field: /restartPolicy/,
      found: /"Never"/,
      allowed: /must use Always/,
      remedy: /remove it/,
    },
  },
];
