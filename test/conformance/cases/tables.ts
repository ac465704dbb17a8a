/** Tables: what `kubectl get` prints for each kind. */

import type { JsonObject } from '../../../crds/schema/json.ts';
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
  post,
  remove,
  replicaSet,
  rollout,
  service,
} from '../case.ts';

const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const table = (path: string, query: Record<string, string> = {}) => get(path, { accept, query });
const container = (state: JsonObject, ready = false, restartCount = 0): JsonObject => ({
  containerStatuses: [{ name: 'web', ready, restartCount, image: 'web:1', imageID: '', state }],
});
const podWith = (name: string, status: JsonObject) => [
  post(core('pods'), pod(name, { nodeName: 'node-1' })),
  merge(core(`pods/${name}/status`), { status }),
];

export const tables: Group = {
  name: 'tables',
  cases: [
    {
      id: 'table-pods',
      shows: 'Pods: ready, status words, restarts.',
      steps: [
        ...podWith('running', {
          phase: 'Running',
          podIP: '10.244.0.9',
          podIPs: [{ ip: '10.244.0.9' }],
          conditions: [{ type: 'Ready', status: 'True' }],
          ...container({ running: { startedAt: '2026-01-01T00:00:00Z' } }, true),
        }),
        ...podWith('crashing', {
          phase: 'Running',
          ...container({ waiting: { reason: 'CrashLoopBackOff' } }, false, 3),
        }),
        ...podWith('no-image', { phase: 'Pending', ...container({ waiting: { reason: 'ImagePullBackOff' } }) }),
        ...podWith('done', { phase: 'Succeeded', ...container({ terminated: { exitCode: 0, reason: 'Completed' } }) }),
        ...podWith('failed', { phase: 'Failed', ...container({ terminated: { exitCode: 2 } }) }),
        post(core('pods'), pod('waiting')),
        table(core('pods')),
      ],
    },
    {
      id: 'table-pod',
      shows: 'One pod is a table of one row.',
      steps: [post(core('pods'), pod('p')), table(core('pods/p'))],
    },
    {
      id: 'table-pod-terminating',
      shows: 'A pod on its way out is Terminating.',
      steps: [post(core('pods'), pod('p', { nodeName: 'node-1' })), remove(core('pods/p')), table(core('pods'))],
    },
    {
      id: 'table-pod-gates',
      shows: 'Readiness gates and node in wide columns.',
      steps: [
        post(core('pods'), pod('p', { nodeName: 'node-1', readinessGates: [{ conditionType: 'example.com/gate' }] })),
        table(core('pods')),
      ],
    },
    {
      id: 'table-sets',
      shows: 'ReplicaSets: desired, current, ready.',
      steps: [
        post(apps('replicasets'), replicaSet('r', { replicas: 3 })),
        merge(apps('replicasets/r/status'), { status: { replicas: 3, readyReplicas: 2 } }),
        table(apps('replicasets')),
      ],
    },
    {
      id: 'table-deployments',
      shows: 'Deployments.',
      steps: [
        post(apps('deployments'), { ...replicaSet('d', { replicas: 2 }), kind: 'Deployment' }),
        merge(apps('deployments/d/status'), {
          status: { replicas: 2, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2 },
        }),
        table(apps('deployments')),
      ],
    },
    {
      id: 'table-services',
      shows: 'Services of each type.',
      steps: [
        post(core('services'), service('a', { clusterIP: '10.96.99.1' })),
        post(
          core('services'),
          service('b', {
            clusterIP: 'None',
            ports: [
              { name: 'x', port: 80 },
              { name: 'y', port: 81, protocol: 'UDP' },
            ],
          }),
        ),
        post(core('services'), service('c', { type: 'ExternalName', externalName: 'example.com', ports: [] })),
        post(
          core('services'),
          service('d', { type: 'LoadBalancer', clusterIP: '10.96.99.2', ports: [{ port: 80, nodePort: 30999 }] }),
        ),
        table(core('services')),
      ],
    },
    {
      id: 'table-config',
      shows: 'ConfigMaps and Secrets count their keys.',
      steps: [
        post(core('configmaps'), { ...configMap('a', { x: '1', y: '2' }), binaryData: { z: 'AA==' } }),
        post(core('secrets'), { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, stringData: { a: 'b' } }),
        table(core('configmaps')),
        table(core('secrets')),
      ],
    },
    {
      id: 'table-rollouts',
      shows: 'Rollouts by the columns of our definition.',
      steps: [
        post(own('rollouts'), rollout('r', { replicas: 3 })),
        merge(own('rollouts/r/status'), {
          status: { phase: 'Progressing', message: 'moving', replicas: 3, updatedReplicas: 1, availableReplicas: 2 },
        }),
        table(own('rollouts')),
      ],
    },
    {
      id: 'table-own',
      shows: 'Our other kinds: a template without columns, a GitSync without status.',
      steps: [
        post(own('analysistemplates'), {
          apiVersion: 'tidegate.io/v1alpha1',
          kind: 'AnalysisTemplate',
          metadata: { name: 't' },
          spec: { metrics: [{ name: 'm', provider: { prometheus: { address: 'http://p', query: 'up' } } }] },
        }),
        post(own('gitsyncs'), {
          apiVersion: 'tidegate.io/v1alpha1',
          kind: 'GitSync',
          metadata: { name: 'g' },
          spec: {
            repository: 'https://git.example.com/shop',
            branch: 'main',
            path: 'apps',
            serviceAccountName: 'd',
            revert: { mode: 'push' },
          },
        }),
        table(own('analysistemplates')),
        table(own('gitsyncs')),
        table(own('releases')),
        table(own('gitreverts')),
        table(own('rolloutruns')),
        table(own('analysisruns')),
        table(own('experiments')),
      ],
    },
    {
      id: 'table-namespaces',
      shows: 'Namespaces with their phase.',
      steps: [table('/api/v1/namespaces', { fieldSelector: 'metadata.name=<ns>' })],
    },
    {
      id: 'table-slices',
      shows: 'EndpointSlices with ports and addresses.',
      steps: [
        post(inGroup('discovery.k8s.io/v1')('endpointslices'), {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: { name: 'e' },
          addressType: 'IPv4',
          ports: [{ port: 80 }],
          endpoints: ['5', '6', '7', '8'].map((last) => ({ addresses: [`10.244.0.${last}`] })),
        }),
        table(inGroup('discovery.k8s.io/v1')('endpointslices')),
      ],
    },
    {
      id: 'table-leases',
      shows: 'Leases with their holder.',
      steps: [
        post(inGroup('coordination.k8s.io/v1')('leases'), {
          apiVersion: 'coordination.k8s.io/v1',
          kind: 'Lease',
          metadata: { name: 'l' },
          spec: { holderIdentity: 'one', leaseDurationSeconds: 15 },
        }),
        table(inGroup('coordination.k8s.io/v1')('leases')),
      ],
    },
    {
      id: 'table-jobs',
      shows: 'Jobs with completions.',
      steps: [
        post(inGroup('batch/v1')('jobs'), {
          apiVersion: 'batch/v1',
          kind: 'Job',
          metadata: { name: 'j' },
          spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'job', image: 'job:1' }] } } },
        }),
        table(inGroup('batch/v1')('jobs')),
      ],
    },
    {
      id: 'table-pdb',
      shows: 'PodDisruptionBudgets.',
      steps: [
        post(inGroup('policy/v1')('poddisruptionbudgets'), {
          apiVersion: 'policy/v1',
          kind: 'PodDisruptionBudget',
          metadata: { name: 'p' },
          spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
        }),
        table(inGroup('policy/v1')('poddisruptionbudgets')),
      ],
    },
    {
      id: 'table-hpa',
      shows: 'HorizontalPodAutoscalers.',
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
        table(inGroup('autoscaling/v2')('horizontalpodautoscalers')),
      ],
    },
    {
      id: 'table-accounts',
      shows: 'ServiceAccounts.',
      steps: [
        post(core('serviceaccounts'), { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'deployer' } }),
        table(core('serviceaccounts'), { fieldSelector: 'metadata.name=deployer' }),
      ],
    },
    {
      id: 'table-events',
      shows: 'Events, the latest words of an object.',
      steps: [
        post(core('events'), {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: 'e' },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', name: 'p', namespace: '<ns>' },
          reason: 'Started',
          message: 'it runs',
          type: 'Normal',
          count: 3,
          firstTimestamp: '2026-01-01T00:00:00Z',
          lastTimestamp: '2026-01-01T00:01:00Z',
          source: { component: 'kubelet', host: 'node-1' },
        }),
        table(core('events')),
      ],
      ignore: [0, 4].map((column) => ({
        path: `1.body.rows.0.cells.${column === 0 ? 0 : 7}`,
        why: 'time since a fixed date',
      })),
    },
    {
      id: 'table-definitions',
      shows: 'Definitions by the day they were made.',
      steps: [
        table('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
          fieldSelector: 'metadata.name=rollouts.tidegate.io',
        }),
      ],
    },
    {
      id: 'table-nodes',
      shows: 'Nodes with status and version.',
      steps: [
        post('/api/v1/nodes', {
          apiVersion: 'v1',
          kind: 'Node',
          metadata: { name: 'node-table', labels: { only: 'table-nodes', 'node-role.kubernetes.io/worker': '' } },
        }),
        merge('/api/v1/nodes/node-table/status', {
          status: {
            conditions: [{ type: 'Ready', status: 'True' }],
            addresses: [{ type: 'InternalIP', address: '10.244.0.1' }],
            nodeInfo: {
              kubeletVersion: 'v1.36.0',
              osImage: 'x',
              kernelVersion: 'y',
              containerRuntimeVersion: 'z',
              architecture: '',
              bootID: '',
              kubeProxyVersion: '',
              machineID: '',
              operatingSystem: '',
              systemUUID: '',
            },
          },
        }),
        table('/api/v1/nodes', { labelSelector: 'only=table-nodes' }),
      ],
    },
    {
      id: 'table-include',
      shows: 'includeObject decides what stands beside the cells.',
      steps: [
        post(core('configmaps'), configMap('a')),
        table(core('configmaps'), { includeObject: 'None' }),
        table(core('configmaps'), { includeObject: 'Object' }),
        table(core('configmaps'), { includeObject: 'Metadata' }),
        table(core('configmaps'), { includeObject: 'Everything' }),
      ],
    },
    {
      id: 'table-pages',
      shows: 'Tables come in pages too.',
      steps: [
        post(core('configmaps'), configMap('a')),
        post(core('configmaps'), configMap('b')),
        table(core('configmaps'), { limit: '1' }),
      ],
    },
    { id: 'table-only', shows: 'A table of an error is the error.', steps: [table(core('configmaps/none'))] },
    {
      id: 'table-refused',
      shows: 'An Accept header nobody can serve.',
      steps: [
        get(core('configmaps'), { accept: 'text/csv' }),
        get(core('configmaps'), { accept: 'application/json;as=Chart;v=v1;g=meta.k8s.io' }),
      ],
    },
  ],
};
