/** ReplicaSets of a Rollout: what a new one looks like, which revision number it has, and the effects that size it. */

import { ownKeys, podTemplateHashLabel } from '../../crds/schema/keys.ts';
import { desiredReplicas } from '../../crds/schema/defaults.ts';
import { objectIn } from '../../crds/schema/json.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { Json, JsonObject, KubeObject } from '../../kube/api.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import { deadlineText, instantOf } from './time-text.ts';
import { hullOwner } from './adopted.ts';
import { withAntiAffinity } from './anti-affinity.ts';
import { withRoleMetadata } from './ephemeral-metadata.ts';
import type { ReplicaSetDraft, RolloutEffect } from './effects.ts';
import { fact } from './facts.ts';
import type { Observed, ReplicaSetView, StoredRollout } from './observed.ts';
import { annotation, refTo, type Scene } from './scene.ts';

export type Annotate = Extract<RolloutEffect, { readonly kind: 'Annotate' }>;

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** Revision number in the annotation; 0 when there is none. */
export function revisionOf(set: KubeObject | undefined, keys: Keys): number {
  const number = Number(set === undefined ? undefined : annotation(set, keys.revision));
  return Number.isInteger(number) && number > 0 ? number : 0;
}

/** Number of the current revision: that of its ReplicaSet if it is the newest, else one more than the highest. */
export function currentRevision(observed: Observed, podHash: string): number {
  const { keys, replicaSets } = observed;
  const own = revisionOf(
    replicaSets.find((set) => set.podHash === podHash),
    keys,
  );
  const highest = Math.max(
    0,
    ...replicaSets.filter((set) => set.podHash !== podHash).map((set) => revisionOf(set, keys)),
  );
  return own > highest ? own : highest + 1;
}

