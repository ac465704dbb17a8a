/** Each rule about a Rollout's own fields: one clear sentence with object, field, value, what is allowed, what to do. */

import { describe, expect, it } from 'vitest';
import { argoDialect, tidegateDialect } from './dialect.ts';
import type { Rollout } from './rollout.ts';
import { aCanary, aRollout, aRoutedCanary } from './testing/builders.ts';
import { validateRollout } from './validate-rollout.ts';

const sentences = (rollout: Rollout, dialect = tidegateDialect) =>
  validateRollout(rollout, dialect).map((found) => found.message);
const canary = 'Rollout shop/web: spec.strategy.canary';

describe('a Rollout that can be run', () => {
  it.each([
    ['without a router', aRollout()],
    [
      'with a router',
      aRoutedCanary({ scaleDownDelaySeconds: 5, steps: [{ setCanaryScale: { replicas: 1 } }, { setWeight: 100 }] }),
    ],
    ['without steps', aCanary({})],
    [
      'with analysis',
      aCanary({
        steps: [
          {
            analysis: {
              templates: [{ templateName: 'checks' }],
              args: [{ name: 'a', valueFrom: { podTemplateHashValue: 'Latest' } }],
            },
          },
        ],
      }),
    ],
    [
      'with a field as argument',
      aCanary({
        analysis: {
          templates: [{ templateName: 'checks' }],
          args: [{ name: 'a', valueFrom: { fieldRef: { fieldPath: "metadata.labels['app.kubernetes.io/name']" } } }],
        },
      }),
    ],
  ])('%s has no problem', (_name, rollout) => {
    expect(sentences(rollout)).toEqual([]);
    expect(sentences(rollout, argoDialect)).toEqual([]);
  });
});

describe('own fields', () => {
  it.each([
    [
      'a negative count',
      aRollout({ replicas: -1 }),
      'Rollout shop/web: spec.replicas is -1, but it must be 0 or more: raise it.',
    ],
    [
      'a deadline within the ready time',
      aRollout({ minReadySeconds: 30, progressDeadlineSeconds: 30 }),
      'Rollout shop/web: spec.progressDeadlineSeconds is 30, but it must be greater than spec.minReadySeconds, which is 30: raise it or lower spec.minReadySeconds.',
    ],
    [
      'a selector that misses the template',
      aRollout({ selector: { matchLabels: { app: 'shop' } } }),
      'Rollout shop/web: spec.selector is app=shop, but it must match spec.template.metadata.labels, which are app=web: give the template the labels of the selector.',
    ],
    [
      'an empty selector',
      aRollout({ selector: {} }),
      'Rollout shop/web: spec.selector is empty, but it must select the pods of this Rollout: add matchLabels that the template has too.',
    ],
    [
      'a restart policy',
      aRollout({ template: { metadata: { labels: { app: 'web' } }, spec: { restartPolicy: 'Never' } } }),
      'Rollout shop/web: spec.template.spec.restartPolicy is "Never", but pods of a Rollout must use Always: remove it.',
    ],
    [
      'no strategy',
      aRollout({ strategy: {} }),
      'Rollout shop/web: spec.strategy is empty, but exactly one of canary and blueGreen must be set: add one.',
    ],
    [
      'both strategies',
      aRollout({ strategy: { canary: {}, blueGreen: { activeService: 'web' } } }),
      'Rollout shop/web: spec.strategy is canary and blueGreen, but exactly one of canary and blueGreen must be set: remove one.',
    ],
  ])('%s', (_name, rollout, sentence) => {
    expect(sentences(rollout)).toEqual([sentence]);
  });
});

