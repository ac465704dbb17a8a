/** Validation: strict, warning and ignoring; dry runs; schema, defaults, pruning and CEL rules of our definitions; checks of built-in kinds. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import {
  apps,
  configMap,
  core,
  get,
  type Group,
  inGroup,
  merge,
  own,
  pod,
  podTemplate,
  post,
  put,
  replicaSet,
  rollout,
  service,
} from '../case.ts';

const strict = { query: { fieldValidation: 'Strict', dryRun: 'All' } } as const;
const warn = { query: { fieldValidation: 'Warn', dryRun: 'All' } } as const;
const ignoring = { query: { fieldValidation: 'Ignore', dryRun: 'All' } } as const;
const rollouts = own('rollouts');
const canary = (fields: JsonObject): JsonObject => rollout('r', { strategy: { canary: fields } });
const steps = (...items: readonly Json[]): JsonObject => canary({ steps: items });
const gitSync = (spec: JsonObject = {}): JsonObject => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'GitSync',
  metadata: { name: 'g' },
  spec: {
    repository: 'https://git.example.com/shop',
    branch: 'main',
    path: 'apps',
    serviceAccountName: 'deployer',
    revert: { mode: 'push' },
    ...spec,
  },
});
const template = (provider: JsonObject, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'tidegate.io/v1alpha1',
  kind: 'AnalysisTemplate',
  metadata: { name: 't' },
  spec: { metrics: [{ name: 'errors', interval: '10s', provider, ...more }] },
});
const prometheus = { prometheus: { address: 'http://prometheus:9090', query: 'up' } };

export const validation: Group = {
  name: 'validation',
  cases: [
    {
      id: 'strict-unknown',
      shows: 'Strict validation names an unknown field of a built-in kind and of ours.',
      steps: [
        post(core('configmaps'), { ...configMap('a'), dota: {} }, strict),
        post(rollouts, rollout('r', { replcas: 1 }), strict),
        post(rollouts, steps({ setWieght: 5 }), strict),
      ],
    },
    {
      id: 'strict-unknown-many',
      shows: 'All unknown fields are named.',
      steps: [
        post(
          core('pods'),
          pod('p', { one: 1, containers: [{ name: 'web', image: 'i', imagePolicy: 'x' }], two: 2 }),
          strict,
        ),
        post(rollouts, rollout('r', { zeta: 1, alpha: 2, strategy: { canary: { other: true } } }), strict),
      ],
    },
    {
      id: 'strict-unknown-metadata',
      shows: 'Unknown fields of metadata and of the top.',
      steps: [
        post(core('configmaps'), configMap('a', {}, { colour: 'red' }), strict),
        post(rollouts, { ...rollout('r', {}), extra: 1 }, strict),
        post(rollouts, rollout('r', {}, { colour: 'red' }), strict),
      ],
    },
    {
      id: 'strict-default',
      shows: 'Without fieldValidation unknown fields are dropped.',
      steps: [post(rollouts, rollout('r', { replcas: 1 })), post(core('configmaps'), { ...configMap('a'), dota: {} })],
    },
    {
      id: 'warn-unknown',
      shows: 'Warn and Ignore accept what Strict refuses.',
      steps: [
        post(rollouts, rollout('r', { replcas: 1 }), warn),
        post(rollouts, rollout('r', { replcas: 1 }), ignoring),
      ],
    },
    {
      id: 'strict-bad-value',
      shows: 'fieldValidation and dryRun have few values.',
      steps: [
        post(core('configmaps'), configMap('a'), { query: { fieldValidation: 'Hard' } }),
        post(core('configmaps'), configMap('a'), { query: { dryRun: 'Some' } }),
        post(rollouts, rollout('r'), { query: { dryRun: 'Some' } }),
      ],
    },
    {
      id: 'strict-duplicate',
      shows: 'A field twice in the text: refused when strict, else the last wins.',
      needs: 'http',
      steps: [
        {
          method: 'POST',
          path: core('configmaps'),
          query: { fieldValidation: 'Strict' },
          contentType: 'application/json',
          text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","name":"b"},"data":{"x":"1","x":"2"}}',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/json',
          text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","x":"2"}}',
        },
        {
          method: 'POST',
          path: rollouts,
          query: { fieldValidation: 'Strict' },
          contentType: 'application/json',
          text: '{"apiVersion":"tidegate.io/v1alpha1","kind":"Rollout","metadata":{"name":"a"},"spec":{"replicas":1,"replicas":2,"strategy":{"canary":{}}}}',
        },
      ],
    },
    {
      id: 'strict-yaml',
      shows: 'A YAML body of a create, with an unknown field and a field twice.',
      needs: 'http',
      steps: [
        {
          method: 'POST',
          path: core('configmaps'),
          query: { fieldValidation: 'Strict' },
          contentType: 'application/yaml',
          text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n  x: "2"\ndota: {}\n',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/yaml',
          text: 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n',
        },
        {
          method: 'POST',
          path: core('configmaps'),
          contentType: 'application/yaml',
          text: 'apiVersion: v1\n kind: [\n',
        },
      ],
    },
    {
      id: 'strict-update',
      shows: 'Strict validation of an update.',
      steps: [
        post(core('configmaps'), configMap('a')),
        put(core('configmaps/a'), { ...configMap('a'), dota: {} }, strict),
        post(rollouts, rollout('r'), { as: 'create' }),
        put(
          own('rollouts/r'),
          rollout('r', { replcas: 2 }, { resourceVersion: '<create.metadata.resourceVersion>' }),
          strict,
        ),
      ],
    },
    {
      id: 'strict-patch-own',
      shows: 'Strict validation of a merge patch of ours.',
      steps: [
        post(rollouts, rollout('r')),
        merge(
          own('rollouts/r'),
          { spec: { strategy: { canary: { stepz: [] } } } },
          { query: { fieldValidation: 'Strict' } },
        ),
      ],
    },
    {
      id: 'dry-run-create',
      shows: 'A dry-run create answers the whole object and stores nothing.',
      steps: [
        post(core('configmaps'), configMap('a', { x: '1' }), { query: { dryRun: 'All' } }),
        get(core('configmaps/a')),
        post(core('services'), service('s'), { query: { dryRun: 'All' } }),
        get(core('services/s')),
      ],
    },
    {
      id: 'dry-run-update',
      shows: 'A dry-run update stores nothing.',
      steps: [
        post(core('configmaps'), configMap('a', { x: '1' })),
        put(core('configmaps/a'), configMap('a', { x: '2' }), { query: { dryRun: 'All' } }),
        get(core('configmaps/a')),
      ],
    },
    {
      id: 'dry-run-patch',
      shows: 'A dry-run patch stores nothing, the generation it shows is the one that would be.',
      steps: [
        post(rollouts, rollout('r')),
        merge(own('rollouts/r'), { spec: { replicas: 3 } }, { query: { dryRun: 'All' } }),
        get(own('rollouts/r')),
      ],
    },
    {
      id: 'dry-run-exists',
      shows: 'A dry-run create of what is there says so.',
      steps: [
        post(core('configmaps'), configMap('a')),
        post(core('configmaps'), configMap('a'), { query: { dryRun: 'All' } }),
      ],
    },
    {
      id: 'dry-run-name',
      shows: 'A dry run with generateName makes a name.',
      steps: [
        post(
          core('configmaps'),
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'web-' } },
          { query: { dryRun: 'All' } },
        ),
      ],
    },

    {
      id: 'own-wrong-type',
      shows: 'A wrong type in a field of ours; several are named.',
      steps: [
        post(rollouts, rollout('r', { replicas: 'three' }), strict),
        post(rollouts, rollout('r', { replicas: 'three', paused: 'no', minReadySeconds: 1.5 }), strict),
        post(rollouts, rollout('r', { strategy: 'canary' }), strict),
      ],
    },
    {
      id: 'own-null',
      shows: 'null for a field that has a default, for one that has none, for an object.',
      steps: [post(rollouts, rollout('r', { replicas: null, minReadySeconds: null, template: null }))],
    },
    {
      id: 'own-required',
      shows: 'Required fields that are missing.',
      steps: [
        post(rollouts, { ...rollout('r'), spec: {} }, strict),
        post(rollouts, { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', metadata: { name: 'r' } }, strict),
        post(own('gitsyncs'), { ...gitSync(), spec: { repository: 'https://git.example.com/x' } }, strict),
      ],
    },
    {
      id: 'own-enum',
      shows: 'A value outside of an enumeration.',
      steps: [
        post(own('gitsyncs'), gitSync({ revert: { mode: 'force' } }), strict),
        post(own('gitsyncs'), gitSync({ sync: 'sometimes', deletionPolicy: 'x' }), strict),
      ],
    },
    {
      id: 'own-bounds',
      shows: 'Numbers and texts outside of their bounds.',
      steps: [
        post(rollouts, rollout('r', { replicas: -1, revisionHistoryLimit: -2 }), strict),
        post(own('gitsyncs'), gitSync({ branch: '', path: 'a'.repeat(513) }), strict),
        post(own('gitsyncs'), gitSync({ alsoPaths: Array.from({ length: 33 }, (_, index) => `p${index}`) }), strict),
      ],
    },
    {
      id: 'own-int32',
      shows: 'A number too large for its format.',
      steps: [
        post(rollouts, rollout('r', { replicas: 3_000_000_000 }), strict),
        post(rollouts, rollout('r', { replicas: 3.0 }), strict),
      ],
    },
    {
      id: 'own-date',
      shows: 'A time that is none.',
      steps: [
        post(rollouts, rollout('r', { restartAt: 'yesterday' }), strict),
        post(rollouts, rollout('r', { restartAt: '2026-01-01T00:00:00Z' }), strict),
      ],
    },
    {
      id: 'own-int-or-string',
      shows: 'A number or a text, nothing else.',
      steps: [
        post(rollouts, canary({ maxSurge: '25%', maxUnavailable: 0 }), strict),
        post(rollouts, canary({ maxSurge: true }), strict),
      ],
    },
    {
      id: 'own-map-key-twice',
      shows: 'The same key twice in a list with keys.',
      steps: [
        post(
          own('analysistemplates'),
          { ...template(prometheus), spec: { metrics: [1, 2].map(() => ({ name: 'errors', provider: prometheus })) } },
          strict,
        ),
      ],
    },
    {
      id: 'own-defaults',
      shows: 'Defaults are filled in, also inside of lists and objects that are given.',
      steps: [post(own('gitsyncs'), gitSync()), post(own('analysistemplates'), template(prometheus))],
    },
    {
      id: 'own-pruning',
      shows: 'Unknown fields vanish, except inside of a pod template.',
      steps: [
        post(
          rollouts,
          rollout('r', {
            nonsense: { deep: 1 },
            template: {
              metadata: { labels: { app: 'r' }, sprinkles: 1 },
              spec: { containers: [{ name: 'w', image: 'i', future: { a: [1, 2] } }], futureField: true },
            },
          }),
        ),
      ],
    },
    {
      id: 'own-metadata',
      shows: 'Labels of a custom resource that are none.',
      steps: [
        post(rollouts, rollout('r', {}, { labels: { a: '-' }, annotations: { 'b ': '' } }), strict),
        post(rollouts, rollout('r', {}, { labels: { a: 1 } }), strict),
      ],
    },
    {
      id: 'cel-weight',
      shows: 'A weight of 101 and one of -1.',
      steps: [
        post(rollouts, steps({ setWeight: 101 }), strict),
        post(rollouts, steps({ setWeight: 20 }, { setWeight: -1 }), strict),
      ],
    },
    {
      id: 'cel-step',
      shows: 'A step with two actions, with none.',
      steps: [post(rollouts, steps({ setWeight: 5, pause: {} }), strict), post(rollouts, steps({}), strict)],
    },
    {
      id: 'cel-strategy',
      shows: 'No strategy, both strategies.',
      steps: [
        post(rollouts, rollout('r', { strategy: {} }), strict),
        post(rollouts, rollout('r', { strategy: { canary: {}, blueGreen: { activeService: 'a' } } }), strict),
      ],
    },
    {
      id: 'cel-services',
      shows: 'One Service for both sides; a router without Services.',
      steps: [
        post(rollouts, canary({ canaryService: 'a', stableService: 'a' }), strict),
        post(rollouts, canary({ trafficRouting: { gatewayAPI: { httpRoutes: [{ name: 'web' }] } } }), strict),
        post(rollouts, rollout('r', { strategy: { blueGreen: { activeService: 'a', previewService: 'a' } } }), strict),
      ],
    },
    {
      id: 'cel-several',
      shows: 'Several rules broken at once are named together.',
      steps: [
        post(
          rollouts,
          rollout('r', {
            template: undefined,
            strategy: { canary: { canaryService: 'a', stableService: 'a', steps: [{ setWeight: 101 }, {}] } },
          }),
          strict,
        ),
      ],
    },
    {
      id: 'cel-template',
      shows: 'Selector and template are required without a workloadRef.',
      steps: [
        post(rollouts, { ...rollout('r'), spec: { strategy: { canary: {} } } }, strict),
        post(
          rollouts,
          {
            ...rollout('r'),
            spec: { strategy: { canary: {} }, workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } },
          },
          strict,
        ),
      ],
    },
    {
      id: 'cel-name',
      shows: 'A name that is too long for our rule.',
      steps: [post(rollouts, rollout('a'.repeat(64)), strict)],
    },
    {
      id: 'cel-transition',
      shows: 'The selector cannot be changed, the rest can.',
      steps: [
        post(rollouts, rollout('r'), { as: 'create' }),
        merge(own('rollouts/r'), { spec: { selector: { matchLabels: { app: 'other' } } } }),
        merge(own('rollouts/r'), { spec: { paused: true } }),
        put(own('rollouts/r'), {
          ...rollout('r', { selector: { matchLabels: { app: 'x' } } }),
          metadata: { name: 'r', resourceVersion: '<create.metadata.resourceVersion>' },
        }),
      ],
    },
    {
      id: 'cel-scale-step',
      shows: 'setCanaryScale with two fields, and without a router.',
      steps: [
        post(rollouts, steps({ setCanaryScale: { replicas: 1, weight: 2 } }), strict),
        post(rollouts, steps({ setCanaryScale: { replicas: 1 } }), strict),
      ],
    },
    {
      id: 'cel-provider',
      shows: 'No provider, two providers.',
      steps: [
        post(own('analysistemplates'), template({}), strict),
        post(own('analysistemplates'), template({ ...prometheus, plugin: { x: {} } }), strict),
      ],
    },
    {
      id: 'cel-git',
      shows: 'Repository, branch and path that are refused, with our sentences.',
      steps: [
        post(own('gitsyncs'), gitSync({ repository: 'ftp://a/b' }), strict),
        post(own('gitsyncs'), gitSync({ repository: 'https://a:b@c/d' }), strict),
        post(own('gitsyncs'), gitSync({ branch: 'a..b' }), strict),
        post(own('gitsyncs'), gitSync({ branch: 'a[1' }), strict),
        post(own('gitsyncs'), gitSync({ path: '../x' }), strict),
        post(own('gitsyncs'), gitSync({ path: 'a\\b' }), strict),
        post(own('gitsyncs'), gitSync({ alsoPaths: ['ok', '/x'] }), strict),
      ],
    },
    {
      id: 'cel-duration',
      shows: 'Durations that are none or too short.',
      steps: [
        post(own('gitsyncs'), gitSync({ interval: 'soon' }), strict),
        post(own('gitsyncs'), gitSync({ interval: '500ms' }), strict),
        post(own('gitsyncs'), gitSync({ interval: '1h30m', bake: '0s' }), strict),
        post(own('gitsyncs'), gitSync({ revert: { mode: 'push', maxAge: '0s' } }), strict),
      ],
    },
    {
      id: 'cel-credentials',
      shows: 'Two credentials for the push.',
      steps: [
        post(
          own('gitsyncs'),
          gitSync({ revert: { mode: 'push', writeCredentials: { secretName: 'a', key: 'b' } } }),
          strict,
        ),
      ],
    },
    {
      id: 'cel-after-schema',
      shows: 'Rules are not tried on what the schema refuses.',
      steps: [
        post(rollouts, rollout('r', { replicas: -1, strategy: { canary: { steps: [{ setWeight: 101 }] } } }), strict),
      ],
    },
    {
      id: 'ratcheting',
      shows: 'An unchanged value that a later schema refuses does not block other changes.',
      steps: [post(rollouts, rollout('r')), merge(own('rollouts/r'), { metadata: { labels: { a: 'b' } } })],
    },

    {
      id: 'builtin-types',
      shows: 'Wrong types in built-in kinds.',
      steps: [
        post(core('configmaps'), { ...configMap('a'), data: { x: 1 } }),
        post(apps('replicasets'), replicaSet('r', { replicas: 'three' })),
        post(core('pods'), pod('p', { containers: {} })),
        post(core('services'), service('s', { ports: [{ port: 'http' }] })),
      ],
    },
    {
      id: 'pod-required',
      shows: 'What a pod must have.',
      steps: [
        post(core('pods'), pod('p', { containers: [] })),
        post(core('pods'), pod('p', { containers: [{ image: 'i' }] })),
        post(core('pods'), pod('p', { containers: [{ name: 'web' }] })),
        post(core('pods'), { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }),
      ],
    },
    {
      id: 'pod-defaults',
      shows: 'Defaults of a pod, with probes, ports, env and volumes.',
      steps: [
        post(
          core('pods'),
          pod('p', {
            containers: [
              {
                name: 'web',
                image: 'registry.example.com/web:1',
                ports: [{ containerPort: 8080 }],
                env: [
                  { name: 'A', value: 'b' },
                  { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
                ],
                readinessProbe: { httpGet: { path: '/ready', port: 8080 } },
                livenessProbe: { tcpSocket: { port: 8080 } },
                resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { cpu: '0.2', memory: '128Mi' } },
              },
            ],
            volumes: [
              { name: 'a', configMap: { name: 'c' } },
              { name: 'b', secret: { secretName: 's' } },
              { name: 'e', emptyDir: {} },
            ],
          }),
        ),
        post(
          core('pods'),
          pod('latest', {
            containers: [
              { name: 'web', image: 'web' },
              { name: 'side', image: 'side:latest' },
            ],
            terminationGracePeriodSeconds: 5,
            restartPolicy: 'Never',
          }),
        ),
      ],
    },
    {
      id: 'pod-immutable',
      shows: 'Most of a pod cannot be changed, its image can.',
      steps: [
        post(core('pods'), pod('p')),
        merge(core('pods/p'), { spec: { containers: [{ name: 'web', image: 'web:2' }] } }),
        merge(core('pods/p'), { spec: { restartPolicy: 'Never' } }),
      ],
    },
    {
      id: 'pod-twice',
      shows: 'Two containers of one name.',
      steps: [
        post(
          core('pods'),
          pod('p', {
            containers: [
              { name: 'web', image: 'a' },
              { name: 'web', image: 'b' },
            ],
          }),
        ),
      ],
    },
    {
      id: 'set-defaults',
      shows: 'Defaults of a ReplicaSet and of its template.',
      steps: [
        post(apps('replicasets'), {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          metadata: { name: 'r' },
          spec: { selector: { matchLabels: { app: 'r' } }, template: podTemplate('r') },
        }),
      ],
    },
    {
      id: 'set-selector',
      shows: 'The selector must match the template, be there, and not change.',
      steps: [
        post(apps('replicasets'), replicaSet('r', { selector: { matchLabels: { app: 'other' } } })),
        post(apps('replicasets'), replicaSet('r', { selector: {} })),
        post(apps('replicasets'), replicaSet('r')),
        merge(apps('replicasets/r'), {
          spec: { selector: { matchLabels: { tier: 'x' } }, template: { metadata: { labels: { tier: 'x' } } } },
        }),
        post(apps('replicasets'), replicaSet('s', { replicas: -1 })),
      ],
    },
    {
      id: 'deployment-defaults',
      shows: 'Defaults of a Deployment.',
      steps: [
        post(apps('deployments'), { ...replicaSet('d'), kind: 'Deployment' }),
        post(apps('deployments'), {
          ...replicaSet('e', { strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }),
          kind: 'Deployment',
        }),
      ],
    },
    {
      id: 'job-defaults',
      shows: 'Defaults of a Job: selector and labels from its uid.',
      steps: [
        post(inGroup('batch/v1')('jobs'), {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'j' },
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'job:1' }] } } },
        }),
        post(inGroup('batch/v1')('jobs'), {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'k' },
          spec: { template: { spec: { containers: [{ name: 'job', image: 'job:1' }] } } },
        }),
      ],
    },
    {
      id: 'service-defaults',
      shows: 'Defaults of a Service and its address.',
      steps: [
        post(core('services'), service('s')),
        post(
          core('services'),
          service('n', {
            type: 'NodePort',
            ports: [
              { port: 80, targetPort: 'http', name: 'http' },
              { port: 81, name: 'other' },
            ],
          }),
        ),
        post(core('services'), service('h', { clusterIP: 'None' })),
        post(core('services'), service('x', { type: 'ExternalName', externalName: 'example.com' })),
      ],
    },
    {
      id: 'service-address',
      shows: 'The address of a Service is kept and cannot be changed.',
      steps: [
        post(core('services'), service('s'), { as: 'create' }),
        put(core('services/s'), service('s', { selector: { app: 'x' } })),
        merge(core('services/s'), { spec: { clusterIP: '10.96.3.3' } }),
        post(core('services'), service('t', { clusterIP: '10.96.77.7' })),
        post(core('services'), service('u', { clusterIP: '10.96.77.7' })),
      ],
    },
    {
      id: 'service-ports',
      shows: 'Ports that are wrong: none, two without name, out of range.',
      steps: [
        post(core('services'), service('s', { ports: [] })),
        post(core('services'), service('s', { ports: [{ port: 80 }, { port: 81 }] })),
        post(core('services'), service('s', { ports: [{ port: 0 }] })),
        post(core('services'), service('s', { ports: [{ port: 70000, targetPort: 'no good' }] })),
      ],
    },
    {
      id: 'secret',
      shows: 'Secrets: stringData becomes data; bad base64; types.',
      steps: [
        post(core('secrets'), {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's' },
          stringData: { a: 'b' },
          data: { c: 'ZA==' },
        }),
        post(core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 't' }, data: { c: '%%%' } }),
        merge(core('secrets/s'), { type: 'other' }),
        post(core('secrets'), {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 'u' },
          type: 'kubernetes.io/basic-auth',
          stringData: {},
        }),
      ],
    },
    {
      id: 'secret-immutable',
      shows: 'An immutable Secret keeps its data.',
      steps: [
        post(core('secrets'), {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: 's' },
          immutable: true,
          stringData: { a: 'b' },
        }),
        merge(core('secrets/s'), { stringData: { a: 'c' } }),
      ],
    },
    {
      id: 'config-map-utf8',
      shows: 'data and binaryData must not share a key.',
      steps: [
        post(core('configmaps'), { ...configMap('a', { x: '1' }), binaryData: { x: 'AA==', y: 'AA==' } }),
        post(core('configmaps'), { ...configMap('a', { x: '1' }), binaryData: { y: 'AA==' } }),
      ],
    },
    {
      id: 'hpa',
      shows: 'A HorizontalPodAutoscaler of a Rollout.',
      steps: [
        post(inGroup('autoscaling/v2')('horizontalpodautoscalers'), {
          apiVersion: 'autoscaling/v2',
          kind: 'HorizontalPodAutoscaler',
          metadata: { name: 'h' },
          spec: {
            scaleTargetRef: { apiVersion: 'tidegate.io/v1alpha1', kind: 'Rollout', name: 'r' },
            minReplicas: 2,
            maxReplicas: 5,
          },
        }),
      ],
    },
    {
      id: 'pdb',
      shows: 'A PodDisruptionBudget.',
      steps: [
        post(inGroup('policy/v1')('poddisruptionbudgets'), {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'p' },
          spec: { minAvailable: '50%', selector: { matchLabels: { app: 'web' } } },
        }),
      ],
    },
    {
      id: 'endpoint-slice',
      shows: 'An EndpointSlice: loopback addresses are refused.',
      steps: [
        post(inGroup('discovery.k8s.io/v1')('endpointslices'), {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'e', labels: { 'kubernetes.io/service-name': 's' } },
          addressType: 'IPv4',
          ports: [{ port: 80 }],
          endpoints: [{ addresses: ['10.244.0.5'], conditions: { ready: true } }],
        }),
        post(inGroup('discovery.k8s.io/v1')('endpointslices'), {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'f' },
          addressType: 'IPv4',
          ports: [{ port: 80, name: 'http' }],
          endpoints: [{ addresses: ['127.0.0.1'] }],
        }),
      ],
    },
    {
      id: 'service-account',
      shows: 'A ServiceAccount.',
      steps: [
        post(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } }),
      ],
    },
    {
      id: 'roles',
      shows: 'Roles and bindings are stored; the role of a binding cannot be changed.',
      steps: [
        post(inGroup('rbac.authorization.k8s.io/v1')('roles'), {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'Role',
          metadata: { name: 'r' },
          rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
        }),
        post(inGroup('rbac.authorization.k8s.io/v1')('rolebindings'), {
          apiVersion: 'rbac.authorization.k8s.io/v1',
          kind: 'RoleBinding',
          metadata: { name: 'b' },
          roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
          subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: '<ns>' }],
        }),
        merge(inGroup('rbac.authorization.k8s.io/v1')('rolebindings/b'), { roleRef: { name: 'other' } }),
      ],
    },
    {
      id: 'pvc',
      shows: 'A PersistentVolumeClaim.',
      steps: [
        post(core('persistentvolumeclaims'), {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'c' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
        }),
      ],
    },
    {
      id: 'node',
      shows: 'A Node and its status.',
      steps: [
        post('/api/v1/nodes', {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'node-conformance', labels: { 'kubernetes.io/os': 'linux' } },
        }),
        merge('/api/v1/nodes/node-conformance/status', {
          status: {
            conditions: [{ type: 'Ready', status: 'True' }],
            addresses: [{ type: 'InternalIP', address: '10.244.0.1' }],
            capacity: { cpu: '4', memory: '8Gi', pods: '110' },
          },
        }),
      ],
    },
  ],
};
