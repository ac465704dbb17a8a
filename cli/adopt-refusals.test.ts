import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../crds/schema/json.ts';
import type { Whole } from './adopt-plan.ts';
import { ownRefusals, type Surroundings, surroundingRefusals } from './adopt-refusals.ts';

const metadata = (name: string, more: JsonObject = {}): JsonObject => ({ name, namespace: 'shop', uid: name, ...more });
const whole = (kind: string, object: JsonObject, apiVersion = 'apps/v1'): Whole =>
  ({ apiVersion, kind, ...object }) as unknown as Whole;

interface Given {
  readonly spec?: JsonObject;
  readonly status?: JsonObject;
  readonly metadata?: JsonObject;
}

function deployment(given: Given = {}): Whole {
  return whole('Deployment', {
    metadata: metadata('web', { generation: 2, ...given.metadata }),
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web', tier: 'front' } }, spec: { containers: [{ name: 'web' }] } },
      ...given.spec,
    },
    status: { observedGeneration: 2, replicas: 3, updatedReplicas: 3, availableReplicas: 3, ...given.status },
  });
}

const set = (name: string, replicas: number): Whole =>
  whole('ReplicaSet', { metadata: metadata(name), spec: { replicas } });
const late = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }];

describe('the state of the Deployment', () => {
  it('takes a settled one, and one that was paused by this very command', () => {
    expect(ownRefusals(deployment(), [set('one', 3), set('old', 0)], false)).toEqual([]);
    expect(ownRefusals(deployment({ spec: { paused: true } }), [set('one', 3)], true)).toEqual([]);
  });

  it.each<[string, Given, readonly Whole[], string]>([
    [
      'Recreate',
      { spec: { strategy: { type: 'Recreate' } } },
      [set('one', 3)],
      'Deployment shop/web: spec.strategy.type is "Recreate", but a Rollout keeps old pods until new ones serve: change it to RollingUpdate.',
    ],
    [
      'one of an operator',
      { metadata: { ownerReferences: [{ kind: 'Shop', name: 'main', uid: 's', controller: true }] } },
      [set('one', 3)],
      'Deployment shop/web: metadata.ownerReferences is Shop main, but what an operator makes it also puts back: change Shop main instead.',
    ],
    [
      'one that somebody paused',
      { spec: { paused: true } },
      [set('one', 3)],
      'Deployment shop/web: spec.paused is true, but somebody else holds this Deployment: find out why, then run kubectl rollout resume.',
    ],
    [
      'one without history',
      { spec: { revisionHistoryLimit: 0 } },
      [set('one', 3)],
      'Deployment shop/web: spec.revisionHistoryLimit is 0, but there must be something to go back to: set it to 1 or more.',
    ],
    [
      'one that is scaled to 0',
      { spec: { replicas: 0 } },
      [],
      'Deployment shop/web: spec.replicas is 0, but pods are handed over while they serve: scale it up first.',
    ],
    [
      'one that OpenKruise is releasing',
      { metadata: { annotations: { 'rollouts.kruise.io/in-progressing': '{}' } } },
      [set('one', 3)],
      'Deployment shop/web: metadata.annotations["rollouts.kruise.io/in-progressing"] is set, but OpenKruise is releasing it: end that release, or remove the annotation if its Rollout is gone.',
    ],
    [
      'a change that nobody has seen yet',
      { status: { observedGeneration: 1 } },
      [set('one', 3)],
      'Deployment shop/web: status.observedGeneration is 1, but generation 2 has to be seen by its controller first: try again.',
    ],
    [
      'a rollout that failed',
      { status: { conditions: late } },
      [set('one', 2), set('two', 1)],
      'Deployment shop/web: status.conditions[Progressing].reason is "ProgressDeadlineExceeded", but its last rollout must have succeeded: mend it or run kubectl rollout undo.',
    ],
    [
      'a rollout under way',
      {},
      [set('one', 2), set('two', 1)],
      'Deployment shop/web: the number of its ReplicaSets with pods is 2, but it has to be 1: wait until its rollout is over.',
    ],
    [
      'pods that are missing',
      { status: { availableReplicas: 2 } },
      [set('one', 3)],
      'Deployment shop/web: status.availableReplicas is 2, but it has to be 3: wait until its rollout is over.',
    ],
  ])('refuses %s', (_name, given, sets, sentence) => {
    expect(ownRefusals(deployment(given), sets, false)).toEqual([sentence]);
  });

  it('tells all that lasts in one go', () => {
    const spec = { revisionHistoryLimit: 0, strategy: { type: 'Recreate' } };
    expect(ownRefusals(deployment({ spec }), [set('one', 2), set('two', 1)], false)).toHaveLength(2);
  });
});

