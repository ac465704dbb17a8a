/** Tries a set on the API server without writing: reads every object live, overlays it, dry-runs the apply, compares. */

import { createHash } from 'node:crypto';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { ApiResult, Identity, KubeClient } from '../../kube/api.ts';
import { canonicalJson } from '../rollout/pod-hash-json.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { deferredConfigs, type PreparedSet } from './config-copies.ts';
import { isUnchanged } from './compare.ts';
import { forEachLimited } from './for-each-limited.ts';
import { healthOf } from './health.ts';
import { annotationOf, groupOf, idOf, keyOf, keyText, labelOf, type Manifest, objectId, textAt } from './objects.ts';
import type { TrialItem } from './observed.ts';
import { autoscaledIds, overlay, type OverlayContext } from './overlay.ts';
import { inApplyOrder, stageOf } from './order.ts';
import { bounded, refusalOf } from './problems.ts';
import { podTemplateRefusal } from './pod-template-check.ts';
import { asRollout } from './rollout-state.ts';
import { withPresetOfSet } from './set-presets.ts';
import { type Stamp, stamped } from './stamp.ts';

export const fieldManager = 'tidegate-sync';

/** What the server said before: `objectId` → the version it held for ('' = absent), digest of the payload, and the answer. */
export type TrialMemo = Map<
  string,
  { readonly resourceVersion: string; readonly payload: string; readonly state: 'same' | 'differs' }
>;

export interface TrialInputs {
  readonly client: KubeClient;
  readonly keys: Keys;
  readonly group: string;
  readonly routers: readonly TrafficRouter[];
  readonly sync: GitSync;
  readonly identity: Identity;
  /** `ServiceAccount shop/deployer`. */
  readonly account: string;
  readonly stamp: Stamp;
  readonly liveRollouts: readonly Manifest[];
  /** Rollouts of the set that are not applied now: they hold their fields of routes and Services all the same. */
  readonly keptBack?: readonly Manifest[];
  /** uid → `GitSync shop/other`, for every GitSync that exists. */
  readonly syncs: ReadonlyMap<string, string>;
  readonly keepCapacity: boolean;
  /** Pod templates of Rollouts are tried too; only for a set that was never applied. */
  readonly checkTemplates: boolean;
  readonly memo: TrialMemo;
}

interface Shared extends TrialInputs {
  readonly overlay: OverlayContext;
  readonly deferred: ReadonlySet<string>;
  /** `group/kind` of kinds whose CRD is in the set. */
  readonly ownKinds: ReadonlySet<string>;
}

const parallel = 8;

/** One item per object of the set, in the order in which they would be applied. Never throws for an answer of the server. */
export async function tryOut(set: PreparedSet, inputs: TrialInputs): Promise<readonly TrialItem[]> {
  const objects = inApplyOrder(set.objects);
  const autoscalers = await autoscalersOf(set, inputs);
  if (typeof autoscalers === 'string') return objects.map((object) => unknownItem(object, autoscalers));
  const wanted = [...set.objects, ...(inputs.keptBack ?? [])].filter(
    (object) => object.kind === 'Rollout' && groupOf(object.apiVersion) === inputs.group,
  );
  const shared: Shared = {
    ...inputs,
    deferred: deferredConfigs(set, inputs.group),
    ownKinds: ownKinds(set.objects),
    overlay: {
      hashLabel: inputs.keys.podTemplateHash,
      wantedRollouts: wanted.map((one) => asRollout(withPresetOfSet(one, set.objects))),
      liveRollouts: inputs.liveRollouts.map(asRollout),
      routers: inputs.routers,
      autoscaled: autoscaledIds(autoscalers),
      keepCapacity: inputs.keepCapacity,
    },
  };
  return forEachLimited(objects, parallel, (object) => tryOne(object, shared));
}

/** HPAs and KEDA's ScaledObjects, in the cluster or only in the set; read with the controller's own rights. */
async function autoscalersOf(set: PreparedSet, inputs: TrialInputs): Promise<readonly Manifest[] | string> {
  const kinds = [
    { group: 'autoscaling', kind: 'HorizontalPodAutoscaler' },
    { group: 'keda.sh', kind: 'ScaledObject' },
  ];
  const own = set.objects.filter((object) =>
    kinds.some((one) => one.kind === object.kind && one.group === groupOf(object.apiVersion)),
  );
  const namespace = inputs.sync.metadata.namespace ?? '';
  const lists = await Promise.all(kinds.map((kind) => inputs.client.list(kind, { namespace })));
  const found: Manifest[] = [...own];
  for (const list of lists) {
    if (list.kind === 'ok') found.push(...list.items);
    // Not knowing the autoscalers would mean to overwrite their replicas.
    else if (list.kind !== 'not-found')
      return `The autoscalers of namespace ${namespace} could not be listed (${list.kind}); it is tried again.`;
  }
  return found;
}

function unknownItem(object: Manifest, why: string): TrialItem {
  const health = { kind: 'progressing', why: 'is not known' } as const;
  return { id: objectId(object), stage: 'base', payload: object, state: 'passing', health, sentences: [why] };
}

