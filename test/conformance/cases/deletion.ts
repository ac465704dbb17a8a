/** Deletion that takes its time: finalizers, grace periods of pods, propagation policies, and the garbage collector (with controllers). */

import type { JsonObject } from '../../../crds/schema/json.ts';
import {
  apply,
  apps,
  configMap,
  core,
  get,
  type Group,
  inGroup,
  merge,
  own,
  pod,
  post,
  put,
  remove,
  replicaSet,
  rollout,
  service,
} from '../case.ts';
import { podsOf, slicesOf, statusOf, withoutFields } from '../views.ts';

const a = core('configmaps/a');
const maps = core('configmaps');
const held = post(maps, configMap('a', { x: '1' }, { finalizers: ['example.com/one', 'example.com/two'] }), {
  as: 'create',
});
const options = (fields: JsonObject): JsonObject => ({ apiVersion: 'v1', kind: 'DeleteOptions', ...fields });
const ownedBy = (step: string, kind: string, name: string, more: JsonObject = {}): JsonObject => ({
  ownerReferences: [
    {
      apiVersion: kind === 'Rollout' ? 'tidegate.io/v1alpha1' : kind === 'ReplicaSet' ? 'apps/v1' : 'v1',
      kind,
      name,
      uid: `<${step}.metadata.uid>`,
      ...more,
    },
  ],
});
const gone = { until: { status: 404 } } as const;

