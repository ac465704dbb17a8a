/** Rules of pods: their first status, their end that waits for the kubelet, and what of a spec may still change. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { listAt, numberAt, objectAt, objectsAt, sameJson, stringAt, without } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

export const podRules: KindRules = {
  ...plainRules,
  generation: 'spec',
  selectable: {
    'spec.nodeName': (pod) => stringAt(pod, 'spec', 'nodeName'),
    'spec.restartPolicy': (pod) => stringAt(pod, 'spec', 'restartPolicy'),
    'spec.schedulerName': (pod) => stringAt(pod, 'spec', 'schedulerName'),
    'spec.serviceAccountName': (pod) => stringAt(pod, 'spec', 'serviceAccountName'),
    'spec.hostNetwork': (pod) => String(objectAt(pod, 'spec').hostNetwork === true),
    'status.phase': (pod) => stringAt(pod, 'status', 'phase'),
    'status.podIP': (pod) => stringAt(pod, 'status', 'podIP'),
    'status.nominatedNodeName': (pod) => stringAt(pod, 'status', 'nominatedNodeName'),
  },
  unsupportedField: (field) => `field label not supported: ${field}`,
  create: newPod,
  validate: changedSpec,
  graceSeconds,
  returnsDeleted: true,
};

const tolerated = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
  tolerationSeconds: 300,
}));

function newPod(pod: JsonObject): JsonObject {
  const spec = objectAt(pod, 'spec');
  return {
    ...pod,
    spec: {
      ...spec,
      tolerations: spec.tolerations ?? tolerated,
      priority: spec.priority ?? 0,
      preemptionPolicy: spec.preemptionPolicy ?? 'PreemptLowerPriority',
    },
    status: { phase: 'Pending', qosClass: qosClass(spec) },
  };
}

/** Guaranteed: every container limits cpu and memory to what it requests; BestEffort: none says anything. */
function qosClass(spec: JsonObject): string {
  const containers = [...objectsAt(spec, 'containers'), ...objectsAt(spec, 'initContainers')];
  const resources = containers.map((container) => objectAt(container, 'resources'));
  const says = (one: JsonObject): boolean =>
    Object.keys(objectAt(one, 'requests')).length + Object.keys(objectAt(one, 'limits')).length > 0;
  if (!resources.some(says)) return 'BestEffort';
  const guaranteed = resources.every((one) =>
    ['cpu', 'memory'].every((key) => {
      const limit = objectAt(one, 'limits')[key];
      const request = objectAt(one, 'requests')[key] ?? limit;
      return limit !== undefined && limit === request;
    }),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

/** What no node runs, or what has run to its end, goes at once. */
function graceSeconds(pod: JsonObject): number {
  const phase = stringAt(pod, 'status', 'phase');
  if (stringAt(pod, 'spec', 'nodeName') === '' || phase === 'Failed' || phase === 'Succeeded') return 0;
  return numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}

/** What may change in the spec of a pod that is there. */
function changedSpec(pod: JsonObject, live: JsonObject | undefined): readonly FieldCause[] {
  if (live === undefined) return [];
  for (const key of ['containers', 'initContainers']) {
    if (listAt(pod, 'spec', key).length !== listAt(live, 'spec', key).length) return [otherContainers(key)];
  }
  if (sameJson(fixedPart(pod, live), fixedPart(live, live))) return [];
  const message =
    'Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,' +
    '`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),' +
    '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
  return [{ reason: 'FieldValueForbidden', field: 'spec', message }];
}

function otherContainers(key: string): FieldCause {
  const message = 'Forbidden: pod updates may not add or remove containers';
  return { reason: 'FieldValueForbidden', field: `spec.${key}`, message };
}

function fixedPart(pod: JsonObject, live: JsonObject): JsonObject {
  const spec = without(objectAt(pod, 'spec'), 'activeDeadlineSeconds', 'tolerations', 'ephemeralContainers');
  const images = (key: string): JsonObject =>
    spec[key] === undefined ? {} : { [key]: objectsAt(spec, key).map((container) => without(container, 'image')) };
  // The binding of a pod comes through here as well: its node is fixed from then on.
  const bound = stringAt(live, 'spec', 'nodeName') === '' ? { nodeName: '' } : {};
  return { ...spec, ...images('containers'), ...images('initContainers'), ...bound };
}
