/** Rules of single builtin kinds: fields of the pod in variables, topology, node ports, claims, counts, containers, generations. */

import { load } from 'js-yaml';
import { Json as JsonValue, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import { apps, core, get, type Group, merge, pod, podTemplate, post, put, replicaSet, service } from '../case.ts';

const pods = core('pods');

const withField = (name: string, fieldPath: string): JsonObject =>
  pod(name, {
    containers: [{ name: 'web', image: 'web:1', env: [{ name: 'X', valueFrom: { fieldRef: { fieldPath } } }] }],
  });

const withAffinity = (name: string, affinity: JsonObject): JsonObject => pod(name, { affinity });
const term = (topologyKey: string): JsonObject => ({ labelSelector: { matchLabels: { app: 'a' } }, topologyKey });

const claim = (storage: string, more: JsonObject = {}): JsonObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'c' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, ...more },
});

const deployment = (name: string, metadata: JsonObject = {}): JsonObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: { selector: { matchLabels: { app: name } }, template: podTemplate(name) },
});

const containers = (...names: string[]): Json => names.map((name) => ({ name, image: 'web:1' }));
const nodePort = (port: number): JsonObject => ({ type: 'NodePort', ports: [{ port: 80, nodePort: port }] });

/** The text read again: how a text is quoted is each writer's own. */
const inYaml = { accept: 'application/yaml', view: readAgain } as const;

function readAgain(body: Json): Json {
  return typeof body === 'string' ? JsonValue.parse(load(body)) : 'no text';
}

export const kindRules: Group = {
  name: 'kind-rules',
  cases: [
    {
      id: 'field-path',
      shows: 'A variable can be taken from some fields of the pod only.',
      steps: [
        post(pods, withField('p1', 'spec.containers')),
        post(pods, withField('p2', 'metadata.name')),
        post(pods, withField('p3', "metadata.labels['app']")),
        post(pods, withField('p4', 'metadata.labels')),
        post(pods, withField('p5', '')),
        post(pods, withField('p6', "metadata.annotations['a b']")),
        post(pods, withField('p7', "metadata.uid['x']")),
        post(pods, withField('p8', 'status.podIP')),
        post(pods, withField('p9', 'status.phase')),
      ],
    },
    {
      id: 'topology-key',
      shows: 'Affinity and spread need a topology key.',
      steps: [
        post(
          pods,
          withAffinity('p1', { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('')] } }),
        ),
        post(
          pods,
          withAffinity('p2', {
            podAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term('') }],
            },
          }),
        ),
        post(
          pods,
          pod('p3', {
            topologySpreadConstraints: [{ maxSkew: 1, topologyKey: '', whenUnsatisfiable: 'DoNotSchedule' }],
          }),
        ),
        post(
          pods,
          withAffinity('p4', { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term('a b')] } }),
        ),
      ],
    },
    {
      id: 'node-port-range',
      shows: 'Node ports have a range.',
      steps: [
        post(core('services'), service('s', nodePort(80))),
        post(core('services'), service('s', nodePort(40000))),
        post(core('services'), service('s', nodePort(70000))),
        post(core('services'), service('s', { ports: [{ port: 80, nodePort: 30080 }] })),
        post(core('services'), service('s')),
        merge(core('services/s'), { spec: nodePort(80) }),
        post(core('services'), service('t', nodePort(32111))),
        post(core('services'), service('u', nodePort(32111))),
      ],
    },
    {
      id: 'claim-resize',
      shows: 'A claim that is not bound cannot grow.',
      steps: [
        post(core('persistentvolumeclaims'), claim('1Gi'), { as: 'claim' }),
        merge(core('persistentvolumeclaims/c'), { spec: { resources: { requests: { storage: '2Gi' } } } }),
        merge(core('persistentvolumeclaims/c'), { metadata: { labels: { a: 'b' } } }),
        merge(core('persistentvolumeclaims/c'), { spec: { accessModes: ['ReadOnlyMany'] } }),
        merge(core('persistentvolumeclaims/c'), { spec: { volumeName: 'v' } }),
      ],
    },
    {
      id: 'replicaset-status-counts',
      shows: 'Counts of a status are compared with one another.',
      steps: [
        post(apps('replicasets'), replicaSet('r')),
        merge(apps('replicasets/r/status'), {
          status: { replicas: 1, fullyLabeledReplicas: 2, readyReplicas: 3, availableReplicas: 4 },
        }),
        merge(apps('replicasets/r/status'), { status: { replicas: -1, readyReplicas: -2, availableReplicas: -3 } }),
        post(apps('deployments'), deployment('d')),
        merge(apps('deployments/d/status'), {
          status: { replicas: 1, updatedReplicas: 2, readyReplicas: 3, availableReplicas: 4 },
        }),
      ],
    },
    {
      id: 'deployment-annotations',
      shows: 'What raises the generation of a Deployment.',
      steps: [
        post(apps('deployments'), deployment('d')),
        merge(apps('deployments/d'), { metadata: { annotations: { a: '1' } } }),
        merge(apps('deployments/d'), { metadata: { labels: { a: '1' } } }),
        merge(apps('deployments/d'), { metadata: { annotations: { a: '1' } } }),
        merge(apps('deployments/d'), { metadata: { annotations: null } }),
        merge(apps('deployments/d/status'), { metadata: { annotations: { b: '1' } } }),
        post(apps('replicasets'), replicaSet('r')),
        merge(apps('replicasets/r'), { metadata: { annotations: { a: '1' } } }),
      ],
    },
    {
      id: 'pod-containers',
      shows: 'Containers of a pod do not come and go.',
      steps: [
        post(pods, pod('p', { containers: containers('web', 'side') }), { as: 'pod' }),
        merge(core('pods/p'), { spec: { containers: containers('web') } }),
        merge(core('pods/p'), { spec: { containers: containers('web', 'side', 'more') } }),
        put(core('pods/p'), pod('p', { containers: containers('web') })),
        merge(core('pods/p'), { spec: { initContainers: containers('first') } }),
      ],
    },
    {
      id: 'root-paths',
      shows: 'The root lists paths.',
      steps: [get('/', { view: isPathList })],
    },
    {
      id: 'yaml-answers',
      shows: 'Answers in YAML for who asks for it.',
      needs: 'http',
      steps: [
        post(apps('deployments'), deployment('d'), inYaml),
        get(apps('deployments/d'), inYaml),
        get(apps('deployments'), inYaml),
        get(apps('deployments/none'), inYaml),
        get('/apis/apps', inYaml),
      ],
    },
    {
      id: 'table-beta',
      shows: 'Tables in the version before.',
      steps: [
        post(apps('deployments'), deployment('d')),
        get(apps('deployments'), { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1beta1' }),
        get(apps('deployments/d'), { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1beta1' }),
        get(apps('deployments'), { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1beta1' }),
        get(apps('deployments/d'), { accept: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1beta1' }),
        get(apps('deployments'), { accept: 'application/json;as=Table;g=meta.k8s.io;v=v2' }),
        get(apps('deployments'), { accept: 'application/json;as=Table;g=meta.k8s.io;v=v2,application/json' }),
      ],
    },
  ],
};

/** Which paths there are is each server's own. */
function isPathList(body: Json): Json {
  const paths = typeof body === 'object' && body !== null && 'paths' in body ? body.paths : undefined;
  return (
    Array.isArray(paths) && ['/api', '/api/v1', '/apis', '/healthz', '/version'].every((one) => paths.includes(one))
  );
}
