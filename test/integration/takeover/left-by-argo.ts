/**
 * Puts a cluster state there as Argo Rollouts' controller leaves it (argo-rollouts.md sections 1 and 2): Services, Rollout and
 * templates by their team, ReplicaSets, selectors, annotations, status and runs by the manager `rollouts-controller`; and waits
 * until kube-controller-manager and the pods have settled.
 */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { eventually } from '../../bed/eventually.ts';
import { collection, type Live, listOf, post, send } from './api.ts';
import { type Version, goHashes, podTemplate } from './templates.ts';
import type { TakeoverWorld } from './world.ts';

export const hashLabel = 'rollouts-pod-template-hash';
export const instanceLabel = 'argo-rollouts.argoproj.io/controller-instance-id';
const argo = 'rollouts-controller';
const team = 'kubectl-client-side-apply';

export interface LeftSet {
  readonly version: Version;
  readonly hash?: string;
  readonly replicas: number;
  readonly revision: number;
  /** Earlier numbers of a revision that was used again. */
  readonly history?: string;
}

/** What the state's own objects and status may need. */
export interface Left {
  readonly world: TakeoverWorld;
  readonly namespace: string;
  readonly rollout: Live;
  readonly labels: Readonly<Record<string, string>>;
  /** Controller reference to the Rollout. */
  readonly owner: JsonObject;
  readonly sets: readonly LeftSet[];
  readonly hashOf: (version: Version) => string;
}

export interface LeftState {
  readonly name: string;
  readonly replicas: number;
  readonly spec: (world: TakeoverWorld) => JsonObject;
  readonly sets: readonly LeftSet[];
  readonly current: Version;
  readonly stable: Version;
  /** Service to the version that it selects. */
  readonly services?: Readonly<Record<string, Version>>;
  /** Objects of the team beside the Rollout. */
  readonly beside?: (world: TakeoverWorld) => readonly JsonObject[];
  /** Objects that Argo made; they are posted whole, in order. */
  readonly made?: (left: Left) => Promise<readonly JsonObject[]>;
  /** Status beside counts, hashes and generations. */
  readonly status: (left: Left) => JsonObject;
}

const hash = (set: LeftSet) => set.hash ?? goHashes[set.version];

export async function leave(
  world: TakeoverWorld,
  namespace: string,
  state: LeftState,
  instanceId: string | undefined,
): Promise<Left> {
  const labels: Readonly<Record<string, string>> = instanceId === undefined ? {} : { [instanceLabel]: instanceId };
  const place = { world, namespace };
  await world.cluster.api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  for (const object of [...Object.keys(state.services ?? {}).map(serviceObject), ...(state.beside?.(world) ?? [])])
    await post(place, withLabels(object, labels), team);
  const rollout = await postRollout(place, state, labels);
  const owner = ownerOf(rollout);
  for (const set of state.sets) await post(place, replicaSet(state, set, owner, labels), argo);
  await settled(place, state.sets);
  const find = (version: Version) => {
    const set = state.sets.find((one) => one.version === version);
    return set === undefined ? goHashes[version] : hash(set);
  };
  const left: Left = { world, namespace, rollout, labels, owner, sets: state.sets, hashOf: find };
  for (const [name, version] of Object.entries(state.services ?? {}))
    await send(place, 'api/v1/services', name, selecting(find(version)), argo);
  for (const object of (await state.made?.(left)) ?? []) await post(place, object, argo);
  await settled(place, state.sets);
  const revision = String(Math.max(...state.sets.map((set) => set.revision)));
  await send(place, collection.rollouts, 'app', annotated('rollout.argoproj.io/revision', revision), argo);
  await send(place, collection.rollouts, 'app/status', { status: await statusOf(left, state) }, argo);
  return left;
}

function annotated(key: string, value: string): JsonObject {
  return { metadata: { annotations: { [key]: value } } };
}

