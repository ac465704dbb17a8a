/** Creating, reading, updating and deleting; preconditions; names; what each refuses. */

import { configMap, core, type Group, get, own, post, put, remove, rollout, service } from '../case.ts';

const a = core('configmaps/a');
const maps = core('configmaps');
const create = post(maps, configMap('a', { x: '1' }), { as: 'create' });
const uid = '<create.metadata.uid>';
const rv = '<create.metadata.resourceVersion>';
const otherUid = '11111111-1111-4111-8111-111111111111';

export const crud: Group = {
  name: 'crud',
  cases: [
    { id: 'create-get', shows: 'What was created can be read, the same.', steps: [create, get(a)] },
    { id: 'create-twice', shows: 'A name can be taken once.', steps: [create, post(maps, configMap('a', { x: '2' }))] },
    {
      id: 'create-rv',
      shows: 'A resourceVersion must not be set on create.',
      steps: [post(maps, configMap('a', {}, { resourceVersion: '5' }))],
    },
    {
      id: 'create-uid',
      shows: 'A uid set on create is kept or replaced.',
      steps: [post(maps, configMap('a', {}, { uid: otherUid }))],
    },
    {
      id: 'create-system-fields',
      shows: "creationTimestamp, generation, deletionTimestamp and selfLink are the server's.",
      steps: [
        post(
          maps,
          configMap(
            'a',
            {},
            {
              generation: 7,
              creationTimestamp: '2020-01-01T00:00:00Z',
              deletionTimestamp: '2020-01-01T00:00:00Z',
              deletionGracePeriodSeconds: 3,
              selfLink: '/x',
            },
          ),
        ),
      ],
    },
    {
      id: 'create-other-namespace',
      shows: 'The namespace of the object and of the request must agree.',
      steps: [post(maps, configMap('a', {}, { namespace: 'default' }))],
    },
    {
      id: 'create-no-namespace',
      shows: 'Nothing is created in a namespace that is not there.',
      steps: [
        post('/api/v1/namespaces/none-such/configmaps', configMap('a')),
        post('/apis/tidegate.io/v1alpha1/namespaces/none-such/rollouts', rollout('a')),
      ],
    },
    {
      id: 'create-no-name',
      shows: 'A name or generateName is required.',
      steps: [
        post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: {} }),
        post(own('rollouts'), { ...rollout('r'), metadata: {} }),
      ],
    },
    {
      id: 'create-bad-name',
      shows: 'A name that is none is refused, for built-in kinds and ours.',
      steps: [
        post(maps, configMap('Not_A.name')),
        post(own('rollouts'), rollout('Not_A')),
        post(core('services'), service('1web')),
      ],
    },
    {
      id: 'create-wrong-kind',
      shows: 'The kind must be the one of the path.',
      steps: [post(maps, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } })],
    },
    {
      id: 'create-wrong-version',
      shows: 'The version must be the one of the path.',
      steps: [post(own('rollouts'), { ...rollout('r'), apiVersion: 'tidegate.io/v1' })],
    },
    {
      id: 'create-no-kind',
      shows: 'An object without kind and apiVersion, built-in and ours.',
      steps: [
        post(maps, { metadata: { name: 'a' }, data: { x: '1' } }),
        post(own('rollouts'), { metadata: { name: 'r' }, spec: { strategy: { canary: {} } } }),
      ],
    },
    {
      id: 'create-generate-name',
      shows: 'generateName gets five letters; a name wins over it.',
      steps: [
        post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'web-' } }),
        post(maps, configMap('a', {}, { generateName: 'web-' })),
      ],
    },
    {
      id: 'create-generate-long',
      shows: 'A long generateName is cut so that the name fits.',
      steps: [post(maps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: `${'a'.repeat(70)}-` } })],
      ignore: [],
    },
    {
      id: 'create-bad-labels',
      shows: 'Labels, annotations, owners and finalizers are checked, all faults at once.',
      steps: [
        post(
          maps,
          configMap(
            'a',
            {},
            {
              labels: { a: '-' },
              annotations: { 'also bad/': 'x' },
              finalizers: ['plain'],
              ownerReferences: [{ apiVersion: '', kind: '', name: '', uid: '' }],
            },
          ),
        ),
      ],
    },
    {
      id: 'create-two-controllers',
      shows: 'Only one owner can be the controller.',
      steps: [
        post(
          maps,
          configMap(
            'a',
            {},
            {
              ownerReferences: ['x', 'y'].map((name) => ({
                apiVersion: 'v1',
                kind: 'ConfigMap',
                name,
                uid: `${name}-uid`,
                controller: true,
              })),
            },
          ),
        ),
      ],
    },
    {
      id: 'create-bad-key',
      shows: 'A key of a ConfigMap must be a file name.',
      steps: [post(maps, configMap('a', { 'a b': '1', '..': '2' }))],
    },
    {
      id: 'get-missing',
      shows: 'An object that is not there is 404.',
      steps: [get(core('configmaps/none')), get(own('rollouts/none'))],
    },
    {
      id: 'update',
      shows: 'An update replaces the whole object.',
      steps: [create, put(a, configMap('a', { y: '2' }, { labels: { l: 'm' } })), get(a)],
    },
    {
      id: 'update-fresh',
      shows: 'An update with the newest resourceVersion is accepted.',
      steps: [create, put(a, configMap('a', { y: '2' }, { resourceVersion: rv }))],
    },
    {
      id: 'update-stale',
      shows: 'An update with another resourceVersion is a conflict.',
      steps: [
        create,
        put(a, configMap('a', { y: '2' })),
        put(a, configMap('a', { y: '3' }, { resourceVersion: rv })),
        get(a),
      ],
    },
    {
      id: 'update-uid',
      shows: 'An update with another uid is a conflict.',
      steps: [
        create,
        put(a, configMap('a', { y: '2' }, { uid: otherUid })),
        put(a, configMap('a', { y: '2' }, { uid })),
      ],
    },
    {
      id: 'update-same',
      shows: 'An update that changes nothing makes no new resourceVersion.',
      steps: [create, put(a, configMap('a', { x: '1' })), get(a)],
    },
    {
      id: 'update-missing',
      shows: 'An update of an object that is not there is 404.',
      steps: [put(core('configmaps/none'), configMap('none'))],
    },
    {
      id: 'update-name',
      shows: 'The name of the object and of the path must agree.',
      steps: [create, put(a, configMap('b', {}))],
    },
    {
      id: 'update-own-no-rv',
      shows: 'An update of a custom resource needs a resourceVersion.',
      steps: [
        post(own('rollouts'), rollout('r'), { as: 'create' }),
        put(own('rollouts/r'), rollout('r', { replicas: 2 })),
        put(own('rollouts/r'), rollout('r', { replicas: 2 }, { resourceVersion: rv })),
        put(own('rollouts/r'), rollout('r', { replicas: 3 }, { resourceVersion: rv })),
      ],
    },
    {
      id: 'update-own-missing',
      shows: 'An update of a custom resource that is not there.',
      steps: [
        put(own('rollouts/none'), rollout('none')),
        put(own('rollouts/none'), rollout('none', {}, { resourceVersion: '5' })),
      ],
    },
    {
      id: 'update-meta-kept',
      shows: 'creationTimestamp and uid cannot be changed, leaving them out keeps them.',
      steps: [create, put(a, configMap('a', { y: '1' }, { creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 }))],
    },
    {
      id: 'delete',
      shows: 'A deletion is answered by a Status with uid; then the object is gone.',
      steps: [create, remove(a), get(a), remove(a)],
    },
    {
      id: 'delete-own',
      shows: 'Deleting a custom resource.',
      steps: [post(own('rollouts'), rollout('r')), remove(own('rollouts/r')), get(own('rollouts/r'))],
    },
    {
      id: 'delete-uid',
      shows: 'A deletion with another uid is a conflict, with the right one it works.',
      steps: [
        create,
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: otherUid } }),
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } }),
      ],
    },
    {
      id: 'delete-rv',
      shows: 'A deletion with another resourceVersion is a conflict, with the right one it works.',
      steps: [
        create,
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion: '1' } }),
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion: rv, uid } }),
      ],
    },
    {
      id: 'delete-dry-run',
      shows: 'A dry-run deletion leaves the object.',
      steps: [create, remove(a, undefined, { query: { dryRun: 'All' } }), get(a)],
    },
    {
      id: 'delete-bad-policy',
      shows: 'An unknown propagation policy is refused.',
      steps: [create, remove(a, undefined, { query: { propagationPolicy: 'Sideways' } })],
    },
    {
      id: 'delete-bad-options',
      shows: 'Options of the wrong type are refused.',
      steps: [
        create,
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 'soon' }),
        remove(a, { apiVersion: 'v1', kind: 'DeleteOptions', orphanDependents: true, propagationPolicy: 'Orphan' }),
      ],
    },
    {
      id: 'delete-collection',
      shows: 'All objects of a selector are deleted at once.',
      steps: [
        post(maps, configMap('a', {}, { labels: { l: 'x' } })),
        post(maps, configMap('b', {}, { labels: { l: 'y' } })),
        post(maps, configMap('c', {}, { labels: { l: 'x' } })),
        remove(maps, undefined, { query: { labelSelector: 'l=x' } }),
        get(maps),
      ],
    },
    {
      id: 'delete-body-no-kind',
      shows: 'Options without kind are understood.',
      steps: [create, remove(a, { preconditions: { uid: otherUid } })],
    },
    {
      id: 'immutable-config-map',
      shows: 'An immutable ConfigMap can be deleted and relabelled, nothing else.',
      steps: [
        post(maps, { ...configMap('a', { x: '1' }), immutable: true }),
        put(a, { ...configMap('a', { x: '2' }), immutable: true }),
        put(a, configMap('a', { x: '1' })),
        put(a, { ...configMap('a', { x: '1' }, { labels: { a: 'b' } }), immutable: true }),
        remove(a),
      ],
    },
    {
      id: 'namespace-generate',
      shows: 'Namespaces get a label with their name and the finalizer kubernetes.',
      steps: [
        post('/api/v1/namespaces', {
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'another-one', labels: { a: 'b' } },
        }),
        get('/api/v1/namespaces/another-one'),
        post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'another-one' } }),
        post('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'Not_One' } }),
      ],
    },
  ],
};
