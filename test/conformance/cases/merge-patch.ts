/** JSON merge patches (RFC 7386): what they change, keep, remove and refuse. */

import { apps, configMap, core, get, type Group, merge, own, post, put, replicaSet, rollout } from '../case.ts';

const a = core('configmaps/a');
const create = post(core('configmaps'), configMap('a', { x: '1', y: '2' }, { labels: { tier: 'one' } }), {
  as: 'create',
});

export const mergePatch: Group = {
  name: 'merge-patch',
  cases: [
    {
      id: 'merge-adds',
      shows: 'A merge patch adds a key and keeps the others.',
      steps: [create, merge(a, { data: { z: '3' } }), get(a)],
    },
    { id: 'merge-null-removes', shows: 'null removes a key.', steps: [create, merge(a, { data: { x: null } })] },
    {
      id: 'merge-null-absent',
      shows: 'Removing what is not there changes nothing, not even the resourceVersion.',
      steps: [create, merge(a, { data: { q: null } }), get(a)],
    },
    { id: 'merge-empty', shows: 'An empty patch changes nothing.', steps: [create, merge(a, {}), get(a)] },
    {
      id: 'merge-same',
      shows: 'A patch to the values that are there changes nothing.',
      steps: [create, merge(a, { data: { x: '1' } })],
    },
    {
      id: 'merge-same-other-manager',
      shows: 'A patch to the same values by another manager makes no entry of its own.',
      steps: [create, merge(a, { data: { x: '1' } }, { query: { fieldManager: 'other' } })],
    },
    {
      id: 'merge-lists-replaced',
      shows: 'Lists are replaced as a whole.',
      steps: [
        post(apps('replicasets'), replicaSet('r', { replicas: 0 })),
        merge(apps('replicasets/r'), {
          spec: { template: { spec: { containers: [{ name: 'other', image: 'other:1' }] } } },
        }),
      ],
    },
    {
      id: 'merge-stale',
      shows: 'A resourceVersion that is not the newest is a conflict.',
      steps: [
        create,
        merge(a, { data: { x: '2' } }),
        merge(a, { metadata: { resourceVersion: '<create.metadata.resourceVersion>' }, data: { x: '3' } }),
        get(a),
      ],
    },
    {
      id: 'merge-fresh',
      shows: 'The newest resourceVersion is accepted.',
      steps: [
        create,
        merge(a, { metadata: { resourceVersion: '<create.metadata.resourceVersion>' }, data: { x: '3' } }),
      ],
    },
    {
      id: 'merge-rv-null',
      shows: 'A resourceVersion of null or empty asks for no precondition.',
      steps: [
        create,
        merge(a, { metadata: { resourceVersion: null }, data: { x: '3' } }),
        merge(a, { metadata: { resourceVersion: '' }, data: { x: '4' } }),
      ],
    },
    {
      id: 'merge-rv-text',
      shows: 'A resourceVersion that is no number is refused.',
      steps: [create, merge(a, { metadata: { resourceVersion: 'abc' }, data: { x: '3' } })],
    },
    {
      id: 'merge-uid-other',
      shows: 'Another uid in the patch is a conflict.',
      steps: [create, merge(a, { metadata: { uid: '11111111-1111-4111-8111-111111111111' }, data: { x: '3' } })],
    },
    { id: 'merge-name-other', shows: 'A patch cannot rename.', steps: [create, merge(a, { metadata: { name: 'b' } })] },
    {
      id: 'merge-namespace-other',
      shows: 'A patch cannot move to another namespace.',
      steps: [create, merge(a, { metadata: { namespace: 'default' } })],
    },
    { id: 'merge-kind-other', shows: 'A patch cannot change the kind.', steps: [create, merge(a, { kind: 'Secret' })] },
    {
      id: 'merge-missing',
      shows: 'A patch of an object that is not there is 404.',
      steps: [merge(core('configmaps/none'), { data: {} })],
    },
    { id: 'merge-not-object', shows: 'A patch that is a list is refused.', steps: [create, merge(a, [1])] },
    {
      id: 'merge-wrong-type',
      shows: 'A value of the wrong type is refused.',
      steps: [create, merge(a, { data: { x: 1 } })],
    },
    {
      id: 'merge-unknown-field',
      shows: 'An unknown field of a built-in kind is dropped unless validation is strict.',
      steps: [
        create,
        merge(a, { dota: { x: '3' } }),
        merge(a, { dota: { x: '3' } }, { query: { fieldValidation: 'Strict' } }),
      ],
    },
    {
      id: 'merge-labels',
      shows: 'Labels and annotations are merged, finalizers replaced.',
      steps: [
        create,
        merge(a, { metadata: { labels: { team: 'x' }, annotations: { note: 'y' }, finalizers: ['example.com/a'] } }),
        merge(a, { metadata: { labels: { tier: null }, finalizers: [] } }),
      ],
    },
    {
      id: 'merge-bad-label',
      shows: 'A label value that is none is refused.',
      steps: [create, merge(a, { metadata: { labels: { team: 'not a label' } } })],
    },
    {
      id: 'merge-status-ignored',
      shows: 'A merge patch of the object does not touch the status of kinds with a status subresource.',
      steps: [
        post(own('rollouts'), rollout('r')),
        merge(own('rollouts/r'), { status: { phase: 'Healthy' }, spec: { replicas: 3 } }),
      ],
    },
    {
      id: 'merge-own-generation',
      shows: 'The generation of a custom resource rises with its spec only.',
      steps: [
        post(own('rollouts'), rollout('r')),
        merge(own('rollouts/r'), { metadata: { labels: { a: 'b' } } }),
        merge(own('rollouts/r'), { spec: { replicas: 3 } }),
        merge(own('rollouts/r'), { spec: { replicas: 3 } }),
      ],
    },
    {
      id: 'merge-own-null',
      shows: 'null removes a field of a custom resource and its default comes back.',
      steps: [
        post(own('rollouts'), rollout('r', { replicas: 4, minReadySeconds: 7 })),
        merge(own('rollouts/r'), { spec: { replicas: null, minReadySeconds: null } }),
      ],
    },
    {
      id: 'merge-own-nested-null',
      shows: 'null inside a new object of a patch is not stored.',
      steps: [
        post(own('rollouts'), rollout('r')),
        merge(own('rollouts/r'), { spec: { strategy: { canary: { maxSurge: null, maxUnavailable: 1 } } } }),
      ],
    },
    {
      id: 'merge-own-stale',
      shows: 'A stale resourceVersion in a patch of a custom resource is a conflict.',
      steps: [
        post(own('rollouts'), rollout('r'), { as: 'create' }),
        merge(own('rollouts/r'), { spec: { replicas: 3 } }),
        merge(own('rollouts/r'), {
          metadata: { resourceVersion: '<create.metadata.resourceVersion>' },
          spec: { replicas: 5 },
        }),
      ],
    },
    {
      id: 'merge-after-update',
      shows: 'A patch and an update of one manager share an entry.',
      steps: [create, put(a, configMap('a', { x: '9' })), merge(a, { data: { w: '1' } })],
    },
  ],
};
