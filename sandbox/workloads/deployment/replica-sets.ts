/**
 * The ReplicaSets of a Deployment: which is the current one, what a new one looks like, and the annotations that both
 * carry. Pure.
 */

import type { JsonObject, KubeObject } from '../../../kube/api.ts';
import { controllerOf } from '../../../kube/ref.ts';
import { objectOf, type ReplicaSetView } from '../views.ts';
import { grownSize, type Sets } from './sizes.ts';
import { sameTemplate, templateHash } from './template-hash.ts';
import {
  byCreation,
  type DeploymentView,
  desiredAnnotation,
  hashLabel,
  historyAnnotation,
  maxAnnotation,
  revisionAnnotation,
  revisionOf,
} from './view.ts';

/** Not handed on from the Deployment to its ReplicaSets. */
const ownAnnotations: ReadonlySet<string> = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionAnnotation,
  historyAnnotation,
  desiredAnnotation,
  maxAnnotation,
  'deprecated.deployment.rollback.to',
]);

export function setsOf(deployment: DeploymentView, all: readonly ReplicaSetView[]): Sets {
  const ordered = all.toSorted(byCreation);
  const current = ordered.find((set) => sameTemplate(set.template, deployment.template));
  return { current, old: ordered.filter((set) => set !== current) };
}

/** One more than any older one has. */
export function nextRevision({ old }: Sets): number {
  return Math.max(0, ...old.map(revisionOf)) + 1;
}

export interface NewSet {
  readonly object: KubeObject;
  readonly replicas: number;
}

export function newReplicaSet(deployment: DeploymentView, sets: Sets): NewSet {
  const { name, namespace } = deployment.metadata;
  const hash = templateHash(deployment.template, Number(deployment.status.collisionCount ?? 0));
  const metadata = objectOf(deployment.template, 'metadata');
  const labels = { ...objectOf(metadata, 'labels'), [hashLabel]: hash };
  const replicas = deployment.recreate ? deployment.replicas : grownSize(deployment, sets.old, 0);
  const body = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels,
      annotations: {
        ...inherited(deployment),
        [revisionAnnotation]: String(nextRevision(sets)),
        ...sizeAnnotations(deployment),
      },
      ownerReferences: [controllerOf(deployment)],
    },
    spec: {
      replicas,
      minReadySeconds: deployment.minReadySeconds,
      selector: {
        ...deployment.selector,
        matchLabels: { ...deployment.selector.matchLabels, [hashLabel]: hash },
      },
      template: { ...deployment.template, metadata: { ...metadata, labels } },
    },
  };
  return { object: body as unknown as KubeObject, replicas };
}

export function sizeAnnotations(deployment: DeploymentView): Readonly<Record<string, string>> {
  return {
    [desiredAnnotation]: String(deployment.replicas),
    [maxAnnotation]: String(deployment.replicas + deployment.maxSurge),
  };
}

function inherited(deployment: DeploymentView): Record<string, string> {
  const all = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(all.filter(([key]) => !ownAnnotations.has(key)));
}

/** What the current ReplicaSet lacks: annotations of its Deployment, the highest revision, minReadySeconds. */
export function catchUpPatch(deployment: DeploymentView, sets: Sets): JsonObject | undefined {
  const { current } = sets;
  if (current === undefined) return undefined;
  const wanted: Record<string, string> = inherited(deployment);
  const revision = revisionOf(current);
  if (revision < nextRevision(sets)) {
    wanted[revisionAnnotation] = String(nextRevision(sets));
    const history = current.metadata.annotations?.[historyAnnotation];
    if (revision > 0) wanted[historyAnnotation] = history ? `${history},${revision}` : String(revision);
  }
  const late = Object.entries(wanted).filter(([key, value]) => current.metadata.annotations?.[key] !== value);
  const sameWait = current.minReadySeconds === deployment.minReadySeconds;
  if (late.length === 0 && sameWait) return undefined;
  return {
    ...(late.length === 0 ? {} : { metadata: { annotations: Object.fromEntries(late) } }),
    ...(sameWait ? {} : { spec: { minReadySeconds: deployment.minReadySeconds } }),
  };
}
