/** JSON patches (RFC 6902): operations, tests that fail, paths that are not there. */

import { configMap, core, type Group, get, jsonPatch, merge, own, post, rollout, apps, replicaSet } from '../case.ts';

const a = core('configmaps/a');
const create = post(core('configmaps'), configMap('a', { x: '1' }, { annotations: { 'a/b': '2' } }), { as: 'create' });

export const jsonPatches: Group = {
  name: 'json-patch',
  cases: [
    {
      id: 'json-add',
      shows: 'add sets a key and replaces one that is there.',
      steps: [
        create,
        jsonPatch(a, [
          { op: 'add', path: '/data/y', value: '2' },
          { op: 'add', path: '/data/x', value: '9' },
        ]),
      ],
    },
    {
      id: 'json-remove',
      shows: 'remove takes a key away; ~1 is a slash.',
      steps: [create, jsonPatch(a, [{ op: 'remove', path: '/metadata/annotations/a~1b' }])],
    },
    {
      id: 'json-replace',
      shows: 'replace changes a value.',
      steps: [create, jsonPatch(a, [{ op: 'replace', path: '/data/x', value: '7' }])],
    },
    {
      id: 'json-move-copy',
      shows: 'move and copy work.',
      steps: [
        create,
        jsonPatch(a, [
          { op: 'copy', from: '/data/x', path: '/data/c' },
          { op: 'move', from: '/data/x', path: '/data/m' },
        ]),
      ],
    },
    {
      id: 'json-test-passes',
      shows: 'A test that holds lets the rest through.',
      steps: [
        create,
        jsonPatch(a, [
          { op: 'test', path: '/data/x', value: '1' },
          { op: 'replace', path: '/data/x', value: '2' },
        ]),
      ],
    },
    {
      id: 'json-test-fails',
      shows: 'A test that does not hold refuses the whole patch with 422.',
      steps: [
        create,
        jsonPatch(a, [
          { op: 'replace', path: '/data/x', value: '2' },
          { op: 'test', path: '/data/x', value: '1' },
        ]),
        get(a),
      ],
    },
    {
      id: 'json-test-rv',
      shows: 'A test of the resourceVersion is not told from bad input.',
      steps: [
        create,
        merge(a, { data: { n: '1' } }),
        jsonPatch(a, [
          { op: 'test', path: '/metadata/resourceVersion', value: '<create.metadata.resourceVersion>' },
          { op: 'add', path: '/data/x', value: '5' },
        ]),
      ],
      ignore: [],
    },
    {
      id: 'json-test-absent',
      shows: 'A test of a value that is not there fails.',
      steps: [create, jsonPatch(a, [{ op: 'test', path: '/data/none', value: '1' }])],
    },
    {
      id: 'json-remove-absent',
      shows: 'Removing what is not there is 422.',
      steps: [create, jsonPatch(a, [{ op: 'remove', path: '/data/none' }])],
    },
    {
      id: 'json-replace-absent',
      shows: 'Replacing what is not there is 422.',
      steps: [create, jsonPatch(a, [{ op: 'replace', path: '/data/none', value: '1' }])],
    },
    {
      id: 'json-add-no-parent',
      shows: 'Adding below what is not there is 422.',
      steps: [create, jsonPatch(a, [{ op: 'add', path: '/binaryData/deep', value: '1' }])],
    },
    {
      id: 'json-unknown-op',
      shows: 'An unknown operation is refused.',
      steps: [create, jsonPatch(a, [{ op: 'upsert', path: '/data/x', value: '1' }])],
    },
    { id: 'json-not-list', shows: 'A patch that is no list is refused.', steps: [create, jsonPatch(a, { op: 'add' })] },
    { id: 'json-empty', shows: 'An empty list changes nothing.', steps: [create, jsonPatch(a, [])] },
    {
      id: 'json-list-index',
      shows: 'Indexes and - work on lists.',
      steps: [
        post(core('configmaps'), configMap('l', {}, { finalizers: ['example.com/a', 'example.com/c'] })),
        jsonPatch(core('configmaps/l'), [
          { op: 'add', path: '/metadata/finalizers/1', value: 'example.com/b' },
          { op: 'add', path: '/metadata/finalizers/-', value: 'example.com/d' },
        ]),
        jsonPatch(core('configmaps/l'), [{ op: 'remove', path: '/metadata/finalizers/0' }]),
        jsonPatch(core('configmaps/l'), [{ op: 'remove', path: '/metadata/finalizers/9' }]),
        jsonPatch(core('configmaps/l'), [{ op: 'replace', path: '/metadata/finalizers', value: [] }]),
      ],
    },
    {
      id: 'json-rv-stale',
      shows: 'A patch that writes a stale resourceVersion is a conflict.',
      steps: [
        create,
        merge(a, { data: { x: '3' } }),
        jsonPatch(a, [
          { op: 'replace', path: '/metadata/resourceVersion', value: '<create.metadata.resourceVersion>' },
          { op: 'add', path: '/data/x', value: '5' },
        ]),
      ],
    },
    {
      id: 'json-own',
      shows: 'A JSON patch of a custom resource.',
      steps: [
        post(own('rollouts'), rollout('r')),
        jsonPatch(own('rollouts/r'), [
          { op: 'replace', path: '/spec/replicas', value: 5 },
          { op: 'add', path: '/spec/strategy/canary/steps', value: [{ setWeight: 20 }, { pause: {} }] },
        ]),
        jsonPatch(own('rollouts/r'), [{ op: 'replace', path: '/spec/strategy/canary/steps/0/setWeight', value: 101 }]),
      ],
    },
    {
      id: 'json-builtin-container',
      shows: 'A JSON patch of one container of a template.',
      steps: [
        post(apps('replicasets'), replicaSet('r')),
        jsonPatch(apps('replicasets/r'), [
          { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'web:2' },
        ]),
      ],
    },
    {
      id: 'json-missing',
      shows: 'A JSON patch of an object that is not there is 404.',
      steps: [jsonPatch(core('configmaps/none'), [])],
    },
  ],
};
