/** What an observation takes from which cache, and which sentence a gap in the caches becomes. */

import { describe, expect, it } from 'vitest';
import { tidegateDialect } from '../../crds/schema/dialect.ts';
import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { istio } from '../traffic/istio.ts';
import type { CallAnswer } from './calls.ts';
import { observe, type ObserveOptions, templateFinder } from './observe.ts';
import type { RolloutObject } from './observed.ts';
import { parseRollout } from './parse-rollout.ts';
import type { RolloutStores } from './stores.ts';
import { aPod, aReplicaSet, aRollout, aService, aStatus, shopKeys, start } from './testing/builders.ts';
import { workloadView } from './workload-view.ts';

type Raw = KubeObject & JsonObject;
type Kept = Partial<Record<keyof RolloutStores | 'Deployment', readonly KubeObject[]>>;

/** Caches that hold these objects; an index is looked up as if every object were under each value. */
function storesOf(kept: Kept): RolloutStores {
  const store = (objects: readonly KubeObject[] = []) => ({
    get: (namespace: string, name: string) =>
      objects.find(({ metadata }) => (metadata.namespace ?? '') === namespace && metadata.name === name),
    byOwner: () => objects,
    byIndex: (_index: string, value: string) =>
      objects.filter((one) => !('service' in one) || value === `shop/${String(one.service)}`),
  });
  const names = [
    'replicaSets',
    'pods',
    'services',
    'endpointSlices',
    'analysisRuns',
    'experiments',
    'analysisTemplates',
    'clusterAnalysisTemplates',
    'strategyPresets',
    'clusterStrategyPresets',
    'rolloutRuns',
  ] as const;
  return {
    ...Object.fromEntries(names.map((name) => [name, store(kept[name])])),
    workloads: { Deployment: store(kept.Deployment), ReplicaSet: store(), PodTemplate: store() },
    routes: new Map(),
  } as unknown as RolloutStores;
}

function stored(spec: object, status: object = {}): RolloutObject {
  const rollout = aRollout();
  return JSON.parse(JSON.stringify({ ...rollout, spec: { ...rollout.spec, ...spec }, status })) as RolloutObject;
}

function seen(object: RolloutObject, kept: Kept = {}, more: Partial<ObserveOptions> = {}) {
  const options = { stores: storesOf(kept), dialect: tidegateDialect, keys: shopKeys, routers: [], ...more };
  return observe(options, object, start);
}

const canary = (strategy: object) => stored({ strategy: { canary: strategy } });

function aTemplate(name: string, namespace?: string): Raw {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  const metrics = [{ name: 'errors', provider: { prometheus: { address: 'http://prometheus', query: 'up' } } }];
  return { apiVersion: 'tidegate.io/v1alpha1', kind: 'AnalysisTemplate', metadata, spec: { metrics } };
}

describe('a template', () => {
  const stores = storesOf({
    analysisTemplates: [aTemplate('errors', 'shop'), aTemplate('theirs', 'other')],
    clusterAnalysisTemplates: [aTemplate('common')],
  });
  const find = templateFinder(stores, 'shop');

  it('is one of the namespace, or one of the cluster where that is said', () => {
    expect(find({ templateName: 'errors' })?.metadata.name).toBe('errors');
    expect(find({ templateName: 'theirs' })).toBeUndefined();
    expect(find({ templateName: 'common' })).toBeUndefined();
    expect(find({ templateName: 'common', clusterScope: true })?.metadata.name).toBe('common');
    expect(find({})).toBeUndefined();
  });

  it('that is missing bars only the way forward', () => {
    const { problems } = seen(canary({ steps: [{ analysis: { templates: [{ templateName: 'gone' }] } }] }));

    expect(problems).toMatchObject([{ scope: 'forward' }]);
    expect(problems[0]?.message).toContain('gone');
  });

  it('with a query that its backend can not read is told once, however often it is named', () => {
    const step = { analysis: { templates: [{ templateName: 'errors' }] } };
    const said = { field: 'spec.metrics[0]', message: 'The query does not parse.' };
    const linted = { ...said, found: 'up{', allowed: 'PromQL', remedy: 'correct the query' };
    const kept = { analysisTemplates: [aTemplate('errors', 'shop')] };
    const { problems } = seen(canary({ steps: [step, step] }), kept, { lintTemplate: () => [linted] });

    expect(problems).toEqual([{ scope: 'forward', ...said }]);
    expect(seen(canary({ steps: [step] }), kept).problems).toEqual([]);
  });
});

describe('a router', () => {
  it('that this controller does not serve is named with what it does', () => {
    const strategy = {
      stableService: 'web-stable',
      canaryService: 'web-canary',
      trafficRouting: { istio: { virtualService: { name: 'web' } } },
    };
    const services = [aService('web-stable', 'one').view, aService('web-canary', 'one').view];
    const { problems, traffic } = seen(canary(strategy), { services });

    expect(traffic).toBeUndefined();
    expect(problems).toMatchObject([{ scope: 'spec', field: 'spec.strategy.canary.trafficRouting' }]);
    expect(problems[0]?.message).toContain('names no router that this controller serves');
  });

  it('by subsets needs no Services, and says what of it is missing', () => {
    const trafficRouting = {
      istio: {
        virtualService: { name: 'web' },
        destinationRule: { name: 'web', canarySubsetName: 'canary', stableSubsetName: 'stable' },
      },
    };
    const { problems, traffic } = seen(canary({ trafficRouting }), {}, { routers: [istio] });

    expect(traffic?.state.written).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
    for (const { message } of problems) expect(message).toMatch(/^Rollout shop\/web: .*web.*\.$/);
  });
});

