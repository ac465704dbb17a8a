import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { gatewayApi } from '../traffic/gateway-api.ts';
import { decide } from './decide.ts';
import { observe } from './observe.ts';
import type { RolloutObject, ServiceView } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import type { RolloutStores } from './stores.ts';
import { aPod, aReplicaSet, aRollout, aService, aStatus, shopKeys, start } from './testing/builders.ts';

const canary = {
  stableService: 'web-stable',
  canaryService: 'web-canary',
  trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } },
  steps: [{ setWeight: 20 }, { pause: {} }],
};

interface Given {
  readonly spec?: JsonObject;
  readonly canary?: JsonObject;
  readonly backends?: readonly string[];
  readonly services?: readonly string[];
}

/** Revision two has 20 % of the traffic of an HTTPRoute, and a person asks for an abort. */
function passes(given: Given) {
  const { services = ['web-stable', 'web-canary'], backends = ['web-stable', 'web-canary'] } = given;
  const object = stored(given);
  const { podHash, stepHash } = parseRollout(object, tidegateDialect);
  const weights = {
    stable: { weight: 80, serviceName: 'web-stable', podTemplateHash: 'one' },
    canary: { weight: 20, serviceName: 'web-canary', podTemplateHash: podHash },
  };
  const first = aStatus({ currentPodHash: podHash, currentStepHash: stepHash, canary: { weights }, abort: true });
  const sets = [aReplicaSet('one'), aReplicaSet(podHash, { replicas: 1, revision: 2 })];
  const named = (hash: string, name: string) => ({ ...aPod(hash), metadata: { name, namespace: 'shop' } });
  const pods = [1, 2, 3, 4, 5].map((number) => named('one', `one-${number}`)).concat(named(podHash, 'two-1'));
  const views = new Map(services.map((name) => [name, aService(name, name === 'web-stable' ? 'one' : podHash).view]));
  const stores = storesOf(sets, pods, views, route(backends));
  const options = { stores, dialect: tidegateDialect, keys: shopKeys, routers: [gatewayApi] };
  const pass = (status: object) => decide(observe(options, { ...object, status } as unknown as RolloutObject, start));
  const recorded = pass(first);
  return { recorded, next: pass(recorded.status) };
}

function stored(given: Given): RolloutObject {
  const rollout = aRollout({ annotations: { [shopKeys.revision]: '2' } });
  const strategy = { canary: { ...canary, ...given.canary } };
  return { ...rollout, spec: { ...rollout.spec, strategy, ...given.spec } } as unknown as RolloutObject;
}

function route(backends: readonly string[]): KubeObject & JsonObject {
  const backendRefs = backends.map((name) => ({ name, port: 80, weight: name === 'web-stable' ? 80 : 20 }));
  const metadata = { name: 'web', namespace: 'shop', uid: 'r', resourceVersion: '1', generation: 1 };
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata,
    spec: { rules: [{ backendRefs }] },
  };
}

function storesOf(
  sets: readonly KubeObject[],
  pods: readonly KubeObject[],
  services: ReadonlyMap<string, ServiceView>,
  httpRoute: KubeObject & JsonObject,
): RolloutStores {
  const none = { get: () => undefined, byIndex: () => [], byOwner: () => [] };
  const slice = (service: string) => ({
    endpoints: pods
      .filter(({ metadata }) => metadata.name.startsWith(service.endsWith('stable') ? 'one' : 'two'))
      .map(({ metadata }) => ({ pod: metadata.name, ready: true })),
  });
  const stores = {
    ...Object.fromEntries(
      ['rollouts', 'analysisRuns', 'experiments', 'analysisTemplates', 'clusterAnalysisTemplates', 'rolloutRuns'].map(
        (name) => [name, none],
      ),
    ),
    replicaSets: { ...none, byOwner: () => sets },
    pods: { ...none, get: (_namespace: string, name: string) => pods.find((one) => one.metadata.name === name) },
    services: { ...none, get: (_namespace: string, name: string) => services.get(name) },
    endpointSlices: { ...none, byIndex: (_index: string, service: string) => [slice(service)] },
    routes: new Map([
      [
        'gateway.networking.k8s.io/HTTPRoute',
        { ...none, get: (_namespace: string, name: string) => (name === 'web' ? httpRoute : undefined) },
      ],
    ]),
  };
  return stores as unknown as RolloutStores;
}

describe('an abort in the middle of a release', () => {
  it.each<[string, Given]>([
    ['a field that is not supported', { canary: { steps: [{ plugin: { name: 'acme/check' } }] } }],
    ['a Service that does not exist', { canary: { canaryService: 'web-canray' } }],
    ['a canary Service that was deleted', { services: ['web-stable'] }],
    ['steps that can not be read', { canary: { steps: 'all at once' } }],
    ['a number of pods that can not be read', { spec: { replicas: 'five' } }],
  ])('leads traffic back in spite of %s', (_name, given) => {
    const { recorded, next } = passes(given);

    expect(recorded.status).toMatchObject({ transition: { kind: 'abort', to: 'one' } });
    expect(recorded.status.conditions?.[0]).toMatchObject({ type: 'InvalidSpec', status: 'True' });
    expect(next.effects).toMatchObject([
      {
        kind: 'SetWeight',
        wanted: {
          destinations: [
            { service: 'web-stable', weight: 100 },
            { service: 'web-canary', weight: 0 },
          ],
        },
      },
    ]);
  });

  it('keeps all pods and says why while the route can not be written', () => {
    const { recorded, next } = passes({ backends: ['web-stable', 'web-canary', 'mirror'] });

    expect(recorded.status.verdict?.cause).toBe('AbortedByUser');
    expect(next.effects).toEqual([]);
    expect(next.waiting).toMatchObject({ reason: 'RouterRefused', on: 'user' });
    expect(next.waiting?.value).toContain('names 3 backends');
  });
});
