/** What the schema knows and this version does not act on is refused by name. */

import { describe, expect, it } from 'vitest';
import { unsupportedFields } from './not-supported.ts';
import { aCanary, aGitSync, aRollout, aRoutedCanary, aTemplate } from './testing/builders.ts';

const sentences = (object: { kind: string }) => unsupportedFields(object).map((found) => found.message);

describe('unsupportedFields', () => {
  it.each([
    ['a plain canary', aRollout()],
    ['a canary with a router', aRoutedCanary()],
    [
      "Argo's plugin form",
      aRoutedCanary({
        trafficRouting: {
          plugins: { 'argoproj-labs/gatewayAPI': { httpRoutes: [{ name: 'web' }], namespace: 'shop' } },
        },
      }),
    ],
    ['fields set to what unset means', aCanary({ dynamicStableScale: false, trafficRouting: { managedRoutes: [] } })],
    ['a template', aTemplate()],
    ['nested templates', aTemplate({ templates: [{ templateName: 'x' }] })],
    ['a GitSync', aGitSync()],
    ['an object of another kind', { kind: 'Deployment', spec: { workloadRef: {} } }],
  ])('%s is supported', (_name, object) => {
    expect(sentences(object)).toEqual([]);
  });

  it.each([
    [
      'another plugin',
      aCanary({ trafficRouting: { plugins: { 'x/y': {} } } }),
      'spec.strategy.canary.trafficRouting.plugins["x/y"]',
    ],
    [
      'another field of the plugin',
      aCanary({ trafficRouting: { plugins: { 'argoproj-labs/gatewayAPI': { httpRouteSelector: {} } } } }),
      'spec.strategy.canary.trafficRouting.plugins["argoproj-labs/gatewayAPI"].httpRouteSelector',
    ],
    [
      'another provider',
      aTemplate({ metrics: [{ name: 'a', provider: { plugin: {} } }] }),
      'spec.metrics[0].provider.plugin',
    ],
    ['pull requests', aGitSync({ revert: { mode: 'pullRequest' } }), 'spec.revert.mode'],
    ['observing', aGitSync({ sync: 'observe' }), 'spec.sync'],
  ])('%s is refused by name', (_name, object, field) => {
    const sentence = sentences(object)[0] ?? '';
    expect(sentences(object)).toHaveLength(1);
    expect(sentence).toContain(`not supported yet: ${field} is `);
  });

  it('says in one sentence which object, what was found, what is allowed and what to do', () => {
    expect(sentences(aCanary({ trafficRouting: { plugins: { 'example.com/mesh': {} } } }))).toEqual([
      'Rollout shop/web: not supported yet: spec.strategy.canary.trafficRouting.plugins["example.com/mesh"] is set, but it must be left out in this version: remove it.',
    ]);
    expect(sentences(aGitSync({ sync: 'observe' }))).toEqual([
      'GitSync shop/shop: not supported yet: spec.sync is "observe", but in this version it must be "apply": change it.',
    ]);
  });
});