describe('what stands around it', () => {
  const nothing: Surroundings = { workloads: [], releases: [], autoscalers: [], quotas: [] };
  const refusals = (around: Partial<Surroundings>, strategy: JsonObject = { canary: {} }) =>
    surroundingRefusals(deployment(), { ...nothing, ...around }, strategy);
  const other = (kind: string, selector: JsonObject, labels: JsonObject, more: JsonObject = {}): Whole =>
    whole(kind, { metadata: metadata('api', more), spec: { selector, template: { metadata: { labels } } } });

  it('minds neither itself, nor its own ReplicaSets, nor pods of other labels', () => {
    const own = other(
      'ReplicaSet',
      { matchLabels: { app: 'web' } },
      { app: 'web' },
      { ownerReferences: [{ kind: 'Deployment', name: 'web', uid: 'web', controller: true }] },
    );
    const stranger = other('StatefulSet', { matchLabels: { app: 'api' } }, { app: 'api' });
    expect(refusals({ workloads: [deployment(), own, stranger] })).toEqual([]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'that picks its pods',
      { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front'] }] },
      { tier: 'front' },
    ],
    ['whose pods it would pick', { matchLabels: { part: 'api' } }, { app: 'web', part: 'api' }],
  ])('refuses another workload %s', (_name, selector, labels) => {
    expect(refusals({ workloads: [other('Deployment', selector, labels)] })).toEqual([
      `Deployment shop/api: spec.selector is ${JSON.stringify(selector)}, but it must not share pods with Deployment web: give one of the two a label of its own, in selector and template.`,
    ]);
  });

  const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
  it.each<[string, string, JsonObject, string]>([
    ['argoproj.io/v1', 'Rollout', { workloadRef: target }, 'spec.workloadRef.name'],
    ['rollouts.kruise.io/v1', 'Rollout', { workloadRef: target }, 'spec.workloadRef.name'],
    ['rollouts.kruise.io/v1', 'Rollout', { objectRef: { workloadRef: target } }, 'spec.objectRef.workloadRef.name'],
    ['rollouts.kruise.io/v1', 'BatchRelease', { workloadRef: target }, 'spec.workloadRef.name'],
    ['flagger.app/v1', 'Canary', { targetRef: target }, 'spec.targetRef.name'],
  ])('refuses one that a %s %s releases by %j', (apiVersion, kind, spec, field) => {
    const release = whole(kind, { metadata: metadata('theirs'), spec }, apiVersion);
    expect(refusals({ releases: [release] })).toEqual([
      `${kind} shop/theirs of ${apiVersion.split('/')[0]}: ${field} is "web", but only one may release a Deployment: delete it, or eject it first.`,
    ]);
  });

  it('leaves releases of other workloads alone', () => {
    const ofAnother = whole('Canary', { metadata: metadata('c'), spec: { targetRef: { ...target, name: 'webshop' } } });
    const ofAKind = whole('Canary', { metadata: metadata('c'), spec: { targetRef: { ...target, kind: 'DaemonSet' } } });
    expect(refusals({ releases: [ofAnother, ofAKind] })).toEqual([]);
  });

  const autoscaler = (name: string): Whole =>
    whole('HorizontalPodAutoscaler', { metadata: metadata('scaler'), spec: { scaleTargetRef: { name } } });

  it('refuses an autoscaler that was switched off by the name of its target', () => {
    expect(refusals({ autoscalers: [autoscaler('web'), autoscaler('web-two')] })).toEqual([]);
    expect(refusals({ autoscalers: [autoscaler('web-DisableByRollout')] })).toEqual([
      'HorizontalPodAutoscaler shop/scaler: spec.scaleTargetRef.name is "web-DisableByRollout", but that suffix keeps it from scaling the Deployment: end the release of OpenKruise, or set it back to "web".',
    ]);
  });

  describe('the quota', () => {
    const quota = (hard: JsonObject, used: JsonObject, spec: JsonObject = {}): Whole =>
      whole('ResourceQuota', { metadata: metadata('small'), spec: { hard, ...spec }, status: { hard, used } });
    const routed = { canary: { trafficRouting: {} } };
    const pod: JsonObject = {
      spec: {
        containers: [{ resources: { requests: { cpu: '250m', memory: '64Mi' }, limits: { memory: '128Mi' } } }],
        initContainers: [{ resources: { requests: { cpu: '1' } } }],
      },
    };

    it('leaves room or is told, each limit by itself', () => {
      const limits = { pods: '5', 'requests.cpu': '6', 'limits.memory': '1Gi', services: '1' };
      const used = { pods: '3', 'requests.cpu': '3500m', 'limits.memory': '384Mi', services: '1' };
      expect(refusals({ quotas: [quota(limits, used)], pod })).toEqual([]);
      expect(refusals({ quotas: [quota(limits, used)], pod }, routed)).toEqual([
        'ResourceQuota shop/small: status.used["pods"] is 3 of 5, but the strategy needs room for 3 more pods: raise spec.hard["pods"], or choose a strategy that needs fewer pods at once.',
        'ResourceQuota shop/small: status.used["requests.cpu"] is 3500m of 6, but the strategy needs room for 3 more pods: raise spec.hard["requests.cpu"], or choose a strategy that needs fewer pods at once.',
      ]);
    });

    it.each<[JsonObject, number]>([
      [{ canary: {} }, 1],
      [{ canary: { maxSurge: 0 } }, 0],
      [{ canary: { maxSurge: '100%' } }, 3],
      [{ canary: { trafficRouting: {}, dynamicStableScale: true } }, 1],
      [{ blueGreen: { activeService: 'web' } }, 3],
    ])('%j needs room for %i more', (strategy, extra) => {
      const withRoom = (pods: number) =>
        refusals({ quotas: [quota({ pods: String(3 + pods) }, { pods: '3' })] }, strategy);
      expect(withRoom(extra)).toEqual([]);
      if (extra > 0) expect(withRoom(extra - 1)).toHaveLength(1);
    });

    it('is asked for again when nobody has counted yet', () => {
      const [sentence] = refusals({ quotas: [quota({ pods: '30' }, {})] });
      expect(sentence).toMatch(/status\.used\["pods"\] is not counted yet of 30, .*: try again\.$/);
    });

    it('is not judged when nobody can say which pods it counts', () => {
      const full = [{ pods: '3' }, { pods: '3' }] as const;
      expect(refusals({ quotas: [quota(...full, { scopes: ['BestEffort'] })] })).toEqual([]);
      expect(refusals({ quotas: [quota(...full, { scopes: ['NotTerminating'] })] })).toHaveLength(1);
    });
  });
});