describe('endpoints', () => {
  const slice = {
    service: 'web-canary',
    endpoints: [
      { pod: 'p1', ready: true },
      { pod: 'lost', ready: true },
      { pod: 'p2', ready: false },
    ],
  };
  const pod = { ...aPod('two'), metadata: { name: 'p1', namespace: 'shop' } };
  const kept: Kept = {
    services: [aService('web-stable', 'one').view, aService('web-canary', 'two').view],
    endpointSlices: [slice as unknown as KubeObject],
    pods: [pod],
  };

  it('of pods that the cache does not know belong to no revision', () => {
    const { canaryService } = seen(canary({ stableService: 'web-stable', canaryService: 'web-canary' }), kept);

    expect(canaryService?.readyByHash).toEqual({ two: 1, '': 1 });
  });

  it('stand behind the Service of an experiment before it gets weight', () => {
    const step = { experiment: { templates: [{ name: 'new', specRef: 'canary', weight: 5 }] } };
    const object = canary({ steps: [step] });
    const { podHash } = parseRollout(object, tidegateDialect);
    const status = aStatus({ currentPodHash: podHash, canary: { currentExperiment: 'try' } });
    const experiment = (serviceName: string): KubeObject =>
      ({
        apiVersion: 'tidegate.io/v1alpha1',
        kind: 'Experiment',
        metadata: {
          name: 'try',
          namespace: 'shop',
          labels: { [shopKeys.podTemplateHash]: podHash, [shopKeys.stepIndex]: '0' },
          annotations: { [shopKeys.attempt]: '1' },
        },
        spec: { templates: [] },
        status: { phase: 'Running', templateStatuses: [{ name: 'new', serviceName, podTemplateHash: 'two' }] },
      }) as KubeObject;
    const withExperiment = (service: string) =>
      seen({ ...object, status } as unknown as RolloutObject, { ...kept, experiments: [experiment(service)] });

    expect(withExperiment('web-canary').extras).toMatchObject([{ service: 'web-canary', role: 'extra', weight: 5 }]);
    expect(withExperiment('web-other').extras).toEqual([]);
    expect(withExperiment('web-other').isExperimentNameTaken?.('try')).toBe(true);
  });
});

describe('a Service with annotations', () => {
  it('is another Rollout\u2019s when they say so', () => {
    const { view } = aService('web-canary', 'two');
    const theirs = { ...view, metadata: { ...view.metadata, annotations: { [shopKeys.managedByRollouts]: 'other' } } };
    const services = [aService('web-stable', 'one').view, theirs];
    const { problems } = seen(canary({ stableService: 'web-stable', canaryService: 'web-canary' }), { services });

    expect(problems[0]?.message).toContain('other');
  });
});

describe('calls', () => {
  it('under way, and plugins that the operator has turned off, are seen', () => {
    const answers = new Map<string, CallAnswer>([['k', { kind: 'open' }]]);
    const stepPlugins = new Map([
      ['acme/warm', { disabled: false }],
      ['acme/old', { disabled: true }],
    ]);
    const object = canary({ steps: [{ plugin: { name: 'acme/old' } }] });
    const known = seen(object, {}, { stepPlugins, calls: { answers: () => answers } });

    expect(known.answers).toBe(answers);
    expect(known.disabledPlugins).toEqual(new Set(['acme/old']));
    expect(seen(canary({})).disabledPlugins).toBeUndefined();
  });
});

it('a preset of the cluster is used where the Rollout says so', () => {
  const spec = { strategy: { canary: { steps: [{ setWeight: 30 }] } } };
  const metadata = { name: 'careful', uid: 'p', generation: 1 };
  const preset: Raw = { apiVersion: 'tidegate.io/v1alpha1', kind: 'ClusterStrategyPreset', metadata, spec };
  const object = stored({ strategy: { preset: { name: 'careful', clusterScope: true } } });
  const { rollout, problems } = seen(object, { clusterStrategyPresets: [preset], strategyPresets: [] });

  expect(problems).toEqual([]);
  expect(rollout.spec.strategy.canary?.steps).toEqual([{ setWeight: 30 }]);
});

it('the workload that a Rollout refers to gives it its template, and is kept with what it made itself', () => {
  const raw: Raw = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop', uid: 'd', generation: 3 },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'web', image: 'shop:9' }] } },
    },
  };
  const workloadRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  const observed = seen(stored({ workloadRef, template: undefined, selector: undefined }), {
    Deployment: [workloadView(raw)],
    replicaSets: [aReplicaSet('one')],
  });

  expect(observed.problems).toEqual([]);
  expect(observed.workload?.metadata.generation).toBe(3);
  expect(observed.strays).toEqual([]);
  expect(observed.rollout.spec.template?.spec).toMatchObject({ containers: [{ image: 'shop:9' }] });
});
