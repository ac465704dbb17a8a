/** Defaults and checks of built-in kinds. */

import {
  apps,
  configMap,
  core,
  type Group,
  inGroup,
  merge,
  pod,
  podTemplate,
  post,
  put,
  replicaSet,
  service,
} from '../case.ts';

export const builtinKinds: Group = {
  name: 'builtin-kinds',
  cases: [
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
