/** Server-side apply: creating, merging, conflicts, force and removal. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import {
  apply,
  apps,
  configMap,
  core,
  force,
  get,
  type Group,
  inGroup,
  merge,
  own,
  podTemplate,
  post,
  replicaSet,
  rollout,
  service,
} from '../case.ts';

const a = core('configmaps/a');
const map = (data: Record<string, string>, metadata = {}) => configMap('a', data, metadata);
/** Nothing but metadata: empty data would be owned too. */
const meta = (metadata: JsonObject): JsonObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'a', ...metadata },
});
const r = own('rollouts/r');
const rs = apps('replicasets/r');
const forced = (path: string, body: Parameters<typeof apply>[1], manager: string) =>
  apply(path, body, manager, { query: { fieldManager: manager, force: 'true' } });
const route = inGroup('tidegate.io/v1alpha1')('rollouts/r');
const partial = (spec: JsonObject) =>
  ({ apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' }, spec }) as const;
const rsPartial = (spec: JsonObject) =>
  ({ apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'r' }, spec }) as const;

const tolerant = (tolerations: readonly JsonObject[], nodeSelector: JsonObject): JsonObject => ({
  metadata: { labels: { app: 'r' } },
  spec: { containers: [{ name: 'web', image: 'web:1' }], tolerations, nodeSelector },
});

export const applying: Group = {
  name: 'apply',
  cases: [
    { id: 'apply-creates', shows: 'An apply creates what is not there.', steps: [apply(a, map({ x: '1' }), 'one')] },
    {
      id: 'apply-again',
      shows: 'The same apply again changes nothing.',
      steps: [apply(a, map({ x: '1' }), 'one'), apply(a, map({ x: '1' }), 'one')],
    },
    {
      id: 'apply-changes',
      shows: 'The owner changes its value.',
      steps: [apply(a, map({ x: '1' }), 'one'), apply(a, map({ x: '2' }), 'one')],
    },
    {
      id: 'apply-removes',
      shows: 'A field that its only owner leaves out is removed.',
      steps: [apply(a, map({ x: '1', y: '2' }), 'one'), apply(a, map({ x: '1' }), 'one')],
    },
    {
      id: 'apply-removes-all',
      shows: 'The last fields of a map are removed with the map.',
      steps: [
        apply(a, map({ x: '1' }), 'one'),
        apply(a, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, 'one'),
      ],
    },
    {
      id: 'apply-two-managers',
      shows: 'Two managers own different keys.',
      steps: [apply(a, map({ x: '1' }), 'one'), apply(a, map({ y: '2' }), 'two'), apply(a, map({}), 'one')],
    },
    {
      id: 'apply-shared',
      shows: 'A value both applied stays until both let go.',
      steps: [
        apply(a, map({ x: '1', z: '0' }), 'one'),
        apply(a, map({ x: '1' }), 'two'),
        apply(a, map({ z: '0' }), 'one'),
        apply(a, map({ w: '0' }), 'two'),
      ],
    },
    {
      id: 'apply-conflict',
      shows: "Changing another manager's value is a conflict that names manager and field.",
      steps: [apply(a, map({ x: '1' }), 'one'), apply(a, map({ x: '2' }), 'two'), get(a)],
    },
    {
      id: 'apply-conflict-two',
      shows: 'Two fields of two managers make two causes.',
      steps: [
        apply(a, map({ x: '1' }), 'one'),
        apply(a, map({ y: '1' }), 'two'),
        apply(a, map({ x: '2', y: '2' }), 'three'),
      ],
    },
    {
      id: 'apply-conflict-same-field',
      shows: 'A field that two managers share conflicts with both.',
      steps: [apply(a, map({ x: '1' }), 'one'), apply(a, map({ x: '1' }), 'two'), apply(a, map({ x: '2' }), 'three')],
    },
    {
      id: 'apply-conflict-update',
      shows: 'A conflict with a manager that updated names its version and time.',
      steps: [post(core('configmaps'), map({ x: '1' })), apply(a, map({ x: '2' }), 'two')],
    },
    {
      id: 'apply-force',
      shows: 'A forced apply takes the field away from the other.',
      steps: [
        apply(a, map({ x: '1', y: '1' }), 'one'),
        forced(a, map({ x: '2' }), 'two'),
        apply(a, map({ x: '1', y: '1' }), 'one'),
      ],
    },
    {
      id: 'apply-force-all',
      shows: 'A manager whose every field was taken has no entry any more.',
      steps: [apply(a, map({ x: '1' }), 'one'), forced(a, map({ x: '2' }), 'two')],
    },
    { id: 'apply-no-manager', shows: 'An apply needs a fieldManager.', steps: [apply(a, map({ x: '1' }), '')] },
    {
      id: 'apply-manager-long',
      shows: 'A manager of more than 128 letters is refused.',
      steps: [
        apply(a, map({ x: '1' }), 'm'.repeat(129)),
        post(core('configmaps'), map({}), { query: { fieldManager: 'm'.repeat(129) } }),
        post(core('configmaps'), map({}), { query: { fieldManager: 'tab\there' } }),
      ],
    },
    {
      id: 'apply-force-elsewhere',
      shows: 'force is only for apply.',
      steps: [post(core('configmaps'), map({ x: '1' })), merge(a, { data: {} }, force)],
    },
    {
      id: 'apply-managed-fields',
      shows: 'managedFields must not be sent.',
      steps: [
        apply(
          a,
          map(
            { x: '1' },
            {
              managedFields: [
                { manager: 'x', operation: 'Apply', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: {} },
              ],
            },
          ),
          'one',
        ),
      ],
    },
    {
      id: 'apply-name-other',
      shows: 'Name of body and path must agree.',
      steps: [apply(a, configMap('b', { x: '1' }), 'one')],
    },
    {
      id: 'apply-no-kind',
      shows: 'Kind and apiVersion are required.',
      steps: [
        apply(a, { metadata: { name: 'a' } }, 'one'),
        apply(a, { apiVersion: 'v1', metadata: { name: 'a' } }, 'one'),
      ],
    },
    {
      id: 'apply-wrong-kind',
      shows: 'Kind and version must be those of the path.',
      steps: [
        apply(a, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a' } }, 'one'),
        apply(r, { apiVersion: 'tidegate.io/v1', kind: 'Rollout', metadata: { name: 'r' } }, 'one'),
      ],
    },
    {
      id: 'apply-stale',
      shows: 'A resourceVersion in an apply is a precondition.',
      steps: [
        apply(a, map({ x: '1' }), 'one', { as: 'first' }),
        apply(a, map({ x: '2' }), 'one'),
        apply(a, map({ x: '3' }, { resourceVersion: '<first.metadata.resourceVersion>' }), 'one'),
      ],
    },
    {
      id: 'apply-rv-missing',
      shows: 'An apply with a resourceVersion of what is not there is a conflict.',
      steps: [apply(a, map({ x: '1' }, { resourceVersion: '1' }), 'one')],
    },
    {
      id: 'apply-uid',
      shows: 'Another uid in an apply is refused; for what is not there too.',
      steps: [
        apply(a, map({ x: '1' }, { uid: '11111111-1111-4111-8111-111111111111' }), 'one'),
        apply(a, map({ x: '1' }), 'one'),
        apply(a, map({ x: '1' }, { uid: '11111111-1111-4111-8111-111111111111' }), 'one'),
      ],
    },
    {
      id: 'apply-null',
      shows: 'null in an apply owns the field without a value.',
      steps: [apply(a, { ...configMap('a'), data: { x: null, y: '1' } }, 'one')],
    },
    {
      id: 'apply-unknown-field',
      shows: 'An unknown field of a built-in kind is refused.',
      steps: [apply(a, { ...map({}), dota: { x: '1' } }, 'one')],
    },
    {
      id: 'apply-unknown-own',
      shows: 'An unknown field of a custom resource: dropped, or refused when strict.',
      steps: [
        apply(r, { ...rollout('r'), spec: { ...(rollout('r')['spec'] as JsonObject), replcas: 3 } }, 'one', {
          query: { fieldValidation: 'Warn' },
        }),
        apply(r, { ...rollout('r'), spec: { ...(rollout('r')['spec'] as JsonObject), replcas: 3 } }, 'one', {
          query: { fieldValidation: 'Strict' },
        }),
      ],
    },
    {
      id: 'apply-wrong-type',
      shows: 'A wrong type is refused, built-in and ours.',
      steps: [
        apply(a, { ...map({}), data: 'x' }, 'one'),
        apply(rs, rsPartial({ replicas: 'three' }), 'one'),
        apply(r, partial({ replicas: 'three' }), 'one'),
      ],
    },
    { id: 'apply-not-json', shows: 'A list is no object.', steps: [apply(a, [1], 'one')] },
    {
      id: 'apply-invalid',
      shows: 'What an apply makes is validated.',
      steps: [apply(a, map({ 'a b': '1' }), 'one'), apply(r, rollout('r', { strategy: {} }), 'one')],
    },
    {
      id: 'apply-labels',
      shows: 'Labels, annotations, finalizers and owners are owned one by one.',
      steps: [
        apply(
          a,
          meta({
            labels: { l: '1' },
            annotations: { n: '1' },
            finalizers: ['example.com/a'],
            ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' }],
          }),
          'one',
        ),
        apply(
          a,
          meta({
            labels: { m: '1' },
            finalizers: ['example.com/b'],
            ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'p', uid: 'u2' }],
          }),
          'two',
        ),
        apply(a, meta({ finalizers: [] }), 'one'),
        apply(a, meta({ finalizers: [] }), 'two'),
      ],
    },
    {
      id: 'apply-owner-conflict',
      shows: 'An owner reference is one item by its uid; its fields are owned.',
      steps: [
        apply(a, meta({ ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1' }] }), 'one'),
        apply(
          a,
          meta({ ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u1', controller: true }] }),
          'two',
        ),
      ],
    },
    {
      id: 'apply-containers',
      shows: 'Containers merge by name, their lists by key, in the order of the request.',
      steps: [
        apply(
          rs,
          replicaSet('r', {
            template: {
              metadata: { labels: { app: 'r' } },
              spec: {
                containers: [
                  { name: 'web', image: 'web:1', ports: [{ containerPort: 80 }], env: [{ name: 'A', value: '1' }] },
                ],
              },
            },
          }),
          'one',
        ),
        apply(
          rs,
          rsPartial({
            template: {
              spec: {
                containers: [
                  { name: 'side', image: 'side:1' },
                  { name: 'web', env: [{ name: 'B', value: '2' }] },
                ],
              },
            },
          }),
          'two',
        ),
        apply(rs, rsPartial({ template: { spec: { containers: [{ name: 'web', image: 'web:2' }] } } }), 'three'),
        apply(
          rs,
          rsPartial({ template: { spec: { containers: [{ name: 'web', env: [{ name: 'B', value: '2' }] }] } } }),
          'two',
        ),
      ],
    },
    {
      id: 'apply-key-twice',
      shows: 'The same key twice in one list is refused.',
      steps: [
        apply(
          rs,
          replicaSet('r', {
            template: {
              metadata: { labels: { app: 'r' } },
              spec: {
                containers: [
                  { name: 'web', image: 'a:1' },
                  { name: 'web', image: 'b:1' },
                ],
              },
            },
          }),
          'one',
        ),
      ],
    },
    {
      id: 'apply-key-missing',
      shows: 'A list item without its key is refused.',
      steps: [
        apply(
          rs,
          replicaSet('r', {
            template: { metadata: { labels: { app: 'r' } }, spec: { containers: [{ image: 'a:1' }] } },
          }),
          'one',
        ),
      ],
    },
    {
      id: 'apply-ports-default-key',
      shows: 'The protocol of a port is part of its key, by default TCP.',
      steps: [
        apply(core('services/s'), service('s', { ports: [{ port: 80 }] }), 'one'),
        apply(
          core('services/s'),
          {
            apiVersion: 'v1',
            kind: 'Service',
            metadata: { name: 's' },
            spec: {
              ports: [
                { port: 80, protocol: 'TCP', name: 'http' },
                { port: 80, protocol: 'UDP', name: 'dns' },
              ],
            },
          },
          'two',
        ),
      ],
    },
    {
      id: 'apply-selector-atomic',
      shows: 'The selector of a Service is one value as a whole.',
      steps: [
        apply(core('services/s'), service('s', { selector: { app: 's' } }), 'one'),
        apply(
          core('services/s'),
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { selector: { app: 's', hash: 'x' } } },
          'two',
        ),
        forced(
          core('services/s'),
          { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { selector: { hash: 'x' } } },
          'two',
        ),
      ],
    },
    {
      id: 'apply-scale-handover',
      shows: 'replicas left out by one owner stay with the other.',
      steps: [
        apply(r, rollout('r', { replicas: 3 }), 'gitops'),
        forced(r, partial({ replicas: 5 }), 'autoscaler'),
        apply(r, rollout('r'), 'gitops'),
      ],
    },
    {
      id: 'apply-own-list-atomic',
      shows: 'Lists of custom resources without list type are one value.',
      steps: [
        apply(r, rollout('r', { strategy: { canary: { steps: [{ setWeight: 20 }, { pause: {} }] } } }), 'one'),
        apply(r, partial({ strategy: { canary: { steps: [{ setWeight: 30 }] } } }), 'two'),
        forced(r, partial({ strategy: { canary: { steps: [{ setWeight: 30 }] } } }), 'two'),
      ],
    },
    {
      id: 'apply-own-default',
      shows: 'Defaults of a custom resource are owned by nobody.',
      steps: [apply(route, rollout('r'), 'one')],
    },
    {
      id: 'apply-own-removes',
      shows: 'Removing an applied field of a custom resource brings its default back.',
      steps: [apply(r, rollout('r', { replicas: 4, minReadySeconds: 3 }), 'one'), apply(r, rollout('r'), 'one')],
    },
    {
      id: 'apply-own-template',
      shows: 'Fields of a preserved pod template are owned one by one, lists as a whole.',
      steps: [
        apply(r, rollout('r'), 'one'),
        apply(r, partial({ template: { metadata: { annotations: { note: 'x' } } } }), 'two'),
        apply(r, partial({ template: { spec: { containers: [{ name: 'web', image: 'web:9' }] } } }), 'three'),
      ],
    },
    {
      id: 'apply-status-part',
      shows: 'An apply of the object drops a status.',
      steps: [apply(r, { ...rollout('r'), status: { phase: 'Healthy' } }, 'one')],
    },
    {
      id: 'apply-status',
      shows: 'An apply of the status touches nothing else and has its own entry.',
      steps: [
        apply(r, rollout('r'), 'one'),
        apply(
          `${r}/status`,
          {
            apiVersion: 'tidegate.io/v1alpha1',
            kind: 'Rollout',
            metadata: { name: 'r', labels: { not: 'this' } },
            spec: { replicas: 9 },
            status: { message: 'fine' },
          },
          'controller',
        ),
        apply(
          `${r}/status`,
          {
            apiVersion: 'tidegate.io/v1alpha1',
            kind: 'Rollout',
            metadata: { name: 'r' },
            status: { observedGeneration: 1 },
          },
          'controller',
        ),
        apply(
          `${own('rollouts/none')}/status`,
          { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name: 'none' }, status: {} },
          'controller',
        ),
      ],
    },
    {
      id: 'apply-yaml',
      shows: 'An apply patch may be YAML.',
      needs: 'http',
      steps: [
        {
          method: 'PATCH',
          path: a,
          query: { fieldManager: 'one' },
          contentType: 'application/apply-patch+yaml',
          text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1" # text\n  yes: "2"\n',
        },
        {
          method: 'PATCH',
          path: a,
          query: { fieldManager: 'one' },
          contentType: 'application/apply-patch+yaml',
          text: 'a: [1\nb: {',
        },
      ],
    },
    {
      id: 'apply-dry-run',
      shows: 'A dry-run apply answers what would be and changes nothing.',
      steps: [
        apply(a, map({ x: '1' }), 'one', { query: { dryRun: 'All' } }),
        get(a),
        apply(a, map({ x: '1' }), 'one'),
        apply(a, map({ x: '2' }), 'one', { query: { dryRun: 'All' } }),
        get(a),
      ],
    },
    {
      id: 'apply-template-hash',
      shows: 'Two managers of one ReplicaSet: scale and template.',
      steps: [
        apply(rs, replicaSet('r', { replicas: 2, template: podTemplate('r') }), 'controller'),
        merge(rs, { spec: { replicas: 5 } }, { query: { fieldManager: 'scaler' } }),
        apply(rs, replicaSet('r', { replicas: 2, template: podTemplate('r') }), 'controller'),
      ],
    },
    {
      id: 'apply-empties',
      shows: 'What is left of an object whose last field its owner gave up.',
      steps: [
        apply(r, rollout('r', { analysis: { successfulRunHistoryLimit: 3 } }), 'one'),
        apply(r, rollout('r', { analysis: {} }), 'one'),
        apply(r, rollout('r', { strategy: {} }), 'one'),
        apply(r, rollout('r'), 'one'),
      ],
    },
    {
      id: 'apply-empties-builtin',
      shows: 'What is left of a map, a list and an object of a built-in kind whose last field its owner gave up.',
      steps: [
        apply(rs, replicaSet('r', { template: tolerant([{ key: 'a', operator: 'Exists' }], { disk: 'fast' }) }), 'one'),
        apply(rs, replicaSet('r', { template: tolerant([], {}) }), 'one'),
        apply(rs, replicaSet('r'), 'one'),
      ],
    },
  ],
};
