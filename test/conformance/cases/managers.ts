/** Who owns which field after each kind of write. */

import { apply, apps, configMap, core, type Group, merge, pod, post, put, replicaSet } from '../case.ts';

const a = core('configmaps/a');
const map = (data: Record<string, string>, metadata = {}) => configMap('a', data, metadata);
const rs = apps('replicasets/r');

export const managers: Group = {
  name: 'managers',
  cases: [
    {
      id: 'apply-after-update',
      shows: 'Applying what was created by an update shares it; the update keeps its entry.',
      steps: [
        post(core('configmaps'), map({ x: '1', y: '2' })),
        apply(a, map({ x: '1' }), 'one'),
        apply(a, map({}), 'one'),
      ],
    },
    {
      id: 'update-after-apply',
      shows: 'An update takes what it changes from the one who applied.',
      steps: [
        apply(a, map({ x: '1', y: '1' }), 'one'),
        put(a, map({ x: '2', y: '1', z: '3' })),
        apply(a, map({ x: '1', y: '1' }), 'one'),
      ],
    },
    {
      id: 'patch-after-apply',
      shows: 'A patch takes what it changes; removing a field removes its owners.',
      steps: [apply(a, map({ x: '1', y: '1' }), 'one'), merge(a, { data: { x: null, z: '1' } })],
    },
    {
      id: 'managers-update',
      shows: 'Each updating manager has its own entry.',
      steps: [
        post(core('configmaps'), map({ x: '1' }), { query: { fieldManager: 'one' } }),
        merge(a, { data: { y: '1' } }, { query: { fieldManager: 'two' } }),
        merge(a, { data: { x: '5' } }, { query: { fieldManager: 'two' } }),
      ],
    },
    {
      id: 'managers-agent',
      shows: 'Without fieldManager the first part of the user agent is the manager.',
      steps: [
        post(core('configmaps'), map({ x: '1' }), { userAgent: 'tidegate-controller/0.1 (linux)' }),
        merge(a, { data: { y: '1' } }, { userAgent: '' }),
      ],
    },
    {
      id: 'managers-status',
      shows: 'A status update has an entry of its own with the subresource.',
      steps: [
        post(apps('replicasets'), replicaSet('r'), { as: 'create' }),
        put(`${rs}/status`, { ...replicaSet('r'), status: { replicas: 1, observedGeneration: 1 } }),
        merge(`${rs}/status`, { status: { replicas: 2 } }, { query: { fieldManager: 'other' } }),
      ],
    },
    {
      id: 'managers-reset',
      shows: 'managedFields of one empty entry in an update are reset; null keeps them.',
      steps: [
        apply(a, map({ x: '1' }), 'one'),
        merge(a, { metadata: { managedFields: null } }),
        put(a, map({ x: '1' }, { managedFields: [{}] })),
        put(a, map({ x: '1', y: '2' })),
      ],
    },
    {
      id: 'managers-sent',
      shows: 'Entries that are sent in an update are taken; bad ones are ignored.',
      steps: [
        post(
          core('configmaps'),
          map(
            { x: '1' },
            {
              managedFields: [
                {
                  manager: 'else',
                  operation: 'Update',
                  apiVersion: 'v1',
                  time: '2020-01-01T00:00:00Z',
                  fieldsType: 'FieldsV1',
                  fieldsV1: { 'f:data': { 'f:x': {} } },
                },
              ],
            },
          ),
        ),
        put(a, map({ x: '1' }, { managedFields: [{ manager: 'else', operation: 'Sideways' }] })),
      ],
    },
    {
      id: 'managers-pod',
      shows: 'managedFields of a pod: list items by key.',
      steps: [
        post(
          core('pods'),
          pod('p', {
            containers: [
              {
                name: 'web',
                image: 'web:1',
                ports: [{ containerPort: 80 }],
                env: [{ name: 'A', value: '1' }],
                volumeMounts: [{ name: 'v', mountPath: '/v' }],
                resources: { limits: { cpu: '100m' } },
              },
            ],
            volumes: [{ name: 'v', emptyDir: {} }],
          }),
        ),
      ],
    },
  ],
};