function ownKinds(objects: readonly Manifest[]): ReadonlySet<string> {
  return new Set(
    objects
      .filter((object) => object.kind === 'CustomResourceDefinition')
      .map((object) => `${textAt(object, ['spec', 'group']) ?? ''}/${textAt(object, ['spec', 'names', 'kind']) ?? ''}`),
  );
}

async function tryOne(object: Manifest, shared: Shared): Promise<TrialItem> {
  const manifest = stamped(object, shared.stamp, shared.keys);
  const key = keyOf(manifest);
  const read = await shared.client.get(key, { as: shared.identity });
  if (read.kind !== 'ok' && read.kind !== 'not-found') return refusedItem(manifest, undefined, read, shared);
  const live = read.kind === 'ok' ? read.object : undefined;
  const foreign = foreignSync(live, shared);
  if (foreign !== undefined) return itemOf(manifest, live, 'blocked', [foreign], shared);
  const payload = overlay(manifest, live, shared.overlay);
  const known = shared.memo.get(idOf(key));
  const digest = digestOf(payload);
  if (known?.resourceVersion === (live?.metadata.resourceVersion ?? '') && known.payload === digest) {
    return itemOf(payload, live, known.state, [], shared);
  }
  return dryRun(payload, live, digest, shared);
}

async function dryRun(
  payload: Manifest,
  live: Manifest | undefined,
  digest: string,
  shared: Shared,
): Promise<TrialItem> {
  const { client, identity, memo } = shared;
  const result = await client.apply(payload, { as: identity, fieldManager, force: true, dryRun: true, strict: true });
  if (result.kind === 'not-found' && shared.ownKinds.has(`${groupOf(payload.apiVersion)}/${payload.kind}`)) {
    // Its CRD comes with the same set, so nobody can try it before that is applied.
    return itemOf(payload, live, 'differs', [], shared);
  }
  if (result.kind !== 'ok') return refusedItem(payload, live, result, shared);
  if (shared.checkTemplates && payload.kind === 'Rollout') {
    const refused = await podTemplateRefusal(payload, client, shared.keys);
    if (refused !== undefined)
      return itemOf(payload, live, refused.kind === 'refused' ? 'blocked' : 'passing', refused.sentences, shared);
  }
  const state = live === undefined || !isUnchanged(live, result.object, shared.keys) ? 'differs' : 'same';
  memo.set(objectId(payload), { resourceVersion: live?.metadata.resourceVersion ?? '', payload: digest, state });
  return itemOf(payload, live, state, [], shared);
}

/** Digest of a payload without the object and version it was made for: those are compared by themselves. */
export function digestOf(payload: Manifest): string {
  const { resourceVersion: _version, uid: _uid, ...metadata } = payload.metadata;
  return createHash('sha256')
    .update(canonicalJson({ ...payload, metadata } as Manifest))
    .digest('hex');
}

function itemOf(
  payload: Manifest,
  live: Manifest | undefined,
  state: TrialItem['state'],
  sentences: readonly string[],
  shared: Shared,
): TrialItem {
  const owner = live && foreignOwner(live);
  return {
    id: objectId(payload),
    stage: stageOf(payload, live !== undefined, shared.deferred),
    payload,
    ...(live === undefined ? {} : { live }),
    state,
    health: live === undefined ? { kind: 'progressing', why: 'does not exist yet' } : healthOf(live),
    sentences,
    ...(owner === undefined ? {} : { foreignOwner: owner }),
  };
}

function refusedItem(payload: Manifest, live: Manifest | undefined, result: ApiResult, shared: Shared): TrialItem {
  const refused = refusalOf(keyOf(payload), result, shared.account, payload);
  const item = itemOf(
    payload,
    live,
    refused?.kind === 'passing' ? 'passing' : 'blocked',
    refused?.sentences ?? [],
    shared,
  );
  return result.kind === 'forbidden' ? { ...item, lacksRight: true } : item;
}

/** An object belongs to one GitSync; what a deleted one left behind may be adopted. */
function foreignSync(live: Manifest | undefined, shared: Shared): string | undefined {
  const owner = live && labelOf(live, shared.keys.gitSync);
  if (live === undefined || owner === undefined || owner === shared.sync.metadata.uid) return undefined;
  const name = shared.syncs.get(owner);
  if (name === undefined) return undefined;
  return bounded(
    `${keyText(keyOf(live))}: its label ${shared.keys.gitSync} is that of ${name}, but an object may belong to one GitSync only (OwnedByOther): remove it from one of the two paths in Git.`,
  );
}

/** The other syncer that claims a live object; a restore leaves such objects alone. */
function foreignOwner(live: Manifest): string | undefined {
  if (labelOf(live, 'kustomize.toolkit.fluxcd.io/name') !== undefined) return 'Flux';
  return annotationOf(live, 'argocd.argoproj.io/tracking-id') === undefined ? undefined : 'Argo CD';
}