describe('canary', () => {
  it.each([
    [
      'a weight of 101',
      aCanary({ steps: [{ setWeight: 20 }, { setWeight: 101 }] }),
      `${canary}.steps[1].setWeight is 101, but a weight is 0 to 100: lower it.`,
    ],
    [
      'an empty step',
      aCanary({ steps: [{}] }),
      `${canary}.steps[0] is empty, but a step needs one action: set one of setWeight, pause, setCanaryScale, analysis, experiment, setHeaderRoute, setMirrorRoute, plugin.`,
    ],
    [
      'two actions in a step',
      aCanary({ steps: [{ setWeight: 20, pause: {} }] }),
      `${canary}.steps[0] is setWeight and pause, but a step has exactly one action: make a step of each.`,
    ],
    [
      'a pause that is no duration',
      aCanary({ steps: [{ pause: { duration: 'soon' } }] }),
      `${canary}.steps[0].pause.duration is "soon", but it must be seconds or a duration: write for example 30 or 5m.`,
    ],
    [
      'a canary scale without a router',
      aCanary({ steps: [{ setCanaryScale: { replicas: 1 } }] }),
      `${canary}.steps[0].setCanaryScale is set without trafficRouting, but it needs a router: add trafficRouting or remove the step.`,
    ],
    [
      'two sizes in a canary scale',
      aRoutedCanary({ steps: [{ setCanaryScale: { replicas: 1, weight: 5 } }] }),
      `${canary}.steps[0].setCanaryScale is weight and replicas, but exactly one of weight, replicas, matchTrafficWeight must be set: leave one.`,
    ],
    [
      'one Service for both sides',
      aCanary({ canaryService: 'web', stableService: 'web' }),
      `${canary}.canaryService is "web", but it must differ from stableService: name another Service.`,
    ],
    [
      'a router without a Service',
      aRoutedCanary({ stableService: '' }),
      `${canary}.stableService is unset, but it is required with trafficRouting: name the Service.`,
    ],
    [
      'a router without a route',
      aRoutedCanary({ trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': {} } } }),
      `${canary}.trafficRouting is set without a route, but at least one route must be named: add the name of an HTTPRoute.`,
    ],
    [
      'a route of another namespace',
      aRoutedCanary({
        trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web', namespace: 'other' } } },
      }),
      `${canary}.trafficRouting.plugins["argoproj-labs/gatewayAPI"].httpRoute is in namespace "other", but only routes of the Rollout's namespace "shop" are managed: move the route or remove the namespace.`,
    ],
    [
      'no surge and nothing missing',
      aCanary({ maxSurge: '0%', maxUnavailable: 0 }),
      `${canary}.maxUnavailable is 0, but maxSurge and maxUnavailable must not both be 0: raise one of them.`,
    ],
    [
      'a surge that is no number',
      aCanary({ maxSurge: 'many' }),
      `${canary}.maxSurge is "many", but it must be a whole number of 0 or more, or a percentage: write for example 1 or 25%.`,
    ],
    [
      'a delay without a router',
      aCanary({ scaleDownDelaySeconds: 5 }),
      `${canary}.scaleDownDelaySeconds is 5, but it needs trafficRouting: remove it or add a router.`,
    ],
    [
      'an analysis without a template',
      aCanary({ steps: [{ analysis: {} }] }),
      `${canary}.steps[0].analysis.templates is empty, but an analysis needs a template: name an AnalysisTemplate.`,
    ],
    [
      'a background analysis that starts after the end',
      aCanary({ steps: [{ setWeight: 1 }], analysis: { templates: [{ templateName: 'checks' }], startingStep: 1 } }),
      `${canary}.analysis.startingStep is 1, but it must be the index of one of the 1 steps: use 0 to 0.`,
    ],
    [
      'an argument given twice',
      aCanary({
        steps: [
          {
            analysis: {
              templates: [{ templateName: 'checks' }],
              args: [
                { name: 'a', value: '1' },
                { name: 'a', value: '2' },
              ],
            },
          },
        ],
      }),
      `${canary}.steps[0].analysis.args is "a" twice, but each argument may be given once: remove one.`,
    ],
  ])('%s', (_name, rollout, sentence) => {
    expect(sentences(rollout)).toEqual([sentence]);
  });

  it('lets pass in argoproj.io what Argo lets pass', () => {
    const mixed = aRoutedCanary({ steps: [{ setWeight: 10, setCanaryScale: { weight: 5, replicas: 2 } }] });
    const elsewhere = aRoutedCanary({
      trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRoute: 'web', namespace: 'other' } } },
    });

    expect(sentences(mixed, argoDialect)).toEqual([]);
    expect(sentences(elsewhere, argoDialect)).toEqual([]);
  });
});
