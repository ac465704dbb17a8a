/** The columns of the builtin kinds as a real server defines them. Most describe a field in the words of its schema. */

import { builtinComponents } from '../schema/builtin-shapes.ts';
import { stringAt } from '../json-access.ts';
import type { Column } from '../served-kind.ts';

/** `@Component.field` takes the words of that field's schema; all else is said as it is. */
type Words = string;
type Row = readonly [name: string, words: Words, more?: { readonly wide?: true; readonly type?: string }];

const wide = { wide: true } as const;
const integer = { type: 'integer' } as const;
const age: Row = ['Age', '@ObjectMeta.creationTimestamp'];
const createdAt: Row = ['Created At', '@ObjectMeta.creationTimestamp', { type: 'date' }];
const template: readonly Row[] = [
  ['Containers', 'Names of each container in the template.', wide],
  ['Images', 'Images referenced by each container in the template.', wide],
];

/** By kind, after the name. */
const rows: Readonly<Record<string, readonly Row[]>> = {
  ConfigMap: [['Data', '@ConfigMap.data'], age],
  Namespace: [['Status', 'The status of the namespace'], age],
  Node: [
    ['Status', 'The status of the node'],
    ['Roles', 'The roles of the node'],
    age,
    ['Version', '@NodeSystemInfo.kubeletVersion'],
    ['Internal-IP', '@NodeStatus.addresses', wide],
    ['External-IP', '@NodeStatus.addresses', wide],
    ['OS-Image', '@NodeSystemInfo.osImage', wide],
    ['Kernel-Version', '@NodeSystemInfo.kernelVersion', wide],
    ['Container-Runtime', '@NodeSystemInfo.containerRuntimeVersion', wide],
  ],
  PersistentVolumeClaim: [
    ['Status', '@PersistentVolumeClaimStatus.phase'],
    ['Volume', '@PersistentVolumeClaimSpec.volumeName'],
    ['Capacity', '@PersistentVolumeClaimStatus.capacity'],
    ['Access Modes', '@PersistentVolumeClaimStatus.accessModes'],
    ['StorageClass', 'StorageClass of the pvc'],
    ['VolumeAttributesClass', 'VolumeAttributesClass of the pvc'],
    age,
    ['VolumeMode', '@PersistentVolumeClaimSpec.volumeMode', wide],
  ],
  Pod: [
    ['Ready', 'The aggregate readiness state of this pod for accepting traffic.'],
    ['Status', 'The aggregate status of the containers in this pod.'],
    [
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ],
    age,
    ['IP', '@PodStatus.podIP', wide],
    ['Node', '@PodSpec.nodeName', wide],
    ['Nominated Node', '@PodStatus.nominatedNodeName', wide],
    ['Readiness Gates', '@PodSpec.readinessGates', wide],
  ],
  Secret: [['Type', '@Secret.type'], ['Data', '@Secret.data'], age],
  ServiceAccount: [age],
  Service: [
    ['Type', '@ServiceSpec.type'],
    ['Cluster-IP', '@ServiceSpec.clusterIP'],
    ['External-IP', '@ServiceSpec.externalIPs'],
    ['Port(s)', '@ServiceSpec.ports'],
    age,
    ['Selector', '@ServiceSpec.selector', wide],
  ],
  Deployment: [
    ['Ready', 'Number of the pod with ready state'],
    ['Up-to-date', '@DeploymentStatus.updatedReplicas'],
    ['Available', '@DeploymentStatus.availableReplicas'],
    age,
    ...template,
    ['Selector', '@DeploymentSpec.selector', wide],
  ],
  ReplicaSet: [
    ['Desired', '@ReplicaSetSpec.replicas', integer],
    ['Current', '@ReplicaSetStatus.replicas', integer],
    ['Ready', '@ReplicaSetStatus.readyReplicas', integer],
    age,
    ...template,
    ['Selector', '@ReplicaSetSpec.selector', wide],
  ],
  HorizontalPodAutoscaler: [
    ['Reference', '@HorizontalPodAutoscalerSpec.scaleTargetRef'],
    ['Targets', '@HorizontalPodAutoscalerSpec.metrics'],
    ['MinPods', '@HorizontalPodAutoscalerSpec.minReplicas'],
    ['MaxPods', '@HorizontalPodAutoscalerSpec.maxReplicas'],
    ['Replicas', '@HorizontalPodAutoscalerStatus.currentReplicas'],
    age,
  ],
  Job: [
    ['Status', 'Status of the job.'],
    ['Completions', '@JobStatus.succeeded'],
    ['Duration', 'Time required to complete the job.'],
    age,
    ...template,
    ['Selector', '@JobSpec.selector', wide],
  ],
  PodDisruptionBudget: [
    ['Min Available', 'The minimum number of pods that must be available.'],
    ['Max Unavailable', 'The maximum number of pods that may be unavailable.'],
    ['Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.', integer],
    age,
  ],
  ClusterRoleBinding: binding('clusterRoleBinding', '@ClusterRoleBinding.roleRef'),
  RoleBinding: binding('roleBinding', '@RoleBinding.roleRef'),
  ClusterRole: [createdAt],
  Role: [createdAt],
  CustomResourceDefinition: [createdAt],
  Lease: [['Holder', '@LeaseSpec.holderIdentity'], age],
  EndpointSlice: [
    ['AddressType', '@EndpointSlice.addressType'],
    ['Ports', '@EndpointSlice.ports'],
    ['Endpoints', '@EndpointSlice.endpoints'],
    age,
  ],
};

function binding(kind: string, role: Words): readonly Row[] {
  const subjects = ['Users', 'Groups', 'ServiceAccounts'].map((name): Row => [name, `${name} in the ${kind}`, wide]);
  return [['Role', role], age, ...subjects];
}

/** Events begin with when they were seen; their names come last. */
const eventRows: readonly Row[] = [
  ['Last Seen', '@Event.lastTimestamp'],
  ['Type', '@Event.type'],
  ['Reason', '@Event.reason'],
  ['Object', '@Event.involvedObject'],
  ['Subobject', '@ObjectReference.fieldPath', wide],
  ['Source', '@Event.source', wide],
  ['Message', '@Event.message'],
  ['First Seen', '@Event.firstTimestamp', wide],
  ['Count', '@Event.count', wide],
];

export function builtinColumns(kind: string): readonly Column[] {
  const name = { ...column(['Name', '@ObjectMeta.name']), format: 'name' };
  if (kind === 'Event') return [...eventRows.map(column), { ...name, priority: 1 }];
  return [name, ...(rows[kind] ?? [age]).map(column)];
}

function column([name, words, more]: Row): Column {
  const description = words.startsWith('@') ? fieldWords(words.slice(1)) : words;
  return { name, type: more?.type ?? 'string', format: '', description, priority: more?.wide === true ? 1 : 0 };
}

/** What the schema says of a field, without the list of its values, which a table leaves out. */
export function fieldWords(path: string): string {
  const [component = '', field = ''] = path.split('.');
  for (const [name, schema] of builtinComponents()) {
    if (!name.endsWith(`.${component}`) || name.includes('.events.')) continue;
    return stringAt(schema, 'properties', field, 'description').split('\n\nPossible enum values:')[0] ?? '';
  }
  return '';
}
