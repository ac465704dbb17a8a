import { describe, expect, it } from 'vitest';
import type { CanaryStep } from './canary-steps.ts';
import { argoDialect } from './dialect.ts';
import { reporter } from './problem.ts';
import { aRoutedCanary } from './testing/builders.ts';
import type { TrafficRouting } from './traffic-routing.ts';
import { validateMeshRouters } from './validate-mesh-routers.ts';
import { validateRollout } from './validate-rollout.ts';

const base = 'spec.strategy.canary.trafficRouting';
const problemsOf = (trafficRouting: TrafficRouting, steps: CanaryStep[] = []) =>
  validateMeshRouters(aRoutedCanary({ trafficRouting, steps }), reporter('Rollout shop/web')).map((one) => one.message);

const rule = { name: 'web', canarySubsetName: 'canary', stableSubsetName: 'stable' };
const nodes = { canaryVirtualNodeRef: { name: 'c' }, stableVirtualNodeRef: { name: 's' } };
const weighted: CanaryStep = { experiment: { templates: [{ name: 'a', specRef: 'canary', weight: 5 }] } };

it.each<[string, TrafficRouting, CanaryStep[]?]>([
  ['one VirtualService', { istio: { virtualService: { name: 'web' } } }],
  ['one named with its own namespace', { istio: { virtualService: { name: 'web.shop' } } }],
  ['a list', { istio: { virtualServices: [{ name: 'a' }, { name: 'b' }] } }],
  [
    'subsets',
    { istio: { virtualService: { name: 'web' }, destinationRule: { ...rule, additionalSubsetNames: ['x'] } } },
  ],
  ['App Mesh', { appMesh: { virtualService: { name: 'web' }, virtualNodeGroup: nodes } }],
  ['SMI without anything', { smi: {} }],
  ['Kuma', { kuma: { tcpRoutes: [{ name: 'web' }] } }],
  ['an experiment with weight under Istio', { istio: { virtualService: { name: 'web' } } }, [weighted]],
])('accepts %s', (_name, routing, steps) => {
  expect(problemsOf(routing, steps)).toEqual([]);
});

describe('refuses', () => {
  it.each<[string, TrafficRouting, string, CanaryStep[]?]>([
    ['Istio without a VirtualService', { istio: {} }, `${base}.istio is without a VirtualService`],
    [
      'both forms',
      { istio: { virtualService: { name: 'a' }, virtualServices: [{ name: 'b' }] } },
      `${base}.istio is with both virtualService and virtualServices`,
    ],
    [
      'another namespace',
      { istio: { virtualServices: [{ name: 'a' }, { name: 'b.other' }] } },
      `${base}.istio.virtualServices[1].name is in namespace "other", but only VirtualServices of the Rollout's namespace "shop" are managed`,
    ],
    [
      'one twice',
      { istio: { virtualServices: [{ name: 'a' }, { name: 'a' }] } },
      `virtualServices[1].name is "a" twice`,
    ],
    [
      'equal subsets',
      { istio: { virtualService: { name: 'a' }, destinationRule: { ...rule, canarySubsetName: 'stable' } } },
      `${base}.istio.destinationRule.canarySubsetName is "stable", but it must differ`,
    ],
    [
      'an additional subset that is a side',
      {
        istio: { virtualService: { name: 'a' }, destinationRule: { ...rule, additionalSubsetNames: ['x', 'canary'] } },
      },
      `${base}.istio.destinationRule.additionalSubsetNames[1] is "canary"`,
    ],
    [
      'a managed route that is weighted',
      { managedRoutes: [{ name: 'primary' }], istio: { virtualService: { name: 'a', routes: ['primary'] } } },
      `${base}.managedRoutes[0].name is "primary"`,
    ],
    ['App Mesh without names', { appMesh: {} }, `${base}.appMesh.virtualService.name is unset`],
    [
      'App Mesh with one node',
      {
        appMesh: { virtualService: { name: 'a' }, virtualNodeGroup: { ...nodes, stableVirtualNodeRef: { name: 'c' } } },
      },
      `canaryVirtualNodeRef.name is "c", but it must differ from stableVirtualNodeRef`,
    ],
    ['Kuma without routes', { kuma: {} }, `${base}.kuma is empty`],
    [
      'an experiment with weight under another router',
      { appMesh: { virtualService: { name: 'a' }, virtualNodeGroup: nodes } },
      'steps[0].experiment.templates[0].weight is 5 with appMesh, but only the routers istio, smi, alb, gatewayAPI, plugins',
      [weighted],
    ],
  ])('%s', (_name, routing, message, steps) => {
    expect(problemsOf(routing, steps).join('\n')).toContain(message);
  });
});

describe('Services of a split by subset', () => {
  const istio = { virtualService: { name: 'web' }, destinationRule: rule };
  const problems = (services: { stableService?: string; canaryService?: string }, others: TrafficRouting = {}) => {
    const { stableService = '', canaryService = '' } = services;
    const rollout = aRoutedCanary({ trafficRouting: { istio, ...others }, stableService, canaryService });
    return validateRollout(rollout, argoDialect).map((one) => one.message);
  };

  it('need not be named, neither of them', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ stableService: 'web-stable' })).toEqual([]);
  });

  it('are required as soon as another router stands beside it', () => {
    expect(problems({}, { nginx: { stableIngress: 'web' } })).toEqual([
      expect.stringContaining('canaryService is unset, but it is required with trafficRouting: name the Service.'),
      expect.stringContaining('stableService is unset'),
    ]);
  });

  it('are required of a split by host', () => {
    const rollout = aRoutedCanary({
      trafficRouting: { istio: { virtualService: { name: 'web' } } },
      canaryService: '',
    });

    expect(validateRollout(rollout, argoDialect)).toMatchObject([{ field: 'spec.strategy.canary.canaryService' }]);
  });
});
