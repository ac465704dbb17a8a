/** What else a cluster does: tokens and rights, evictions, bindings, leases, events of both APIs, and the life of a definition. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import {
  apply,
  configMap,
  core,
  get,
  type Group,
  inGroup,
  jsonPatch,
  merge,
  own,
  pod,
  post,
  put,
  remove,
  rollout,
} from '../case.ts';

const lease = inGroup('coordination.k8s.io/v1');
const aLease = (holder: string, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name: 'leader', ...metadata },
  spec: {
    holderIdentity: holder,
    leaseDurationSeconds: 15,
    acquireTime: '2026-01-01T00:00:00.000000Z',
    renewTime: '2026-01-01T00:00:01.000000Z',
    leaseTransitions: 0,
  },
});
const newEvents = inGroup('events.k8s.io/v1');
const budget = (spec: JsonObject): JsonObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'b' },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
});
const eviction = (name: string, more: JsonObject = {}) =>
  post(core(`pods/${name}/eviction`), { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name }, ...more });
const labelled = { labels: { app: 'web' } };
const review = (spec: JsonObject) =>
  post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec,
  });
const account = post(core('serviceaccounts'), {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'deployer' },
});
const tokenRequest = (spec: JsonObject): JsonObject => ({
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'TokenRequest',
  spec,
});
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const definition = (group: string, properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `widgets.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } } },
      },
    ],
    ...more,
  },
});
const widget = (group: string, spec: JsonObject): JsonObject => ({
  apiVersion: `${group}/v1`,
  kind: 'Widget',
  metadata: { name: 'w' },
  spec,
});
const served = (group: string) => get(`/apis/${group}/v1/namespaces/<ns>/widgets`, { until: { status: 200 } });

export const cluster: Group = {
  name: 'cluster',
  cases: [
    {
      id: 'lease-race',
      shows: 'Two who take a lease: the second update with the old version loses.',
      steps: [
        post(lease('leases'), aLease('one'), { as: 'create' }),
        put(lease('leases/leader'), aLease('two', { resourceVersion: '<create.metadata.resourceVersion>' })),
        put(lease('leases/leader'), aLease('three', { resourceVersion: '<create.metadata.resourceVersion>' })),
        get(lease('leases/leader')),
      ],
    },
    {
      id: 'lease-create-race',
      shows: 'Only one can create it.',
      steps: [post(lease('leases'), aLease('one')), post(lease('leases'), aLease('two'))],
    },
    {
      id: 'lease-merge',
      shows: 'A lease is renewed by a patch with its version.',
      steps: [
        post(lease('leases'), aLease('one'), { as: 'create' }),
        merge(lease('leases/leader'), {
          metadata: { resourceVersion: '<create.metadata.resourceVersion>' },
          spec: { renewTime: '2026-01-01T00:00:02.123456Z' },
        }),
      ],
    },
    {
      id: 'event-core',
      shows: 'An event of the old API is read through the new one.',
      steps: [
        post(core('events'), {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'e' },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: '<ns>' },
          reason: 'Started',
          message: 'it runs',
          type: 'Normal',
          count: 1,
          firstTimestamp: '2026-01-01T00:00:00Z',
          lastTimestamp: '2026-01-01T00:00:00Z',
          source: { component: 'kubelet' },
        }),
        get(newEvents('events/e')),
      ],
    },
    {
      id: 'event-new',
      shows: 'An event of the new API is read through the old one.',
      steps: [
        post(newEvents('events'), {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: 'e' },
          eventTime: '2026-01-01T00:00:00.123456Z',
          reportingController: 'tidegate.io/controller',
          reportingInstance: 'pod-1',
          action: 'Abort',
          reason: 'AnalysisFailed',
          note: 'errors',
          type: 'Warning',
          regarding: { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', name: 'r', namespace: '<ns>' },
        }),
        get(core('events/e')),
        merge(newEvents('events/e'), { series: { count: 2, lastObservedTime: '2026-01-01T00:00:05.000000Z' } }),
        get(core('events'), { query: { fieldSelector: 'involvedObject.name=r,reason=AnalysisFailed' } }),
      ],
    },
    {
      id: 'event-wrong',
      shows: 'Events without what each API requires.',
      steps: [
        post(newEvents('events'), {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: 'e' },
          reason: 'x',
          regarding: { kind: 'Pod', name: 'p', namespace: '<ns>' },
        }),
        post(core('events'), {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'e' },
          involvedObject: { kind: 'Pod', name: 'p', namespace: 'elsewhere' },
        }),
      ],
    },
    {
      id: 'evict-free',
      shows: 'An eviction without a budget deletes the pod.',
      steps: [post(core('pods'), pod('p', { nodeName: 'node-1' }, labelled)), eviction('p'), get(core('pods/p'))],
    },
    {
      id: 'evict-budget',
      shows: 'A budget without room refuses with 429 and says why.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' }, labelled)),
        merge(core('pods/p/status'), { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }),
        post(inGroup('policy/v1')('poddisruptionbudgets'), budget({ minAvailable: 1 })),
        merge(inGroup('policy/v1')('poddisruptionbudgets/b/status'), {
          status: {
            observedGeneration: 1,
            disruptionsAllowed: 0,
            currentHealthy: 1,
            desiredHealthy: 1,
            expectedPods: 1,
          },
        }),
        eviction('p'),
        merge(inGroup('policy/v1')('poddisruptionbudgets/b/status'), { status: { disruptionsAllowed: 1 } }),
        eviction('p'),
        get(inGroup('policy/v1')('poddisruptionbudgets/b')),
        get(core('pods/p')),
      ],
    },
    {
      id: 'evict-dry',
      shows: 'A dry-run eviction changes nothing; of a pod that is not there 404.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' })),
        eviction('p', { deleteOptions: { dryRun: ['All'] } }),
        get(core('pods/p')),
        eviction('none'),
      ],
    },
    {
      id: 'evict-uid',
      shows: 'An eviction with another uid is a conflict.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1' })),
        eviction('p', { deleteOptions: { preconditions: { uid: '11111111-1111-4111-8111-111111111111' } } }),
      ],
    },
    {
      id: 'evict-other',
      shows: 'Name of body and path must agree.',
      steps: [
        post(core('pods'), pod('p')),
        post(core('pods/p/eviction'), { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'q' } }),
      ],
    },
    {
      id: 'bind',
      shows: 'A pod is bound once.',
      steps: [
        post(core('pods'), pod('p')),
        post(core('pods/p/binding'), {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'p' },
          target: { kind: 'Node', name: 'node-1' },
        }),
        get(core('pods/p')),
        post(core('pods/p/binding'), {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name: 'p' },
          target: { kind: 'Node', name: 'node-2' },
        }),
      ],
    },
    {
      id: 'token',
      shows: 'A token of an account: what it claims and how long.',
      steps: [account, post(core('serviceaccounts/deployer/token'), tokenRequest({ expirationSeconds: 3600 }))],
    },
    {
      id: 'token-wrong',
      shows: 'Tokens of nobody, too short, for others.',
      steps: [
        post(core('serviceaccounts/none/token'), tokenRequest({})),
        account,
        post(core('serviceaccounts/deployer/token'), tokenRequest({ expirationSeconds: 5 })),
        post(core('serviceaccounts/deployer/token'), tokenRequest({ audiences: ['elsewhere'] })),
      ],
    },
    {
      id: 'token-review',
      shows: "A review tells whose token it is, and that a wrong one is nobody's.",
      steps: [
        { ...account },
        post(core('serviceaccounts/deployer/token'), tokenRequest({ expirationSeconds: 3600 }), { as: 'token' }),
        post('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: '<token.status.token>' },
        }),
        post('/apis/authentication.k8s.io/v1/tokenreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenReview',
          spec: { token: 'wrong' },
        }),
      ],
    },
    {
      id: 'whoami',
      shows: 'Who one is, as admin.',
      ignore: [{ path: '0.body.status.userInfo.uid', why: "the real server's file of tokens gives its admin a uid" }],
      steps: [
        post('/apis/authentication.k8s.io/v1/selfsubjectreviews', {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'SelfSubjectReview',
        }),
      ],
    },
    {
      id: 'whoami-account',
      shows: 'Who one is, with the token of an account.',
      needs: 'http',
      steps: [
        account,
        post(core('serviceaccounts/deployer/token'), tokenRequest({ expirationSeconds: 3600 }), { as: 'token' }),
        post(
          '/apis/authentication.k8s.io/v1/selfsubjectreviews',
          { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
          { token: '<token.status.token>' },
        ),
      ],
    },
    {
      id: 'access-admin',
      shows: 'An admin may do everything.',
      steps: [
        review({
          resourceAttributes: { namespace: '<ns>', verb: 'create', group: 'tidegate.io', resource: 'rollouts' },
        }),
        review({ nonResourceAttributes: { path: '/metrics', verb: 'get' } }),
        review({}),
      ],
    },
    {
      id: 'access-other',
      shows: 'A review of the rights of another admin.',
      steps: [
        post('/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user: 'x', groups: ['system:masters'], resourceAttributes: { verb: 'get', resource: 'pods' } },
        }),
      ],
    },
    {
      id: 'definition-life',
      shows: 'A definition is accepted, established, served, and gone with its objects.',
      steps: [
        post(definitions, definition('life.example.com', { size: { type: 'integer', default: 3 } })),
        get(`${definitions}/widgets.life.example.com`, {
          until: { path: 'status.conditions.1.status', equals: 'True' },
        }),
        served('life.example.com'),
        post('/apis/life.example.com/v1/namespaces/<ns>/widgets', widget('life.example.com', {})),
        get('/apis/life.example.com'),
        remove(`${definitions}/widgets.life.example.com`),
        get(`${definitions}/widgets.life.example.com`, { until: { status: 404 } }),
        get('/apis/life.example.com/v1/namespaces/<ns>/widgets', { until: { status: 404 } }),
      ],
    },
    {
      id: 'definition-wrong',
      shows: 'Definitions that are refused.',
      steps: [
        post(definitions, { ...definition('wrong.example.com', {}), metadata: { name: 'gadgets.wrong.example.com' } }),
        post(definitions, definition('wrong.example.com', { x: {} })),
        post(definitions, definition('wrong.example.com', { x: { type: 'string', default: 5 } })),
        post(definitions, definition('wrong.example.com', {}, { versions: [] })),
        post(
          definitions,
          definition('wrong.example.com', { x: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self >' }] } }),
        ),
      ],
    },
    {
      id: 'definition-names',
      shows: 'Names that another definition took are not accepted.',
      steps: [
        post(definitions, { ...definition('names.example.com', {}) }),
        get(`${definitions}/widgets.names.example.com`, {
          until: { path: 'status.conditions.1.status', equals: 'True' },
        }),
        post(definitions, {
          ...definition('names.example.com', {}, { names: { kind: 'Widget', plural: 'wodgets' } }),
          metadata: { name: 'wodgets.names.example.com' },
        }),
        get(`${definitions}/wodgets.names.example.com`, {
          until: { path: 'status.conditions.0.status', equals: 'False' },
        }),
      ],
    },
    {
      id: 'definition-change',
      shows: 'A changed schema holds for new writes; old objects keep until they are written.',
      steps: [
        post(definitions, definition('change.example.com', { size: { type: 'integer' } }), { as: 'create' }),
        served('change.example.com'),
        post('/apis/change.example.com/v1/namespaces/<ns>/widgets', widget('change.example.com', { size: 7 })),
        jsonPatch(`${definitions}/widgets.change.example.com`, [
          {
            op: 'add',
            path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/size/maximum',
            value: 5,
          },
        ]),
        post(
          '/apis/change.example.com/v1/namespaces/<ns>/widgets',
          { ...widget('change.example.com', { size: 8 }), metadata: { name: 'v' } },
          { until: { status: 422 }, query: { dryRun: 'All' } },
        ),
        merge('/apis/change.example.com/v1/namespaces/<ns>/widgets/w', { metadata: { labels: { a: 'b' } } }),
        merge('/apis/change.example.com/v1/namespaces/<ns>/widgets/w', { spec: { size: 6 } }),
        get('/apis/change.example.com/v1/namespaces/<ns>/widgets/w'),
      ],
    },
    {
      id: 'definition-lists',
      shows: 'Sets, keyed lists and granular maps of a definition under apply.',
      steps: [
        post(
          definitions,
          definition('lists.example.com', {
            tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
            ports: {
              type: 'array',
              'x-kubernetes-list-type': 'map',
              'x-kubernetes-list-map-keys': ['name'],
              items: {
                type: 'object',
                required: ['name'],
                properties: { name: { type: 'string' }, port: { type: 'integer' } },
              },
            },
            limits: { type: 'object', additionalProperties: { type: 'string' } },
            box: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
          }),
        ),
        served('lists.example.com'),
        apply(
          '/apis/lists.example.com/v1/namespaces/<ns>/widgets/w',
          widget('lists.example.com', {
            tags: ['a', 'b'],
            ports: [{ name: 'http', port: 80 }],
            limits: { cpu: '1' },
            box: { x: '1' },
          }),
          'one',
        ),
        apply(
          '/apis/lists.example.com/v1/namespaces/<ns>/widgets/w',
          widget('lists.example.com', {
            tags: ['c', 'b'],
            ports: [{ name: 'dns', port: 53 }],
            limits: { memory: '1' },
          }),
          'two',
        ),
        apply(
          '/apis/lists.example.com/v1/namespaces/<ns>/widgets/w',
          widget('lists.example.com', { tags: ['a'] }),
          'one',
        ),
        apply(
          '/apis/lists.example.com/v1/namespaces/<ns>/widgets/w',
          widget('lists.example.com', { tags: ['a', 'a'] }),
          'one',
        ),
        apply(
          '/apis/lists.example.com/v1/namespaces/<ns>/widgets/w',
          widget('lists.example.com', { ports: [{ name: 'dns', port: 54 }] }),
          'three',
        ),
      ],
    },
    {
      id: 'definition-preserve',
      shows: 'Preserved unknown fields and embedded resources.',
      steps: [
        post(
          definitions,
          definition('preserve.example.com', {
            any: { 'x-kubernetes-preserve-unknown-fields': true },
            known: {
              type: 'object',
              'x-kubernetes-preserve-unknown-fields': true,
              properties: { a: { type: 'string' } },
            },
            either: { 'x-kubernetes-int-or-string': true },
          }),
        ),
        served('preserve.example.com'),
        post(
          '/apis/preserve.example.com/v1/namespaces/<ns>/widgets',
          widget('preserve.example.com', {
            any: [1, { b: null }],
            known: { a: 'x', z: { y: 1 } },
            either: '50%',
            gone: 1,
          }),
        ),
        merge('/apis/preserve.example.com/v1/namespaces/<ns>/widgets/w', { spec: { known: { a: 5 } } }),
      ],
    },
    {
      id: 'definition-nullable',
      shows: 'null with and without nullable, with and without a default.',
      steps: [
        post(
          definitions,
          definition('nullable.example.com', {
            a: { type: 'string', nullable: true },
            b: { type: 'string', default: 'x' },
            c: { type: 'string' },
            d: { type: 'string', nullable: true, default: 'y' },
          }),
        ),
        served('nullable.example.com'),
        post(
          '/apis/nullable.example.com/v1/namespaces/<ns>/widgets',
          widget('nullable.example.com', { a: null, b: null, d: null }),
        ),
        put('/apis/nullable.example.com/v1/namespaces/<ns>/widgets/w', widget('nullable.example.com', { c: null })),
      ],
    },
    {
      id: 'own-set-of-namespaces',
      shows: 'A Rollout of one name in two namespaces is two objects.',
      steps: [
        post(own('rollouts'), rollout('r')),
        post('/apis/tidegate.io/v1alpha1/namespaces/default/rollouts', rollout('only-here')),
        get(own('rollouts')),
        post(core('configmaps'), configMap('only-here')),
      ],
    },
  ],
};
