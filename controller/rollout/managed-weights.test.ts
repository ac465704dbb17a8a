import { describe, expect, it } from 'vitest';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { gatewayApi } from '../traffic/gateway-api.ts';
import { sceneOf } from './scene.ts';
import { statusWeights } from './status-weights.ts';
import { anObserved, aService, aStatus } from './testing/builders.ts';
import { mostOnCanary, moveWeight } from './weights.ts';

const match = [{ headerName: 'x', headerValue: { exact: 'y' } }];
const canary = {
  stableService: 'web-stable',
  canaryService: 'web-canary',
  trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'route' }] }, managedRoutes: [{ name: 'beta' }] },
  steps: [{ setHeaderRoute: { name: 'beta', match } }, { pause: {} }],
};
const split = (weight: number): JsonObject[] => [
  { name: 'web-stable', port: 80, weight: 100 - weight },
  { name: 'web-canary', port: 80, weight },
];

function sceneWith(rules: readonly JsonObject[], ready: number, status = aStatus()) {
  const route = {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'route', namespace: 'shop', generation: 1 },
    spec: { parentRefs: [{ name: 'gate' }], rules: [...rules] },
    status: {
      parents: [
        {
          parentRef: { name: 'gate' },
          conditions: ['Accepted', 'ResolvedRefs'].map((type) => ({ type, status: 'True', observedGeneration: 1 })),
        },
      ],
    },
  } as unknown as KubeObject & JsonObject;
  const base = anObserved({ weight: 0, rollout: { canary, status } });
  const found = () => route;
  const traffic = { router: gatewayApi, found, state: gatewayApi.read(base.rollout, found) };
  return sceneOf({ ...base, traffic, canaryService: aService('web-canary', 'two', { two: ready }) }, status);
}

const wanted = { canary: 0, needs: 0, canaryHash: 'two', stableHash: 'one' };
const plain = [{ backendRefs: split(0) }];

describe('weights and routes of steps', () => {
  it('write the routes of the step with the weights', () => {
    const { moves } = moveWeight(sceneWith(plain, 1), wanted);

    expect(moves.effects).toMatchObject([
      { kind: 'SetWeight', wanted: { managed: [{ kind: 'header', name: 'beta' }] } },
    ]);
    expect(moves.effects[0]?.tells.map((one) => one.reason)).toEqual(['ManagedRoutesUpdated']);
  });

  it('wait, and say why, while the canary has nobody to answer them', () => {
    const outcome = moveWeight(sceneWith(plain, 0), wanted);

    expect(outcome.settled).toBe(false);
    expect(outcome.moves.effects).toEqual([]);
    expect(outcome.moves.waiting).toMatchObject({ reason: 'EndpointsNotReady', on: 'Service/web-canary' });
  });

  it('count a header route as traffic, and take it out on the way back', () => {
    const header = { name: 'beta', matches: [{ headers: [] }], backendRefs: [{ name: 'web-canary', weight: 1 }] };
    const scene = sceneWith([header, ...plain], 1, aStatus({ abortedAt: '2026-01-01T00:00:00Z', abort: true }));

    expect(mostOnCanary(scene)).toBe(1);
    expect(moveWeight(scene, wanted).moves.effects).toMatchObject([{ kind: 'SetWeight', wanted: { managed: [] } }]);
  });

  it('tell of weights that somebody else wrote over those that were reached [Rollout.status.canary.weights.verified]', () => {
    const status = aStatus({ canary: { weights: { canary: { weight: 0 }, stable: { weight: 100 }, verified: true } } });
    const scene = sceneWith([{ backendRefs: split(40) }], 1, status);

    expect(moveWeight(scene, wanted).moves.effects[0]?.tells.map((one) => one.reason)).toContain('RouteDrift');
    expect(statusWeights(scene)).toMatchObject({ canary: { weight: 40 }, stable: { weight: 60 }, verified: true });
  });
});
