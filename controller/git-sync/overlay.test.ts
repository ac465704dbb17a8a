/** Whatever the cluster holds by itself in the middle of a release outlives every apply. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kube/api.ts';
import { gatewayApi } from '../traffic/gateway-api.ts';
import { listAt, type Manifest, numberAt, textAt, valueAt, withValueAt } from './objects.ts';
import { autoscaledIds, overlay, type OverlayContext } from './overlay.ts';
import { asRollout } from './rollout-state.ts';
import { aRollout, aRoute, aService } from './testing/git-world.ts';

const hashLabel = 'rollouts-pod-template-hash';

function placed(object: JsonObject, metadata: JsonObject = {}): Manifest {
  const known = object['metadata'] as JsonObject;
  return { ...object, metadata: { namespace: 'shop', ...known, ...metadata } } as unknown as Manifest;
}

const rollout = placed(aRollout('web', 'app:1'));

function contextOf(change: Partial<OverlayContext> = {}): OverlayContext {
  return {
    hashLabel,
    wantedRollouts: [asRollout(rollout)],
    liveRollouts: [asRollout(rollout)],
    routers: [gatewayApi],
    autoscaled: new Set(),
    keepCapacity: false,
    ...change,
  };
}

const live = { uid: 'u1', resourceVersion: '42' };

function weightsOf(route: Manifest): Record<string, number>[] {
  return listAt(route, ['spec', 'rules']).map((rule) =>
    Object.fromEntries(
      listAt(rule, ['backendRefs']).map((ref) => [textAt(ref, ['name']) ?? '', numberAt(ref, ['weight']) ?? 0]),
    ),
  );
}

const ref = (name: string, weight: number): JsonObject => ({ name, port: 80, weight });

describe('weights of a route', () => {
  it.each([
    ['as they are live', [[80, 20]], [[100, 0]], [[80, 20]]],
    [
      'for a rule that is new in the manifest too',
      [[70, 30]],
      [
        [100, 0],
        [100, 0],
      ],
      [
        [70, 30],
        [70, 30],
      ],
    ],
    [
      'when a rule left the manifest',
      [
        [70, 30],
        [70, 30],
      ],
      [[100, 0]],
      [[70, 30]],
    ],
  ])('stay %s', (_name, liveWeights, wanted, expected) => {
    const routeWith = (weights: number[][], metadata: JsonObject = {}): Manifest =>
      placed(
        {
          ...aRoute('web'),
          spec: {
            rules: weights.map(([stable = 0, canary = 0]) => ({
              backendRefs: [ref('web-stable', stable), ref('web-canary', canary)],
            })),
          },
        },
        metadata,
      );

    const result = overlay(routeWith(wanted), routeWith(liveWeights, live), contextOf());

    expect(weightsOf(result)).toEqual(
      expected.map(([stable, canary]) => ({ 'web-stable': stable, 'web-canary': canary })),
    );
  });

  it('follow the names when the manifest swaps the backends', () => {
    const swapped = placed({
      ...aRoute('web'),
      spec: { rules: [{ backendRefs: [ref('web-canary', 0), ref('web-stable', 100)] }] },
    });

    const result = overlay(swapped, placed(aRoute('web', 60), live), contextOf());

    expect(weightsOf(result)).toEqual([{ 'web-stable': 60, 'web-canary': 40 }]);
  });

  it('are all on stable when the route is new and nothing was released yet', () => {
    expect(weightsOf(overlay(placed(aRoute('web', 30)), undefined, contextOf()))).toEqual([
      { 'web-stable': 100, 'web-canary': 0 },
    ]);
  });

  it('are those of the running release when a second route is added in the middle of it', () => {
    const running = withValueAt(rollout, ['status', 'canary', 'weights'], {
      stable: { weight: 80 },
      canary: { weight: 20 },
    });
    const route = overlay(placed(aRoute('web')), undefined, contextOf({ liveRollouts: [asRollout(running)] }));

    expect(weightsOf(route)).toEqual([{ 'web-stable': 80, 'web-canary': 20 }]);
  });

  it('stay while the Rollout itself is not applied: a restore leaves the failed one out', () => {
    const result = overlay(
      placed(aRoute('web', 55)),
      placed(aRoute('web', 100), live),
      contextOf({ wantedRollouts: [] }),
    );

    expect(weightsOf(result)).toEqual([{ 'web-stable': 100, 'web-canary': 0 }]);
  });

  it('of rules without both Services are Git’s', () => {
    const rules = (weight: number): JsonObject[] => [{ backendRefs: [ref('other', weight)] }];
    const result = overlay(
      placed({ ...aRoute('web'), spec: { rules: rules(7) } }),
      placed({ ...aRoute('web'), spec: { rules: rules(3) } }, live),
      contextOf(),
    );

    expect(weightsOf(result)).toEqual([{ other: 7 }]);
  });
});

describe('replicas', () => {
  const deployment = (replicas: number | undefined, metadata: JsonObject = {}): Manifest =>
    placed(
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'api' },
        spec: replicas === undefined ? {} : { replicas },
      },
      metadata,
    );
  const autoscaled = autoscaledIds([
    placed({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'api' },
      spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' } },
    }),
    placed({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', name: 'web' } },
    }),
  ]);

  it.each([
    ['under an autoscaler are the live ones', deployment(2), deployment(9, live), { autoscaled }, 9],
    [
      'under an autoscaler stay when the manifest stops naming them',
      deployment(undefined),
      deployment(9, live),
      { autoscaled },
      9,
    ],
    [
      'of a Rollout under an autoscaler are the live ones',
      rollout,
      withValueAt(placed(aRollout('web', 'app:1', 7), live), ['spec', 'replicas'], 7),
      { autoscaled },
      7,
    ],
    ['without an autoscaler are Git’s', deployment(2), deployment(9, live), {}, 2],
    ['never fall by a restore', deployment(2), deployment(9, live), { keepCapacity: true }, 9],
    ['may rise by a restore', deployment(9), deployment(2, live), { keepCapacity: true }, 9],
  ])('%s', (_name, manifest, running, change, expected) => {
    expect(valueAt(overlay(manifest, running, contextOf(change)), ['spec', 'replicas'])).toBe(expected);
  });
});

describe('the selector of a Service', () => {
  const switched = withValueAt(placed(aService('web-canary', 'web'), live), ['spec', 'selector', hashLabel], 'abc');

  it('keeps the hash that the Rollout put there', () => {
    const result = overlay(placed(aService('web-canary', 'web')), switched, contextOf());

    expect(valueAt(result, ['spec', 'selector'])).toEqual({ app: 'web', [hashLabel]: 'abc' });
  });

  it('of no Rollout is Git’s', () => {
    const result = overlay(
      placed(aService('web-canary', 'web')),
      switched,
      contextOf({ wantedRollouts: [], liveRollouts: [] }),
    );

    expect(valueAt(result, ['spec', 'selector'])).toEqual({ app: 'web' });
  });
});

it('carries the version it was made for, and nothing that the server sets', () => {
  const manifest = placed(aService('web-stable', 'web'), {
    resourceVersion: '7',
    uid: 'old',
    generation: 3,
    creationTimestamp: 'x',
  });
  const result = overlay(
    { ...manifest, status: { loadBalancer: {} } } as unknown as Manifest,
    placed(aService('web-stable', 'web'), live),
    contextOf(),
  );

  expect(result.metadata).toEqual({ name: 'web-stable', namespace: 'shop', ...live });
  expect(result).not.toHaveProperty('status');
});

it('never changes a weight, a managed rule or a hash, whatever the canary state (property)', () => {
  const weights = fc.integer({ min: 0, max: 100 });
  const state = fc.record({
    live: weights,
    wanted: weights,
    liveRules: fc.integer({ min: 1, max: 4 }),
    wantedRules: fc.integer({ min: 1, max: 4 }),
    named: fc.boolean(),
    hash: fc.string({ minLength: 1, maxLength: 10 }),
  });
  const ruleOf = (named: boolean, index: number, stable: number): JsonObject => ({
    ...(named ? { name: `rule-${index}` } : {}),
    backendRefs: [ref('web-stable', stable), ref('web-canary', 100 - stable)],
  });
  const routeOf = (count: number, named: boolean, stable: number, metadata: JsonObject = {}): Manifest =>
    placed(
      { ...aRoute('web'), spec: { rules: Array.from({ length: count }, (_, index) => ruleOf(named, index, stable)) } },
      metadata,
    );

  fc.assert(
    fc.property(state, ({ live: held, wanted, liveRules, wantedRules, named, hash }) => {
      const running = routeOf(liveRules, named, held, live);
      const once = overlay(routeOf(wantedRules, named, wanted), running, contextOf());
      const service = withValueAt(placed(aService('web-stable', 'web'), live), ['spec', 'selector', hashLabel], hash);
      const selector = valueAt(overlay(placed(aService('web-stable', 'web')), service, contextOf()), [
        'spec',
        'selector',
        hashLabel,
      ]);

      expect(weightsOf(once)).toEqual(
        Array.from({ length: wantedRules }, () => ({ 'web-stable': held, 'web-canary': 100 - held })),
      );
      expect(overlay(once, running, contextOf())).toEqual(once);
      expect(selector).toBe(hash);
    }),
  );
});