function selecting(podHash: string): JsonObject {
  return {
    ...annotated('argo-rollouts.argoproj.io/managed-by-rollouts', 'app'),
    spec: { selector: { app: 'app', [hashLabel]: podHash } },
  };
}

function withLabels(object: JsonObject, labels: JsonObject): JsonObject {
  const metadata = object.metadata as JsonObject;
  return {
    ...object,
    metadata: { ...metadata, labels: { ...(metadata.labels as JsonObject | undefined), ...labels } },
  };
}

export function serviceObject(name: string): JsonObject {
  const spec = { selector: { app: 'app' }, ports: [{ port: 80, targetPort: 8080 }] };
  return { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec };
}

/** Created with the stable template and edited to the current one, so that its generation tells of it. */
async function postRollout(
  place: { readonly world: TakeoverWorld; readonly namespace: string },
  state: LeftState,
  labels: JsonObject,
): Promise<Live> {
  const spec = {
    replicas: state.replicas,
    selector: { matchLabels: { app: 'app' } },
    template: podTemplate(state.stable),
    ...state.spec(place.world),
  };
  const object = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', metadata: { name: 'app', labels }, spec };
  const made = await post(place, object, team);
  if (state.current === state.stable) return made;
  return send(place, collection.rollouts, 'app', { spec: { template: podTemplate(state.current) } }, team);
}

function ownerOf({ kind, apiVersion, metadata }: Live): JsonObject {
  const { name, uid = '' } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

function replicaSet(state: LeftState, set: LeftSet, owner: JsonObject, labels: JsonObject): JsonObject {
  const podLabels = { app: 'app', [hashLabel]: hash(set) };
  const template = podTemplate(set.version);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `app-${hash(set)}`,
      labels: { ...podLabels, ...labels },
      annotations: {
        'rollout.argoproj.io/desired-replicas': String(state.replicas),
        'rollout.argoproj.io/revision': String(set.revision),
        ...(set.history === undefined ? {} : { 'rollout.argoproj.io/revision-history': set.history }),
      },
      ownerReferences: [owner],
    },
    spec: {
      replicas: set.replicas,
      selector: { matchLabels: podLabels },
      template: { ...template, metadata: { labels: podLabels } },
    },
  };
}

async function settled(
  place: { readonly world: TakeoverWorld; readonly namespace: string },
  sets: readonly LeftSet[],
): Promise<void> {
  await eventually(
    `pods of ${place.namespace} are ready`,
    async (saw) => {
      const all = await listOf(place, collection.replicaSets);
      saw(all.map(({ metadata, status }) => [metadata.name, status]));
      return (
        all.length >= sets.length &&
        all.every(({ spec, status }) => {
          const { availableReplicas = 0, replicas = 0 } = (status ?? {}) as Record<string, number>;
          const wanted = (spec as { replicas: number }).replicas;
          return availableReplicas === wanted && replicas === wanted;
        })
      );
    },
    { withinMs: 60_000 },
  );
}

/** Counts as Argo has them: with blue-green those behind the active Service (argo-rollouts.md 1.6). */
async function statusOf(left: Left, state: LeftState): Promise<JsonObject> {
  const generation = (await listOf(left, collection.rollouts))[0]?.metadata.generation ?? 0;
  const sum = (version?: Version) =>
    state.sets
      .filter((set) => version === undefined || set.version === version)
      .reduce((all, one) => all + one.replicas, 0);
  const more = state.status(left);
  const active = (more.blueGreen as { activeSelector?: string } | undefined)?.activeSelector;
  const counted = active === undefined ? sum() : sum(state.stable);
  return {
    HPAReplicas: counted,
    availableReplicas: counted,
    readyReplicas: counted,
    replicas: sum(),
    updatedReplicas: sum(state.current),
    currentPodHash: left.hashOf(state.current),
    stableRS: left.hashOf(state.stable),
    observedGeneration: String(generation),
    selector: active === undefined ? 'app=app' : `app=app,${hashLabel}=${active}`,
    ...more,
  };
}
