/**
 * What taking over a Deployment's ReplicaSets, and giving them back, means: the refusals and the patches, as data. Pure.
 * Every patch is a JSON merge patch of metadata or of one field, so that nothing a client does not know is ever lost.
 */

import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import { deploymentHashLabel, type Keys, ownKeys, podTemplateHashLabel } from '../crds/schema/keys.ts';
import { objectText, type Report, reporter, valueText } from '../crds/schema/problem.ts';
import type { KubeObject } from '../kube/api.ts';
import { fieldOf, listOf } from '../kube/json.ts';

export type Whole = KubeObject & JsonObject;

const revisionKey = 'deployment.kubernetes.io/revision';
/** A stale value would keep the Deployment from ever rolling again; an absent one is safe. */
const desiredKey = 'deployment.kubernetes.io/desired-replicas';

export function replicasOf(object: Whole): number {
  const value = fieldOf(object, 'spec', 'replicas');
  return typeof value === 'number' ? value : 1;
}

/** ReplicaSets that this object controls. */
export function controlledBy(owner: KubeObject, sets: readonly Whole[]): readonly Whole[] {
  return sets.filter((set) =>
    set.metadata.ownerReferences?.some((one) => one.controller === true && one.uid === owner.metadata.uid),
  );
}

/**
 * A paused Deployment scales the one ReplicaSet that it owns to its own size, an old one without pods too. So it must never
 * own old ones alone: they leave it first, and come back last.
 */
export function oldOnesFirst(sets: readonly Whole[]): readonly Whole[] {
  return sets.toSorted((one, other) => replicasOf(one) - replicasOf(other));
}

/** Field owners of what this tool and its controller write. */
export const fieldManager = 'kubectl-tidegate';
const ownManagers: readonly unknown[] = [fieldManager, 'tidegate'];

/** True when the pause is that of an adopt which was cut short, or of a Rollout that is gone: nobody else owns the field. */
export function isPausedByUs(deployment: Whole): boolean {
  const entries = listOf(deployment, 'metadata', 'managedFields').filter(isJsonObject);
  const managers = entries
    .filter((entry) => fieldOf(entry, 'fieldsV1', 'f:spec', 'f:paused') !== undefined)
    .map((entry) => entry.manager);
  return managers.length > 0 && managers.every((one) => ownManagers.includes(one));
}

export interface RolloutDraft {
  readonly apiVersion: string;
  readonly strategy: JsonObject;
}

/** The Rollout of the same name, held until the ReplicaSets are its own. */
export function adoptedRollout(deployment: Whole, { apiVersion, strategy }: RolloutDraft): KubeObject {
  const { name, namespace = '', uid = '' } = deployment.metadata;
  const { minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds } = isJsonObject(deployment.spec)
    ? deployment.spec
    : {};
  const kept = Object.entries({ minReadySeconds, revisionHistoryLimit, progressDeadlineSeconds }).filter(
    ([, value]) => typeof value === 'number',
  );
  const spec = {
    replicas: replicasOf(deployment),
    selector: fieldOf(deployment, 'spec', 'selector') ?? {},
    workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name, scaleDown: 'never' },
    ...Object.fromEntries(kept),
    strategy,
  };
  const annotations = { [ownKeys.adopted]: uid, [ownKeys.adopting]: 'held' };
  return { apiVersion, kind: 'Rollout', metadata: { name, namespace, annotations }, spec } as unknown as KubeObject;
}

/** One write per ReplicaSet: the Rollout controls it, and the Deployment stays an owner that keeps it alive. */
export function adoptPatch(set: Whole, deployment: Whole, rollout: Whole, keys: Keys): JsonObject {
  const hash = set.metadata.labels?.[deploymentHashLabel] ?? '';
  const revision = set.metadata.annotations?.[revisionKey];
  return {
    metadata: {
      ownerReferences: [ownerRef(rollout, true), ownerRef(deployment, false)],
      labels: { [podTemplateHashLabel]: hash },
      annotations: { [desiredKey]: null, ...(revision === undefined ? {} : { [keys.revision]: revision }) },
    },
  };
}

function ownerRef({ apiVersion, kind, metadata: { name, uid = '' } }: Whole, isController: boolean): Json {
  const base = { apiVersion, kind, name, uid };
  return isController ? { ...base, controller: true, blockOwnerDeletion: true } : base;
}

