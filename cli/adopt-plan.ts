/**
 * What taking over a Deployment's ReplicaSets, and giving them back, means: the refusals and the patches, as data. Pure.
 * Every patch is a JSON merge patch of metadata or of one field, so that nothing a client does not know is ever lost.
 */

import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import { deploymentHashLabel, type Keys, ownKeys, podTemplateHashLabel } from '../crds/schema/keys.ts';
import type { KubeObject } from '../kube/api.ts';
import { fieldOf } from '../kube/json.ts';

export type Whole = KubeObject & JsonObject;

const revisionKey = 'deployment.kubernetes.io/revision';
/** A stale value would keep the Deployment from ever rolling again; an absent one is safe. */
const desiredKey = 'deployment.kubernetes.io/desired-replicas';

function numberAt(object: Whole, ...path: string[]): number {
  const value = fieldOf(object, ...path);
  return typeof value === 'number' ? value : 0;
}

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

/** Why the Deployment can't be taken over now, with what to do; undefined when it can. `isPaused`: by this very command. */
export function adoptRefusal(deployment: Whole, owned: readonly Whole[], isPaused = false): string | undefined {
  const replicas = replicasOf(deployment);
  const active = owned.filter((set) => replicasOf(set) > 0);
  const status = (name: string) => numberAt(deployment, 'status', name);
  const owner = deployment.metadata.ownerReferences?.find((one) => one.controller === true);
  if (owner !== undefined) return `it belongs to ${owner.kind} ${owner.name}: change that instead`;
  if (fieldOf(deployment, 'spec', 'strategy', 'type') === 'Recreate')
    return 'its strategy is Recreate: change it to RollingUpdate';
  if (fieldOf(deployment, 'spec', 'revisionHistoryLimit') === 0)
    return 'its revisionHistoryLimit is 0, so there would be nothing to go back to: raise it';
  if (fieldOf(deployment, 'spec', 'paused') === true && !isPaused)
    return 'it is paused by somebody: find out why, then run kubectl rollout resume';
  if (replicas === 0) return 'it has 0 replicas: scale it up first';
  if (active.length !== 1) return `${active.length} of its ReplicaSets have pods: wait until its rollout is over`;
  if (status('observedGeneration') < (deployment.metadata.generation ?? 0))
    return 'its controller has not seen the last change yet: try again';
  const isWhole = ['replicas', 'updatedReplicas', 'availableReplicas'].every((name) => status(name) === replicas);
  if (!isWhole) return 'not all of its pods are available and of the newest template: wait until its rollout is over';
  return undefined;
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

/** Why the ReplicaSets can't be given back now; undefined when they can. */
export function ejectRefusal(
  rollout: Whole,
  deployment: Whole,
  owned: readonly Whole[],
  keys: Keys,
): string | undefined {
  if (rollout.metadata.annotations?.[ownKeys.adopted] !== deployment.metadata.uid)
    return 'it did not adopt the Deployment of its workloadRef, so there is nothing to give back';
  const active = owned.filter((set) => replicasOf(set) > 0);
  const [only] = active;
  const known = fieldOf(rollout, 'status', 'phase');
  const phase = typeof known === 'string' ? known : 'without a status';
  if (phase !== 'Healthy') return `it is ${phase}: promote or abort and wait until it is Healthy`;
  if (only === undefined || active.length > 1)
    return `${active.length} of its ReplicaSets have pods: wait until the old ones are scaled down`;
  if (owned.some((set) => set.metadata.annotations?.[keys.ephemeralMetadata] !== undefined))
    return 'its ReplicaSets carry metadata of their roles: remove canaryMetadata and stableMetadata from the Rollout first';
  if (!isSameTemplate(only, deployment))
    return `the template of ReplicaSet ${only.metadata.name} differs from the Deployment's: giving it back would start a rolling update; set the Deployment's template to it first`;
  return undefined;
}

/** Equal but for the hash label, as the Deployment's controller compares them. */
export function isSameTemplate(set: Whole, deployment: Whole): boolean {
  return canonical(withoutHash(set)) === canonical(withoutHash(deployment));
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
        [ownKeys.term]: null,
      },
    },
  };
}

/** Takes the pin off a Service. */
export function unpinPatch(keys: Keys): JsonObject {
  return {
    metadata: { annotations: { [keys.managedByRollouts]: null } },
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