export const deletion: Group = {
  name: 'deletion',
  cases: [
    {
      id: 'finalizer-holds',
      shows: 'An object with finalizers stays, marked, until the last is gone.',
      steps: [
        held,
        remove(a),
        get(a),
        merge(a, { metadata: { finalizers: ['example.com/two'] } }),
        merge(a, { metadata: { finalizers: null } }),
        get(a),
      ],
    },
    {
      id: 'finalizer-again',
      shows: 'Deleting what is already being deleted changes nothing.',
      steps: [held, remove(a), remove(a), get(a)],
    },
    {
      id: 'finalizer-added-late',
      shows: 'No finalizer can be added to what is being deleted.',
      steps: [
        held,
        remove(a),
        merge(a, { metadata: { finalizers: ['example.com/one', 'example.com/two', 'example.com/three'] } }),
      ],
    },
    {
      id: 'finalizer-change',
      shows: 'Other fields can still be changed.',
      steps: [held, remove(a), merge(a, { data: { y: '2' } })],
    },
    {
      id: 'finalizer-own',
      shows: 'Finalizers of custom resources; the mark raises the generation.',
      steps: [
        post(own('rollouts'), rollout('r', {}, { finalizers: ['tidegate.io/x'] })),
        remove(own('rollouts/r')),
        get(own('rollouts/r')),
        merge(own('rollouts/r'), { metadata: { finalizers: [] } }),
        get(own('rollouts/r')),
      ],
    },
    {
      id: 'finalizer-own-late',
      shows: 'No finalizer can be added to a custom resource that is being deleted.',
      steps: [
        post(own('rollouts'), rollout('r', {}, { finalizers: ['tidegate.io/x'] })),
        remove(own('rollouts/r')),
        merge(own('rollouts/r'), { metadata: { finalizers: ['tidegate.io/x', 'tidegate.io/y'] } }),
      ],
    },
    {
      id: 'finalizer-update',
      shows: 'An update that removes the last finalizer removes the object.',
      steps: [held, remove(a), put(a, configMap('a', { x: '1' })), get(a)],
    },
    {
      id: 'finalizer-apply',
      shows: 'An apply without the finalizers one owns removes them and the object.',
      steps: [
        apply(a, configMap('a', {}, { finalizers: ['example.com/one'] }), 'one'),
        remove(a),
        apply(a, configMap('a', {}), 'one'),
        get(a),
      ],
    },
    {
      id: 'deletion-conflict',
      shows: 'A precondition on an object that is being deleted.',
      steps: [
        held,
        remove(a),
        remove(a, options({ preconditions: { resourceVersion: '<create.metadata.resourceVersion>' } })),
      ],
    },
    {
      id: 'foreground-marks',
      shows: 'A foreground deletion adds its finalizer and keeps the object.',
      steps: [
        post(maps, configMap('a')),
        remove(a, options({ propagationPolicy: 'Foreground' })),
        get(a),
        remove(a, options({ propagationPolicy: 'Background' })),
        get(a),
      ],
    },
    {
      id: 'orphan-marks',
      shows: 'An orphaning deletion adds its finalizer and keeps the object.',
      steps: [
        post(own('rollouts'), rollout('r')),
        remove(own('rollouts/r'), undefined, { query: { propagationPolicy: 'Orphan' } }),
        get(own('rollouts/r')),
      ],
    },
    {
      id: 'foreground-set',
      shows: 'A foreground deletion of a ReplicaSet.',
      steps: [
        post(apps('replicasets'), replicaSet('r')),
        remove(apps('replicasets/r'), options({ propagationPolicy: 'Foreground' })),
      ],
    },
    {
      id: 'pod-unscheduled',
      shows: 'A pod without a node is gone at once.',
      steps: [post(core('pods'), pod('p')), remove(core('pods/p')), get(core('pods/p'))],
    },
    {
      id: 'pod-grace',
      shows: 'A pod on a node is marked with its grace period; the kubelet deletes it with 0.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' })),
        remove(core('pods/p')),
        get(core('pods/p')),
        remove(core('pods/p'), options({ gracePeriodSeconds: 0 })),
        get(core('pods/p')),
      ],
    },
    {
      id: 'pod-grace-own',
      shows: 'The grace period of the pod or of the request.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1', terminationGracePeriodSeconds: 7 })),
        remove(core('pods/p')),
        remove(core('pods/p'), options({ gracePeriodSeconds: 3 })),
        remove(core('pods/p'), options({ gracePeriodSeconds: 9 })),
        remove(core('pods/p'), undefined, { query: { gracePeriodSeconds: '0' } }),
      ],
    },
    {
      id: 'pod-finished',
      shows: 'A finished pod needs no grace.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' })),
        merge(core('pods/p/status'), { status: { phase: 'Succeeded' } }),
        remove(core('pods/p')),
        get(core('pods/p')),
      ],
    },
    {
      id: 'pod-grace-uid',
      shows: 'A deletion of a pod with another uid is a conflict.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' })),
        remove(
          core('pods/p'),
          options({ gracePeriodSeconds: 0, preconditions: { uid: '11111111-1111-4111-8111-111111111111' } }),
        ),
      ],
    },
    {
      id: 'collection-finalizers',
      shows: 'Deleting a collection marks what has finalizers.',
      steps: [held, post(maps, configMap('b')), remove(maps), get(maps)],
    },
    {
      id: 'service-delete',
      shows: 'A deleted Service is answered as a Status or the object; its address is free again.',
      steps: [
        post(core('services'), service('s', { clusterIP: '10.96.88.8' })),
        remove(core('services/s')),
        post(core('services'), service('t', { clusterIP: '10.96.88.8' })),
      ],
    },
    {
      id: 'namespace-delete',
      shows: 'A namespace that is being deleted takes nothing new.',
      steps: [
        post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ending' } }),
        remove('/api/v1/namespaces/ending'),
        post('/api/v1/namespaces/ending/configmaps', configMap('late')),
        remove('/api/v1/namespaces/ending'),
      ],
    },
    {
      id: 'pvc-protected',
      shows: 'A claim has the finalizer that protects it.',
      steps: [
        post(core('persistentvolumeclaims'), {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'c' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        }),
        remove(core('persistentvolumeclaims/c')),
      ],
    },
    {
      id: 'job-orphans',
      shows: 'The default policy of a Job deleted through the API.',
      steps: [
        post(inGroup('batch/v1')('jobs'), {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'j' },
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'job:1' }] } } },
        }),
        remove(inGroup('batch/v1')('jobs/j')),
      ],
    },

    {
      id: 'gc-background',
      shows: 'Dependants go after their owner.',
      needs: 'controllers',
      steps: [
        post(maps, configMap('owner'), { as: 'owner' }),
        post(maps, configMap('child', {}, ownedBy('owner', 'ConfigMap', 'owner'))),
        remove(core('configmaps/owner')),
        get(core('configmaps/child'), gone),
      ],
    },
    {
      id: 'gc-own',
      shows: 'Dependants of a custom resource, over two generations.',
      needs: 'controllers',
      steps: [
        post(own('rollouts'), rollout('r'), { as: 'owner' }),
        post(
          apps('replicasets'),
          replicaSet(
            'r',
            { replicas: 0 },
            ownedBy('owner', 'Rollout', 'r', { controller: true, blockOwnerDeletion: true }),
          ),
          { as: 'set' },
        ),
        post(maps, configMap('grandchild', {}, ownedBy('set', 'ReplicaSet', 'r'))),
        remove(own('rollouts/r')),
        get(apps('replicasets/r'), gone),
        get(core('configmaps/grandchild'), gone),
      ],
    },
    {
      id: 'gc-foreground',
      shows: 'In the foreground the owner goes after those that block it.',
      needs: 'controllers',
      steps: [
        post(maps, configMap('owner'), { as: 'owner' }),
        post(
          maps,
          configMap(
            'child',
            {},
            {
              ...ownedBy('owner', 'ConfigMap', 'owner', { blockOwnerDeletion: true }),
              finalizers: ['example.com/wait'],
            },
          ),
        ),
        remove(core('configmaps/owner'), options({ propagationPolicy: 'Foreground' })),
        get(core('configmaps/child'), {
          until: { path: 'metadata.deletionGracePeriodSeconds', equals: 0 },
          view: withoutFields,
        }),
        get(core('configmaps/owner'), { view: withoutFields }),
        merge(core('configmaps/child'), { metadata: { finalizers: null } }, { view: withoutFields }),
        get(core('configmaps/owner'), gone),
      ],
    },
    {
      id: 'gc-orphan',
      shows: 'Orphans lose their owner reference and stay.',
      needs: 'controllers',
      steps: [
        post(maps, configMap('owner'), { as: 'owner' }),
        post(maps, configMap('child', {}, ownedBy('owner', 'ConfigMap', 'owner'))),
        remove(core('configmaps/owner'), options({ propagationPolicy: 'Orphan' })),
        get(core('configmaps/owner'), gone),
        get(core('configmaps/child'), { view: withoutFields }),
      ],
    },
    {
      id: 'gc-absent-owner',
      shows: 'A dependant of an owner that is not there is removed.',
      needs: 'controllers',
      steps: [
        post(
          maps,
          configMap(
            'child',
            {},
            {
              ownerReferences: [
                { apiVersion: 'v1', kind: 'ConfigMap', name: 'never', uid: '11111111-1111-4111-8111-111111111111' },
              ],
            },
          ),
        ),
        get(core('configmaps/child'), gone),
      ],
    },
    {
      id: 'gc-two-owners',
      shows: 'With two owners it stays while one is there.',
      needs: 'controllers',
      steps: [
        post(maps, configMap('one'), { as: 'one' }),
        post(maps, configMap('two'), { as: 'two' }),
        post(
          maps,
          configMap(
            'child',
            {},
            {
              ownerReferences: ['one', 'two'].map((name) => ({
                apiVersion: 'v1',
                kind: 'ConfigMap',
                name,
                uid: `<${name}.metadata.uid>`,
              })),
            },
          ),
        ),
        remove(core('configmaps/one')),
        get(core('configmaps/child'), {
          until: { path: 'metadata.ownerReferences.1', equals: null },
          view: withoutFields,
        }),
        remove(core('configmaps/two')),
        get(core('configmaps/child'), gone),
      ],
    },
    {
      id: 'namespace-empties',
      shows: 'A deleted namespace takes everything in it along.',
      needs: 'controllers',
      steps: [
        post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'emptied' } }),
        post('/api/v1/namespaces/emptied/configmaps', configMap('a')),
        post('/apis/tidegate.io/v1alpha1/namespaces/emptied/rollouts', rollout('r')),
        remove('/api/v1/namespaces/emptied', undefined, { view: withoutFields }),
        get('/api/v1/namespaces/emptied', gone),
        get('/api/v1/namespaces/emptied/configmaps/a'),
        get('/apis/tidegate.io/v1alpha1/namespaces/emptied/rollouts/r'),
      ],
    },
    {
      id: 'set-status',
      shows: 'A ReplicaSet without pods observes its generation.',
      needs: 'controllers',
      steps: [
        post(apps('replicasets'), replicaSet('r', { replicas: 0 })),
        get(apps('replicasets/r'), { until: { path: 'status.observedGeneration', equals: 1 }, view: statusOf }),
      ],
    },
    {
      id: 'set-pods',
      shows: 'The pods of a ReplicaSet: owner, labels, generated names; one that is deleted comes again.',
      needs: 'controllers',
      steps: [
        post(apps('replicasets'), replicaSet('r', { replicas: 1 })),
        get(apps('replicasets/r'), { until: { path: 'status.replicas', equals: 1 }, view: statusOf }),
        get(core('pods'), { view: podsOf }),
      ],
    },
    {
      id: 'slice-of-service',
      shows: 'A Service without pods has an empty EndpointSlice that it owns.',
      needs: 'controllers',
      steps: [
        post(core('services'), service('s')),
        get(inGroup('discovery.k8s.io/v1')('endpointslices'), {
          query: { labelSelector: 'kubernetes.io/service-name=s' },
          until: { path: 'items.0.addressType', equals: 'IPv4' },
          view: slicesOf,
        }),
      ],
    },
  ],
};
