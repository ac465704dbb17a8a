/** The defaults that a server fills into builtin objects when it reads them. */

import { isJsonObject, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import { at, each, fill } from './fill.ts';
import { podDefaults, podSpecDefaults } from './pod-defaults.ts';
import { serviceDefaults } from './service-defaults.ts';

const byKind: Readonly<Record<string, (object: JsonObject) => JsonObject>> = {
  Pod: podDefaults,
  Deployment: deploymentDefaults,
  ReplicaSet: (set) => at(set, 'spec', (spec) => templateDefaults(fill(spec, { replicas: 1 }))),
  Job: jobDefaults,
  Service: serviceDefaults,
  Secret: secretDefaults,
  Namespace: namespaceDefaults,
  Node: (node) => at(node, 'status', (status) => fill(status, { allocatable: status['capacity'] })),
  PersistentVolumeClaim: (claim) => at(claim, 'spec', (spec) => fill(spec, { volumeMode: 'Filesystem' })),
  EndpointSlice: (slice) => each(slice, 'ports', (port) => fill(port, { name: '', protocol: 'TCP' })),
  HorizontalPodAutoscaler: autoscalerDefaults,
  RoleBinding: bindingDefaults,
  ClusterRoleBinding: bindingDefaults,
  CustomResourceDefinition: definitionDefaults,
};

export function withDefaults(kind: string, object: JsonObject): JsonObject {
  return byKind[kind]?.(object) ?? object;
}

function templateDefaults(spec: JsonObject): JsonObject {
  return at(spec, 'template', (template) => at(template, 'spec', podSpecDefaults));
}

function deploymentDefaults(deployment: JsonObject): JsonObject {
  return at(deployment, 'spec', (spec) => {
    const filled = fill(templateDefaults(spec), {
      replicas: 1,
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
    });
    return at(filled, 'strategy', (strategy) => {
      const typed = fill(strategy, { type: 'RollingUpdate' });
      if (typed['type'] !== 'RollingUpdate') return typed;
      return at(fill(typed, { rollingUpdate: {} }), 'rollingUpdate', (rolling) =>
        fill(rolling, { maxUnavailable: '25%', maxSurge: '25%' }),
      );
    });
  });
}

function jobDefaults(job: JsonObject): JsonObject {
  return at(job, 'spec', (spec) => {
    const isOpen = spec['completions'] === undefined && spec['parallelism'] === undefined;
    return fill(templateDefaults(spec), {
      ...(isOpen ? { completions: 1 } : {}),
      parallelism: 1,
      backoffLimit: isJsonObject(spec['podFailurePolicy']) ? spec['backoffLimit'] : 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: isJsonObject(spec['podFailurePolicy']) ? 'Failed' : 'TerminatingOrFailed',
    });
  });
}

/** What was given as text becomes data. */
function secretDefaults(secret: JsonObject): JsonObject {
  const { stringData, ...kept } = secret;
  const filled = fill(kept, { type: 'Opaque' });
  if (!isJsonObject(stringData)) return stringData === undefined ? fill(secret, { type: 'Opaque' }) : filled;
  const data = isJsonObject(secret['data']) ? secret['data'] : {};
  const encoded = Object.entries(stringData).map(([key, text]) => [
    key,
    Buffer.from(typeof text === 'string' ? text : '').toString('base64'),
  ]);
  return { ...filled, data: { ...data, ...(Object.fromEntries(encoded) as JsonObject) } };
}

function namespaceDefaults(namespace: JsonObject): JsonObject {
  return at(namespace, 'metadata', (metadata) => {
    const name = textAt(metadata, 'name');
    if (name === '') return metadata;
    const labels = isJsonObject(metadata['labels']) ? metadata['labels'] : {};
    const filled =
      labels['kubernetes.io/metadata.name'] === name ? labels : { ...labels, 'kubernetes.io/metadata.name': name };
    return filled === metadata['labels'] ? metadata : { ...metadata, labels: filled };
  });
}

const cpuTarget = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
};

function autoscalerDefaults(autoscaler: JsonObject): JsonObject {
  return at(autoscaler, 'spec', (spec) => fill(spec, { minReplicas: 1, metrics: [cpuTarget] }));
}

const rbac = 'rbac.authorization.k8s.io';

function bindingDefaults(binding: JsonObject): JsonObject {
  const filled = at(binding, 'roleRef', (ref) => fill(ref, { apiGroup: rbac }));
  return each(filled, 'subjects', (subject) =>
    subject['kind'] === 'User' || subject['kind'] === 'Group' ? fill(subject, { apiGroup: rbac }) : subject,
  );
}

function definitionDefaults(definition: JsonObject): JsonObject {
  return at(definition, 'spec', (spec) => {
    const named = at(spec, 'names', (names) => {
      const kind = textAt(names, 'kind');
      return kind === '' ? names : fill(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
    });
    return fill(named, { conversion: { strategy: 'None' } });
  });
}