/** The whole ReplicaSet as it is created; `replicas` also counts into its desired-replicas annotation's meaning. */
export function replicaSetObject(
  rollout: StoredRollout,
  input: { readonly podHash: string; readonly revision: number; readonly replicas: number; readonly keys: Keys },
): JsonObject {
  const { podHash, keys } = input;
  const template = objectIn(rollout.spec.template);
  const meta = objectIn(template.metadata);
  const labels = { ...objectIn(meta.labels), [keys.podTemplateHash]: podHash };
  const selector = objectIn(rollout.spec.selector);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${rollout.metadata.name}-${podHash}`,
      namespace: rollout.metadata.namespace,
      labels: { ...labels, [podTemplateHashLabel]: podHash, ...instanceLabel(rollout, keys) },
      annotations: {
        ...copiedAnnotations(rollout, keys),
        [keys.revision]: String(input.revision),
        [keys.desiredReplicas]: String(desiredReplicas(rollout)),
      },
      ownerReferences: [ownerReference(rollout), ...hullOwner(rollout)],
    },
    spec: {
      replicas: input.replicas,
      minReadySeconds: rollout.spec.minReadySeconds,
      selector: {
        ...selector,
        matchLabels: { ...objectIn(selector.matchLabels), [keys.podTemplateHash]: podHash },
      },
      template: { ...template, metadata: { ...meta, labels } },
    },
  };
}

/** Says which of several controllers serves the Rollout, on all that is made for it. */
export function instanceLabel(rollout: Rollout, keys: Keys): JsonObject {
  const id = rollout.metadata.labels?.[keys.instanceId];
  return id === undefined ? {} : { [keys.instanceId]: id };
}

export function ownerReference(rollout: Rollout): JsonObject {
  const { apiVersion, kind, metadata } = rollout;
  const { name, uid = '' } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Everything but what speaks of one object only: bookkeeping of kubectl, revisions, notifications, commands and the term. */
function copiedAnnotations(rollout: Rollout, keys: Keys): JsonObject {
  const command = keys.command;
  const skipped = new Set<string>([
    lastApplied,
    keys.revision,
    keys.revisionHistory,
    keys.desiredReplicas,
    ownKeys.term,
    ownKeys.syncRequestedAt,
    ownKeys.adopted,
    ownKeys.adopting,
  ]);
  const kept = Object.entries({ ...rollout.metadata.annotations }).filter(
    ([key]) => !skipped.has(key) && !key.startsWith(command) && !key.startsWith('notifications.argoproj.io/'),
  );
  return Object.fromEntries(kept) as Record<string, Json>;
}

/** Creates the ReplicaSet of the current revision with `replicas` pods. */
export function createCurrent(scene: Scene, replicas: number): RolloutEffect {
  const { observed, currentHash: podHash, now } = scene;
  const { rollout, keys } = observed;
  const revision = currentRevision(observed, podHash);
  const plain = replicaSetObject(rollout, { podHash, revision, replicas, keys });
  const object = withAntiAffinity(scene, withRoleMetadata(scene, plain));
  const draft: ReplicaSetDraft = { name: `${rollout.metadata.name}-${podHash}`, podHash, replicas, object };
  const tells = [
    fact(now, 'NewReplicaSetCreated', `Created ReplicaSet ${draft.name} (revision ${revision})`),
    fact(now, 'RolloutNotCompleted', `Started the update to revision ${revision} (${podHash})`),
    ...(replicas > 0 ? [scalingFact(scene, draft.name, revision, 0, replicas)] : []),
  ];
  return { kind: 'CreateReplicaSet', draft, tells };
}

function scalingFact(scene: Scene, name: string, revision: number, from: number, to: number) {
  const way = to > from ? 'up' : 'down';
  return fact(
    scene.now,
    'ScalingReplicaSet',
    `Scaled ${way} ReplicaSet ${name} (revision ${revision}) from ${from} to ${to}`,
  );
}

type Scale = Extract<RolloutEffect, { readonly kind: 'Scale' }>;

/** Nothing when the size is already asked for. Scale-downs with a router look at the live route first. */
export function scaleTo(scene: Scene, set: ReplicaSetView | undefined, to: number): readonly Scale[] {
  if (set === undefined || set.replicas === to) return [];
  const revision = revisionOf(set, scene.observed.keys);
  return [
    {
      kind: 'Scale',
      target: refTo(set),
      podHash: set.podHash,
      from: set.replicas,
      to,
      desired: scene.replicas,
      live: scene.routed && to < set.replicas && scene.replicas > 0,
      tells: [scalingFact(scene, set.metadata.name, revision, set.replicas, to)],
    },
  ];
}

/** Until when an old revision without weight keeps its pods; undefined when no deadline was set. */
export function scaleDownDeadline(set: ReplicaSetView, keys: Keys): number | undefined {
  return instantOf(annotation(set, keys.scaleDownDeadline));
}

export function setDeadline(set: ReplicaSetView, keys: Keys, at: number): RolloutEffect {
  return { kind: 'Annotate', target: refTo(set), set: { [keys.scaleDownDeadline]: deadlineText(at) }, tells: [] };
}

/**
 * Writes the revision number to the Rollout, and to a ReplicaSet that is used again, which remembers its old number and
 * loses the time at which it was to go, unless that is kept.
 */
export function revisionAnnotations(scene: Scene, keepsDeadline = false): readonly Annotate[] {
  const { observed, current, currentHash } = scene;
  const { keys, rollout } = observed;
  if (current === undefined) return [];
  const revision = String(currentRevision(observed, currentHash));
  const list: Annotate[] = [];
  const old = annotation(current, keys.revision);
  if (old !== revision) {
    const history = annotation(current, keys.revisionHistory);
    const remembered = old === undefined ? {} : { [keys.revisionHistory]: history ? `${history},${old}` : old };
    const spent = keepsDeadline ? {} : { [keys.scaleDownDeadline]: null };
    const set = { [keys.revision]: revision, ...remembered, ...spent };
    list.push({ kind: 'Annotate', target: refTo(current), set, tells: [] });
  }
  if (rollout.metadata.annotations?.[keys.revision] !== revision)
    list.push({ kind: 'Annotate', target: refTo(rollout), set: { [keys.revision]: revision }, tells: [] });
  return list;
}
