/** Requests that are wrong before any object is looked at: paths, methods, bodies, content types. */

import { configMap, core, get, type Group, inGroup, own, post, put, remove, rollout, strategic } from '../case.ts';

const maps = core('configmaps');
const raw = (method: string, path: string, text: string, contentType: string) => ({ method, path, text, contentType });

export const errors: Group = {
  name: 'errors',
  cases: [
    {
      id: 'path-unknown',
      shows: 'Paths that lead nowhere.',
      steps: [
        get('/nothing'),
        get('/api/v1/nothing'),
        get(core('nothings')),
        get('/apis/tidegate.io/v1alpha1/nothings'),
      ],
    },
    {
      id: 'path-group',
      shows: 'A group that is not served.',
      steps: [get('/apis/example.com/v1/things'), post('/apis/example.com/v1/namespaces/default/things', {})],
    },
    {
      id: 'path-scope',
      shows: 'A cluster-scoped kind inside of a namespace and the other way.',
      steps: [
        get(own('clusteranalysistemplates')),
        post('/apis/tidegate.io/v1alpha1/rollouts', rollout('r')),
        get('/apis/tidegate.io/v1alpha1/rollouts/r'),
      ],
    },
    {
      id: 'method-collection',
      shows: 'Methods that a collection does not know.',
      steps: [
        put(maps, configMap('a')),
        { method: 'PATCH', path: maps, body: {}, contentType: 'application/merge-patch+json' },
      ],
    },
    {
      id: 'method-object',
      shows: 'Methods that an object does not know.',
      steps: [post(core('configmaps/a'), configMap('a')), post(own('rollouts/r'), rollout('r'))],
    },
    {
      id: 'method-reviews',
      shows: 'Reviews can only be created.',
      steps: [
        get('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'),
        remove('/apis/authentication.k8s.io/v1/tokenreviews'),
      ],
    },
    {
      id: 'method-namespaces',
      shows: 'Namespaces cannot be deleted all at once.',
      steps: [
        remove('/api/v1/namespaces'),
        remove(core('services'), undefined, { query: { labelSelector: 'none=such' } }),
      ],
    },
    {
      id: 'method-status-delete',
      shows: 'A status cannot be deleted.',
      steps: [
        post(own('rollouts'), rollout('r')),
        remove(own('rollouts/r/status')),
        post(own('rollouts/r/status'), {}),
      ],
    },
    {
      id: 'body-empty',
      shows: 'A create without a body.',
      needs: 'http',
      steps: [raw('POST', maps, '', 'application/json'), raw('POST', own('rollouts'), '', 'application/json')],
    },
    {
      id: 'body-broken',
      shows: 'A body that is no JSON.',
      needs: 'http',
      steps: [
        raw('POST', maps, '{"a":', 'application/json'),
        raw('POST', own('rollouts'), '{"a":', 'application/json'),
        raw('PATCH', core('configmaps/a'), '{', 'application/merge-patch+json'),
        raw('PATCH', own('rollouts/r'), '[', 'application/json-patch+json'),
      ],
    },
    {
      id: 'body-list',
      shows: 'A body that is a list or a text.',
      steps: [post(maps, []), post(maps, 'text'), post(own('rollouts'), [])],
    },
    {
      id: 'body-other',
      shows: 'A body of another kind than the path.',
      steps: [post(own('rollouts'), configMap('a')), post(maps, rollout('r'))],
    },
    {
      id: 'content-type',
      shows: 'Content types that are not understood.',
      steps: [
        post(maps, configMap('a'), { contentType: 'text/plain' }),
        post(own('rollouts'), rollout('r'), { contentType: 'text/plain' }),
        { method: 'PATCH', path: core('configmaps/a'), body: {}, contentType: 'application/json' },
        { method: 'PATCH', path: own('rollouts/r'), body: {}, contentType: 'application/json' },
      ],
    },
    {
      id: 'content-strategic-own',
      shows: 'Custom resources take no strategic merge patch.',
      steps: [post(own('rollouts'), rollout('r')), strategic(own('rollouts/r'), { spec: {} })],
    },
    {
      id: 'content-strategic',
      shows: 'Built-in kinds take strategic merge patches.',
      steps: [post(maps, configMap('a')), strategic(core('configmaps/a'), { data: { x: '1' } })],
    },
    {
      id: 'anonymous',
      shows: 'No token, a wrong token.',
      needs: 'http',
      steps: [get('/api/v1/namespaces', { token: 'wrong' }), get(maps, { token: 'wrong' })],
    },
    {
      id: 'long-name',
      shows: 'Names up to 253 letters.',
      steps: [post(maps, configMap('a'.repeat(253))), post(maps, configMap('a'.repeat(254)))],
    },
    {
      id: 'name-in-path',
      shows: 'A path with a name that cannot be.',
      steps: [get(core('configmaps/Not_A_Name')), get(own('rollouts/Not_A_Name'))],
    },
    {
      id: 'pretty',
      shows: 'A trailing slash and an empty query value.',
      steps: [get(maps, { query: { labelSelector: '', pretty: '' } })],
    },
    {
      id: 'lease-wrong',
      shows: 'A lease with wrong times.',
      steps: [
        post(inGroup('coordination.k8s.io/v1')('leases'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'l' },
          spec: { leaseDurationSeconds: -1, renewTime: 'now' },
        }),
        post(inGroup('coordination.k8s.io/v1')('leases'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'l' },
          spec: { leaseDurationSeconds: -1 },
        }),
      ],
    },
  ],
};
