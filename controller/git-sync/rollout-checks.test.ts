/** A set with Rollouts is judged with what they name, in the set or in the cluster. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import { aCanary, aRoutedCanary, aTemplate } from '../../crds/schema/testing/builders.ts';
import { validateTemplate } from '../../crds/schema/validate-analysis.ts';
import type { KubeObject } from '../../kube/api.ts';
import { gatewayApi } from '../traffic/gateway-api.ts';
import { idOf, type Manifest, objectId } from './objects.ts';
import { inApplyOrder } from './order.ts';
import { rolloutChecks } from './rollout-checks.ts';

const service = (name: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: 'web' } },
});

const route: Manifest = {
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    rules: [
      {
        backendRefs: [
          { name: 'web-stable', port: 80 },
          { name: 'web-canary', port: 80 },
        ],
      },
    ],
  },
};

interface Given {
  readonly set: readonly object[];
  readonly live?: readonly Manifest[];
  readonly leaving?: readonly string[];
}

function sentences({ set, live = [], leaving = [] }: Given): readonly string[] {
  const found = new Map(live.map((one): [string, KubeObject] => [objectId(one), one]));
  const check = rolloutChecks({
    dialect: tidegateDialect,
    routers: [gatewayApi],
    lint: validateTemplate,
    live: (key) => found.get(idOf(key)),
  });
  const context = {
    namespace: 'shop',
    sync: 'GitSync shop/web',
    path: '.',
    leaves: (one: KubeObject) => leaving.includes(one.metadata.name),
  };
  return check(set as Manifest[], context).map((one) => one.message);
}

describe('rolloutChecks', () => {
  it('asks for both Services of a blue-green Rollout', () => {
    const { blueGreen, ...rollout } = { ...aCanary({}), blueGreen: { activeService: 'web', previewService: 'shown' } };
    const set = [{ ...rollout, spec: { ...rollout.spec, strategy: { blueGreen } } }, service('web')];
    expect(sentences({ set })).toEqual([expect.stringContaining('spec.strategy.blueGreen.previewService is "shown"')]);
    expect(sentences({ set: [...set, service('shown')] })).toEqual([]);
  });

  it('judges a Rollout by the strategy that its preset would give it', () => {
    const steps = [{ setWeight: '{{args.first}}' }];
    const preset = (canary: object): Manifest =>
      ({
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'StrategyPreset',
        metadata: { name: 'careful', namespace: 'shop' },
        spec: { args: [{ name: 'first' }], strategy: { canary } },
      }) as unknown as Manifest;
    const rollout = (args: object[]): Manifest => {
      const { spec, ...rest } = aCanary({});
      return { ...rest, spec: { ...spec, strategy: { preset: { name: 'careful', args } } } } as unknown as Manifest;
    };
    const [good, high] = [rollout([{ name: 'first', value: '20' }]), rollout([{ name: 'first', value: '200' }])];
    const careful = preset({ steps });

    expect(sentences({ set: [careful, good] })).toEqual([]);
    expect(sentences({ set: [good], live: [careful] })).toEqual([]);
    expect(sentences({ set: [good], live: [careful], leaving: ['careful'] })).toEqual([
      'Rollout shop/web: spec.strategy.preset.name is "careful", but there is no StrategyPreset shop/careful: create it, or correct the name.',
    ]);
    expect(sentences({ set: [careful, high] })).toEqual([
      expect.stringMatching(/^Rollout shop\/web with StrategyPreset shop\/careful: spec\.strategy\.canary\.steps\[0\]/),
    ]);
    expect(sentences({ set: [careful, rollout([{ name: 'frist', value: '20' }])] })).toHaveLength(2);
    expect(sentences({ set: [preset({ steps: [{ setWeight: '{{args.last}}' }] })] })).toEqual([
      expect.stringContaining(
        'StrategyPreset shop/careful: spec.strategy.canary.steps[0].setWeight is using {{args.last}}',
      ),
    ]);
    expect(inApplyOrder([good, careful])).toEqual([careful, good]);
  });

  it('refuses a template by reference, which a release could not be known by', () => {
    const { selector: _selector, template: _template, ...spec } = aCanary({}).spec;
    const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    expect(sentences({ set: [{ ...aCanary({}), spec: { ...spec, workloadRef } }] })).toEqual([
      expect.stringMatching(/^Rollout shop\/web: spec\.workloadRef is set, but a Rollout that a GitSync applies/),
    ]);
  });

  const routed = aRoutedCanary();
  const services = [service('web-stable'), service('web-canary')];

  it('accepts what a Rollout names wherever it is', () => {
    expect(sentences({ set: [routed, ...services, route] })).toEqual([]);
    expect(sentences({ set: [routed], live: [...services, route] })).toEqual([]);
  });

  it('names a Service that neither the set nor the cluster has', () => {
    expect(sentences({ set: [routed, service('web-stable'), route] })).toEqual([
      'Rollout shop/web: spec.strategy.canary.canaryService is "web-canary", but no Service of that name exists in namespace "shop": create the Service or correct the name.',
    ]);
  });

  it('does not count a Service that this commit removes', () => {
    const given = { set: [routed, service('web-stable'), route], live: services };
    expect(sentences(given)).toEqual([]);
    expect(sentences({ ...given, leaving: ['web-canary'] })).toHaveLength(1);
  });

  it('names a route that does not exist', () => {
    expect(sentences({ set: [routed, ...services] })).toEqual([
      expect.stringContaining(
        'httpRoutes[0].name: HTTPRoute/web does not exist in namespace shop; create it or correct the name.',
      ),
    ]);
  });

  it('tells a bad template once, whether a Rollout names it or not', () => {
    const template = aTemplate({ metrics: [] });
    const rollout = aCanary({ steps: [{ analysis: { templates: [{ templateName: 'checks' }] } }] });
    expect(sentences({ set: [rollout, template] })).toHaveLength(1);
    expect(sentences({ set: [template] })).toHaveLength(1);
  });

  it('tells fields that this version does not act on', () => {
    const rollout = aCanary({ trafficRouting: { plugins: { 'example.com/mesh': {} } } });
    expect(sentences({ set: [rollout] })).toContainEqual(
      expect.stringContaining(
        'not supported yet: spec.strategy.canary.trafficRouting.plugins["example.com/mesh"] is set',
      ),
    );
  });

  it('leaves shapes that the schema does not know to the API server', () => {
    expect(sentences({ set: [{ ...aCanary({}), spec: { replicas: 'two' } }] })).toEqual([]);
  });
});