/** Why the ReplicaSets can't be given back now, in one sentence; undefined when they can. */
export function ejectRefusal(
  rollout: Whole,
  deployment: Whole,
  owned: readonly Whole[],
  keys: Keys,
): string | undefined {
  const one = (object: Whole, ...parts: Parameters<Report>) => reporter(objectText(object))(...parts).message;
  const active = owned.filter((set) => replicasOf(set) > 0);
  const [only] = active;
  const uid = rollout.metadata.annotations?.[ownKeys.adopted];
  if (uid !== deployment.metadata.uid) {
    const found = valueText(uid);
    const allowed = `only the adopted Deployment can get its pods back, and ${deployment.metadata.name} is ${valueText(deployment.metadata.uid)}`;
    return one(rollout, `metadata.annotations["${ownKeys.adopted}"]`, found, allowed, 'there is nothing to eject');
  }
  const phase = fieldOf(rollout, 'status', 'phase');
  if (phase !== 'Healthy') {
    const remedy = 'promote or abort it, and wait until it is Healthy';
    return one(rollout, 'status.phase', valueText(typeof phase === 'string' ? phase : undefined), healthy, remedy);
  }
  if (only === undefined || active.length > 1) {
    const remedy = only === undefined ? 'scale it up' : 'wait until the old ones are scaled down';
    return one(rollout, 'the number of its ReplicaSets with pods', String(active.length), 'it has to be 1', remedy);
  }
  const marked = owned.find((set) => set.metadata.annotations?.[keys.ephemeralMetadata] !== undefined);
  if (marked !== undefined) {
    const field = `metadata.annotations["${keys.ephemeralMetadata}"]`;
    const remedy = 'remove canaryMetadata and stableMetadata from the Rollout first';
    return one(marked, field, 'set', 'a Deployment knows no metadata of roles', remedy);
  }
  if (isSameTemplate(only, deployment)) return undefined;
  const remedy = `set the Deployment's template to that of the ReplicaSet, or release it with the Rollout first`;
  return one(deployment, 'spec.template', `not that of ReplicaSet ${only.metadata.name}`, rolls, remedy);
}

const healthy = 'only a Rollout that is Healthy can be ejected';
const rolls = 'giving the pods back would start a rolling update without steps';

/** Equal but for the hash label, as the Deployment's controller compares them. */
export function isSameTemplate(set: Whole, deployment: Whole): boolean {
  return templateText(set) === templateText(deployment);
}

/** The pod template as text, without the hash label: what a Deployment compares. */
export function templateText(object: Whole): string {
  return canonical(withoutHash(object));
}

function withoutHash(object: Whole): Json {
  const template = fieldOf(object, 'spec', 'template');
  if (!isJsonObject(template)) return null;
  const metadata = isJsonObject(template.metadata) ? template.metadata : {};
  const labels = isJsonObject(metadata.labels) ? metadata.labels : {};
  const { [deploymentHashLabel]: _hash, ...own } = labels;
  const { creationTimestamp: _time, ...head } = metadata;
  return { ...template, metadata: { ...head, labels: own } };
}

function canonical(value: Json | undefined): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    isJsonObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}

/** Back to the Deployment, without what only a Rollout reads. */
export function ejectPatch(set: Whole, deployment: Whole, keys: Keys): JsonObject {
  const revision = set.metadata.annotations?.[keys.revision];
  return {
    metadata: {
      ownerReferences: [ownerRef(deployment, true)],
      labels: { [podTemplateHashLabel]: null },
      annotations: {
        [desiredKey]: null,
        ...(revision === undefined ? {} : { [revisionKey]: revision }),
        [keys.revision]: null,
        [keys.revisionHistory]: null,
        [keys.desiredReplicas]: null,
        [keys.scaleDownDeadline]: null,
        [keys.workloadGeneration]: null,
        [ownKeys.term]: null,
      },
    },
  };
}

/** Pods got the label for the Rollout's sake only. */
export const unlabelPatch: JsonObject = { metadata: { labels: { [podTemplateHashLabel]: null } } };

/** Takes the pin off a Service. */
export function unpinPatch(keys: Keys): JsonObject {
  return {
    metadata: { annotations: { [keys.managedByRollouts]: null, [ownKeys.term]: null } },
    spec: { selector: { [deploymentHashLabel]: null } },
  };
}

/**
 * One line that gives everything back to the Deployment without this tool and its controller. It waits until the Deployment
 * counts pods again (kubectl 1.31 or newer): let go before that, it would make a second set of them.
 */
export function emergencyLine(name: string, namespace: string, group: string, services: readonly string[]): string {
  const unpin = services.map(
    (service) =>
      `kubectl -n ${namespace} patch service ${service} --type merge -p '{"spec":{"selector":{"${deploymentHashLabel}":null}}}'`,
  );
  return [
    `kubectl -n ${namespace} delete rollouts.${group} ${name} --cascade=background`,
    ...unpin,
    `kubectl -n ${namespace} wait deployment/${name} --for=jsonpath={.status.replicas} --timeout=5m`,
    `kubectl -n ${namespace} patch deployment ${name} --type merge -p '{"spec":{"paused":false}}'`,
  ].join(' && ');
}
