/** Discovery, OpenAPI and version documents, as clients find out what is served. */

import { get, type Group } from '../case.ts';
import { coreResources, openApiOf, servedGroups, servedResources, servedRoots } from '../views.ts';

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
const groups = [
  'apps',
  'batch',
  'autoscaling',
  'policy',
  'coordination.k8s.io',
  'discovery.k8s.io',
  'events.k8s.io',
  'rbac.authorization.k8s.io',
  'authentication.k8s.io',
  'authorization.k8s.io',
  'apiextensions.k8s.io',
  'tidegate.io',
];
const hash = {
  path: '*.body.resources.*.storageVersionHash',
  why: 'a hash of the storage version that only storage migration reads',
};
const resources = (id: string, shows: string, path: string, ...names: string[]) => ({
  id,
  shows,
  steps: [get(path, { view: servedResources(...names) })],
  ignore: [hash],
});

export const discovery: Group = {
  name: 'discovery',
  cases: [
    {
      id: 'api-versions',
      shows: '/api names v1.',
      steps: [get('/api')],
      ignore: [{ path: '0.body.serverAddressByClientCIDRs', why: 'the address of the server' }],
    },
    {
      id: 'api-groups',
      shows: '/apis lists the groups with their preferred versions.',
      steps: [get('/apis', { view: servedGroups(...groups) })],
    },
    {
      id: 'api-group',
      shows: 'One group of each sort.',
      steps: [get('/apis/apps'), get('/apis/tidegate.io'), get('/apis/none.example.com')],
    },
    resources('resources-core', 'Resources of v1 with verbs and short names.', '/api/v1', ...coreResources),
    resources(
      'resources-apps',
      'Resources of apps.',
      '/apis/apps/v1',
      'replicasets',
      'replicasets/status',
      'replicasets/scale',
      'deployments',
      'deployments/status',
      'deployments/scale',
    ),
    resources('resources-batch', 'Resources of batch.', '/apis/batch/v1', 'jobs', 'jobs/status'),
    {
      id: 'resources-own',
      shows: 'Our kinds with short names, categories and subresources.',
      steps: [get('/apis/tidegate.io/v1alpha1')],
      ignore: [hash],
    },
    resources(
      'resources-policy',
      'Resources of policy.',
      '/apis/policy/v1',
      'poddisruptionbudgets',
      'poddisruptionbudgets/status',
    ),
    resources('resources-discovery', 'EndpointSlices.', '/apis/discovery.k8s.io/v1', 'endpointslices'),
    resources('resources-lease', 'Leases.', '/apis/coordination.k8s.io/v1', 'leases'),
    resources('resources-events', 'Events of both APIs.', '/apis/events.k8s.io/v1', 'events'),
    resources(
      'resources-hpa',
      'HorizontalPodAutoscalers.',
      '/apis/autoscaling/v2',
      'horizontalpodautoscalers',
      'horizontalpodautoscalers/status',
    ),
    resources(
      'resources-rbac',
      'Roles and bindings.',
      '/apis/rbac.authorization.k8s.io/v1',
      'roles',
      'rolebindings',
      'clusterroles',
      'clusterrolebindings',
    ),
    resources(
      'resources-auth',
      'Reviews of tokens and rights.',
      '/apis/authorization.k8s.io/v1',
      'selfsubjectaccessreviews',
      'subjectaccessreviews',
      'selfsubjectrulesreviews',
    ),
    resources(
      'resources-authn',
      'Reviews of who one is.',
      '/apis/authentication.k8s.io/v1',
      'tokenreviews',
      'selfsubjectreviews',
    ),
    resources(
      'resources-definitions',
      'Definitions of custom resources.',
      '/apis/apiextensions.k8s.io/v1',
      'customresourcedefinitions',
      'customresourcedefinitions/status',
    ),
    {
      id: 'resources-none',
      shows: 'A version that is not served is 404.',
      steps: [get('/apis/apps/v9'), get('/apis/tidegate.io/v9'), get('/api/v2')],
    },
    {
      id: 'aggregated-core',
      shows: 'Aggregated discovery of the core group.',
      steps: [get('/api', { accept: aggregated, view: servedRoots('v1') })],
      ignore: [],
    },
    {
      id: 'aggregated-groups',
      shows: 'Aggregated discovery of all groups.',
      steps: [get('/apis', { accept: aggregated, view: servedRoots('apps', 'tidegate.io') })],
    },
    {
      id: 'version',
      shows: '/version says what client versions fit.',
      steps: [get('/version')],
      ignore: ['gitCommit', 'gitTreeState', 'buildDate', 'goVersion', 'compiler', 'platform'].map((field) => ({
        path: `0.body.${field}`,
        why: 'how the program was built',
      })),
    },
    { id: 'health', shows: 'Health checks answer ok.', steps: [get('/readyz'), get('/livez'), get('/healthz')] },
    {
      id: 'openapi-index',
      shows: 'The index of OpenAPI v3 documents names our group.',
      steps: [
        get('/openapi/v3', {
          view: (body) =>
            Object.keys((body as { paths?: object }).paths ?? {}).filter((path) =>
              ['api/v1', 'apis/apps/v1', 'apis/tidegate.io/v1alpha1'].includes(path),
            ),
        }),
      ],
    },
    {
      id: 'openapi-own',
      shows: 'The OpenAPI document of our group: the schema of a Rollout.',
      steps: [get('/openapi/v3/apis/tidegate.io/v1alpha1', { view: openApiOf('io.tidegate.v1alpha1.Rollout') })],
    },
  ],
};
