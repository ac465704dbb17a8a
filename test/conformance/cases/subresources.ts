/** Status and scale subresources, and what raises the generation. */

import {
  apply,
  apps,
  configMap,
  core,
  get,
  type Group,
  jsonPatch,
  merge,
  own,
  pod,
  post,
  put,
  replicaSet,
  rollout,
} from '../case.ts';

const r = own('rollouts/r');
const rs = apps('replicasets/r');
const create = post(own('rollouts'), rollout('r'), { as: 'create' });
const createSet = post(apps('replicasets'), replicaSet('r'), { as: 'create' });
const rv = '<create.metadata.resourceVersion>';
const scale = (replicas: number, metadata = {}) =>
  ({ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'r', ...metadata }, spec: { replicas } }) as const;

export const subresources: Group = {
  name: 'subresources',
  cases: [
    {
      id: 'status-create-drops',
      shows: 'A status sent on create is dropped.',
      steps: [
        post(own('rollouts'), { ...rollout('r'), status: { phase: 'Healthy' } }),
        post(apps('replicasets'), { ...replicaSet('s'), status: { replicas: 7 } }),
      ],
    },
    { id: 'status-get', shows: 'The status is read as the whole object.', steps: [create, get(`${r}/status`)] },
    {
      id: 'status-merge',
      shows: 'A patch of the status changes the status only and keeps the generation.',
      steps: [
        create,
        merge(`${r}/status`, {
          spec: { replicas: 9 },
          metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
          status: { phase: 'Progressing', message: 'started' },
        }),
        merge(`${r}/status`, { status: { message: null } }),
      ],
    },
    {
      id: 'status-merge-builtin',
      shows: 'A patch of the status of a built-in kind.',
      steps: [
        createSet,
        merge(`${rs}/status`, {
          spec: { replicas: 9 },
          metadata: { labels: { a: 'b' } },
          status: { replicas: 1, readyReplicas: 1 },
        }),
      ],
    },
    {
      id: 'status-update',
      shows: 'An update of the status needs the newest resourceVersion for a custom resource.',
      steps: [
        create,
        put(`${r}/status`, { ...rollout('r'), status: { phase: 'Healthy' } }),
        put(`${r}/status`, { ...rollout('r', { replicas: 4 }, { resourceVersion: rv }), status: { phase: 'Healthy' } }),
        put(`${r}/status`, { ...rollout('r', {}, { resourceVersion: rv }), status: { phase: 'Degraded' } }),
      ],
    },
    {
      id: 'status-stale',
      shows: 'A stale resourceVersion in a status patch is a conflict.',
      steps: [
        create,
        merge(`${r}/status`, { status: { message: 'a' } }),
        merge(`${r}/status`, { metadata: { resourceVersion: rv }, status: { message: 'b' } }),
      ],
    },
    {
      id: 'status-json-patch',
      shows: 'A JSON patch of the status.',
      steps: [
        create,
        jsonPatch(`${r}/status`, [{ op: 'add', path: '/status', value: { phase: 'Paused' } }]),
        jsonPatch(`${r}/status`, [{ op: 'replace', path: '/status/phase', value: 'Healthy' }]),
      ],
    },
    {
      id: 'status-same',
      shows: 'A status patch that changes nothing makes no new version.',
      steps: [
        create,
        merge(`${r}/status`, { status: { message: 'a' } }),
        merge(`${r}/status`, { status: { message: 'a' } }),
      ],
    },
    {
      id: 'status-invalid',
      shows: 'The schema of the status is checked.',
      steps: [
        create,
        merge(`${r}/status`, { status: { phase: 7 } }),
        merge(`${r}/status`, { status: { observedGeneration: 'three' } }),
        merge(`${r}/status`, { status: { phase: 'Sleeping' } }),
      ],
    },
    {
      id: 'status-unknown-field',
      shows: 'Unknown fields of a status are dropped, refused when strict.',
      steps: [
        create,
        merge(`${r}/status`, { status: { colour: 'red', message: 'x' } }),
        merge(`${r}/status`, { status: { colour: 'red' } }, { query: { fieldValidation: 'Strict' } }),
      ],
    },
    {
      id: 'status-conditions',
      shows: 'Conditions of a status, with all required fields and without.',
      steps: [
        create,
        merge(`${r}/status`, {
          status: {
            conditions: [
              {
                type: 'Available',
                status: 'True',
                reason: 'Ready',
                message: 'ready',
                lastTransitionTime: '2026-01-01T00:00:00Z',
              },
            ],
          },
        }),
        merge(`${r}/status`, { status: { conditions: [{ type: 'Available' }] } }),
      ],
    },
    {
      id: 'status-apply-conditions',
      shows: 'Conditions applied by two managers.',
      steps: [
        create,
        apply(
          `${r}/status`,
          {
            apiVersion: 'tidegate.io/v1alpha1',
            kind: 'Rollout',
            metadata: { name: 'r' },
            status: {
              conditions: [
                {
                  type: 'Available',
                  status: 'True',
                  reason: 'Ready',
                  message: 'm',
                  lastTransitionTime: '2026-01-01T00:00:00Z',
                },
              ],
            },
          },
          'one',
        ),
        apply(
          `${r}/status`,
          {
            apiVersion: 'tidegate.io/v1alpha1',
            kind: 'Rollout',
            metadata: { name: 'r' },
            status: {
              conditions: [
                {
                  type: 'Progressing',
                  status: 'True',
                  reason: 'New',
                  message: 'm',
                  lastTransitionTime: '2026-01-01T00:00:00Z',
                },
              ],
            },
          },
          'two',
        ),
      ],
    },
    {
      id: 'status-none',
      shows: 'Kinds without a status subresource answer 404.',
      steps: [
        post(core('configmaps'), configMap('a')),
        get(`${core('configmaps/a')}/status`),
        post(own('analysistemplates'), {
          apiVersion: 'tidegate.io/v1alpha1',
          kind: 'AnalysisTemplate',
          metadata: { name: 't' },
          spec: { metrics: [{ name: 'm', provider: { prometheus: { address: 'http://p', query: 'up' } } }] },
        }),
        merge(`${own('analysistemplates/t')}/status`, { status: {} }),
      ],
    },
    {
      id: 'status-missing',
      shows: 'A status of an object that is not there is 404.',
      steps: [get(`${own('rollouts/none')}/status`), merge(`${own('rollouts/none')}/status`, { status: {} })],
    },
    {
      id: 'status-cel',
      shows: 'Transition rules of the spec do not trouble a status write.',
      steps: [create, merge(`${r}/status`, { status: { observedGeneration: 1 } }), get(r)],
    },
    {
      id: 'status-pod',
      shows: 'The status of a pod: phase, conditions, containers.',
      steps: [
        post(core('pods'), pod('p')),
        merge(`${core('pods/p')}/status`, {
          status: {
            phase: 'Running',
            podIP: '10.244.0.9',
            podIPs: [{ ip: '10.244.0.9' }],
            startTime: '2026-01-01T00:00:00Z',
            conditions: [{ type: 'Ready', status: 'True' }],
            containerStatuses: [
              {
                name: 'web',
                ready: true,
                restartCount: 0,
                image: 'web:1',
                imageID: '',
                state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
              },
            ],
          },
        }),
      ],
    },
    {
      id: 'scale-get',
      shows: 'The scale of a Rollout: spec.replicas, status.HPAReplicas and the selector.',
      steps: [
        create,
        get(`${r}/scale`),
        merge(`${r}/status`, { status: { HPAReplicas: 3, selector: 'app=r' } }),
        get(`${r}/scale`),
      ],
    },
    { id: 'scale-get-set', shows: 'The scale of a ReplicaSet.', steps: [createSet, get(`${rs}/scale`)] },
    {
      id: 'scale-update',
      shows: 'An update of the scale writes spec.replicas and raises the generation.',
      steps: [create, put(`${r}/scale`, scale(4)), get(r)],
    },
    {
      id: 'scale-update-set',
      shows: 'An update of the scale of a ReplicaSet.',
      steps: [createSet, put(`${rs}/scale`, { ...scale(4), metadata: { name: 'r', namespace: '<ns>' } }), get(rs)],
    },
    {
      id: 'scale-merge',
      shows: 'A patch of the scale.',
      steps: [
        create,
        merge(`${r}/scale`, { spec: { replicas: 6 } }),
        get(r),
        createSet,
        merge(`${rs}/scale`, { spec: { replicas: 6 } }),
      ],
    },
    {
      id: 'scale-stale',
      shows: 'A stale resourceVersion in a scale is a conflict.',
      steps: [
        create,
        merge(r, { spec: { replicas: 2 } }),
        put(`${r}/scale`, scale(4, { namespace: '<ns>', resourceVersion: rv })),
        put(`${r}/scale`, scale(4, { namespace: '<ns>', uid: '11111111-1111-4111-8111-111111111111' })),
      ],
    },
    {
      id: 'scale-negative',
      shows: 'A negative scale is refused.',
      steps: [
        create,
        put(`${r}/scale`, scale(-1, { namespace: '<ns>' })),
        createSet,
        put(`${rs}/scale`, scale(-1, { namespace: '<ns>' })),
      ],
    },
    {
      id: 'scale-wrong',
      shows: 'A body that is no Scale is refused.',
      steps: [
        create,
        put(`${r}/scale`, rollout('r')),
        put(`${r}/scale`, scale(1, { name: 'other' })),
        get(`${core('configmaps/a')}/scale`),
      ],
    },
    {
      id: 'scale-apply',
      shows: 'An apply of the scale owns spec.replicas.',
      steps: [create, apply(`${r}/scale`, scale(7), 'scaler', { query: { force: 'true' } }), get(r)],
    },
    {
      id: 'scale-deployment',
      shows: 'Deployments have a scale too.',
      steps: [
        post(apps('deployments'), { ...replicaSet('r'), kind: 'Deployment' }),
        put(`${apps('deployments/r')}/scale`, scale(3, { namespace: '<ns>' })),
        get(`${apps('deployments/r')}/scale`),
      ],
    },
    {
      id: 'generation-set',
      shows: 'The generation of a ReplicaSet starts at 1 and rises with its spec.',
      steps: [
        createSet,
        merge(rs, { metadata: { labels: { a: 'b' } } }),
        merge(rs, { spec: { minReadySeconds: 4 } }),
        merge(rs, { spec: { minReadySeconds: 4 } }),
      ],
    },
    {
      id: 'generation-pod',
      shows: 'Generations of pods, ConfigMaps and Services.',
      steps: [
        post(core('pods'), pod('p')),
        merge(core('pods/p'), { metadata: { labels: { a: 'b' } } }),
        merge(core('pods/p'), { spec: { activeDeadlineSeconds: 100 } }),
      ],
    },
    {
      id: 'unknown-subresource',
      shows: 'A subresource that does not exist is 404.',
      steps: [create, get(`${r}/colour`), createSet, get(`${rs}/colour`), put(`${r}/colour`, {})],
    },
  ],
};
