/** Executes the git-sync room's effects in order, one write each, and stops at the first that fails. */

import { ownApiVersion, ownGroup } from '../../crds/schema/dialect.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { ApiResult, Identity, JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';
import type { GitSyncEffect, ReleaseDraft } from './effects.ts';
import { packSet } from './ledger.ts';
import { partName } from './names.ts';
import { keyOf, keyText, type Manifest, objectId } from './objects.ts';
import type { Observed } from './observed.ts';
import { accountOf } from './observe.ts';
import type { GitDeps } from './ports.ts';
import { refusalOf } from './problems.ts';
import type { Room } from './room.ts';
import { accountText } from './tenant.ts';
import { digestOf, fieldManager } from './trial.ts';
import { unusedCopies } from './config-sweep.ts';

const statusManager = 'tidegate';

/** `refused` needs somebody to change something; `passing` is tried again at once. */
export type ActOutcome = { readonly kind: 'ok' } | { readonly kind: 'refused' | 'passing'; readonly message: string };

const ok: ActOutcome = { kind: 'ok' };

export async function act(
  observed: Observed,
  effects: readonly GitSyncEffect[],
  deps: GitDeps,
  room: Room,
): Promise<ActOutcome> {
  for (const effect of effects) {
    if (!deps.leadership.mayWrite()) return { kind: 'passing', message: 'This process does not lead any more.' };
    const outcome = await carryOut(observed, effect, deps, room);
    if (outcome.kind !== 'ok') return outcome;
  }
  return ok;
}

function carryOut(observed: Observed, effect: GitSyncEffect, deps: GitDeps, room: Room): Promise<ActOutcome> {
  switch (effect.kind) {
    case 'SetFinalizer':
      return setFinalizer(observed.sync, effect.present, deps, room);
    case 'WriteRelease':
      return writeRelease(observed.sync, effect.draft, deps, room);
    case 'MarkRelease':
      return markRelease(observed, effect, deps, room);
    case 'TrimRelease':
      return trimRelease(observed.sync, effect, deps, room);
    case 'DeleteRelease':
      return deleteRelease(observed.sync, effect, deps);
    case 'Apply':
      return applyAll(observed, effect.payloads, deps, room);
    case 'Delete':
      // Without a uid it is not known to be the object that was looked at.
      if (effect.uid === '') return Promise.resolve(ok);
      return asTenant(observed.sync, room, async (identity) => {
        const result = await deps.client.delete(effect.key, {
          uid: effect.uid,
          propagation: 'Background',
          as: identity,
        });
        return goneOr(effect.key, result, accountText(accountOf(observed.sync)));
      });
    case 'CreateRevert':
      return createRevert(observed.sync, effect, deps);
    case 'Command':
      return command(effect, deps);
    case 'StartAnalysis':
      return startAnalysis(effect, deps);
    case 'StopAnalysis':
      return stopAnalysis(effect, deps);
    case 'SweepCopies':
      return sweepCopies(observed, effect.keep, deps, room);
  }
}

function outcomeOf(key: ObjectKey, result: ApiResult, account: string): ActOutcome {
  const refused = refusalOf(key, result, account);
  return refused === undefined ? ok : { kind: refused.kind, message: refused.sentences.join(' ') };
}

function goneOr(key: ObjectKey, result: ApiResult<JsonObject>, account: string): ActOutcome {
  // A conflict on the uid means that it is another object now: not ours any more.
  if (result.kind === 'ok' || result.kind === 'not-found' || result.kind === 'gone' || result.kind === 'conflict')
    return ok;
  return outcomeOf(key, result, account);
}

async function asTenant(
  sync: GitSync,
  room: Room,
  run: (identity: Identity) => Promise<ActOutcome>,
): Promise<ActOutcome> {
  const token = await room.tenants.identity(accountOf(sync));
  return token.kind === 'ok' ? run(token.identity) : { kind: token.kind, message: token.message };
}

function syncKey(sync: GitSync): ObjectKey {
  return { group: ownGroup, kind: 'GitSync', namespace: sync.metadata.namespace ?? '', name: sync.metadata.name };
}

async function setFinalizer(sync: GitSync, present: boolean, deps: GitDeps, room: Room): Promise<ActOutcome> {
  const others = (sync.metadata.finalizers ?? []).filter((one) => one !== deps.keys.finalizer);
  const finalizers = present ? [...others, deps.keys.finalizer] : others;
  const { resourceVersion = '', uid = '' } = sync.metadata;
  const result = await deps.client.merge(
    syncKey(sync),
    { metadata: { finalizers } },
    { fieldManager: statusManager, resourceVersion, uid },
  );
  if (result.kind === 'ok') room.freshSyncs.wrote(result.object as unknown as GitSync);
  if (!present && (result.kind === 'not-found' || result.kind === 'gone')) return ok;
  return outcomeOf(syncKey(sync), result, 'the controller');
}

function releaseKey(sync: GitSync, name: string): ObjectKey {
  return { group: ownGroup, kind: 'Release', namespace: sync.metadata.namespace ?? '', name };
}

/** Further parts first: once the Release itself is there, the set is whole. */
async function writeRelease(sync: GitSync, draft: ReleaseDraft, deps: GitDeps, room: Room): Promise<ActOutcome> {
  const packed = await packSet(draft.objects);
  const { gitSync, repository, branch, commit, digest } = draft.spec;
  for (const [index, data] of packed.parts.entries()) {
    if (index === 0) continue;
    const spec = { gitSync, repository, branch, commit, digest, data, partOf: draft.name, partIndex: index };
    const made = await createRelease(sync, partName(draft.name, index), spec, deps);
    // The name says commit and digest, so one that is there already is the same part of an earlier try.
    const outcome = isThere(made) ? ok : outcomeOf(releaseKey(sync, draft.name), made, 'the controller');
    if (outcome.kind !== 'ok') return outcome;
  }
  const spec = {
    ...draft.spec,
    data: packed.parts[0] ?? '',
    parts: packed.parts.length,
    partDigest: packed.partDigest,
  };
  const made = await createRelease(sync, draft.name, spec, deps);
  if (made.kind === 'ok') {
    room.freshReleases.wrote(projected(made.object));
    return startRelease(made.object, draft, deps, room);
  }
  // What became of the earlier try is read first.
  return isThere(made)
    ? { kind: 'passing', message: `Release ${draft.name} is there already; it is read again.` }
    : outcomeOf(releaseKey(sync, draft.name), made, 'the controller');
}

/** One pass less; when it fails, the next pass finds a Release without a phase and does it then. */
async function startRelease(created: KubeObject, draft: ReleaseDraft, deps: GitDeps, room: Room): Promise<ActOutcome> {
  const { namespace = '', name, uid = '', resourceVersion = '' } = created.metadata;
  const key = { group: ownGroup, kind: 'Release', namespace, name };
  const status = { phase: 'Candidate', startedAt: draft.startedAt };
  const options = { subresource: 'status', fieldManager: statusManager, uid, resourceVersion } as const;
  const result = await deps.client.merge(key, { status }, options);
  if (result.kind === 'ok') room.freshReleases.wrote(projected(result.object));
  return outcomeOf(key, result, 'the controller');
}

function createRelease(sync: GitSync, name: string, spec: Release['spec'], deps: GitDeps): Promise<ApiResult> {
  const release = {
    apiVersion: ownApiVersion,
    kind: 'Release',
    metadata: { name, namespace: sync.metadata.namespace ?? '', ownerReferences: [ownerOf(sync)] },
    spec,
  };
  return deps.client.create(release, { fieldManager: statusManager });
}

function isThere(made: ApiResult): boolean {
  return made.kind === 'conflict' && made.reason === 'AlreadyExists';
}

function projected(object: KubeObject & JsonObject): Release {
  const release = object as unknown as Release;
  return { ...release, spec: { ...release.spec, data: release.spec.data ? 'kept' : '' } };
}

function ownerOf(
  sync: GitSync,
): KubeObject['metadata']['ownerReferences'] extends readonly (infer O)[] | undefined ? O : never {
  const { name, uid = '' } = sync.metadata;
  return { apiVersion: ownApiVersion, kind: 'GitSync', name, uid, controller: true, blockOwnerDeletion: true };
}

async function markRelease(
  observed: Observed,
  effect: Extract<GitSyncEffect, { kind: 'MarkRelease' }>,
  deps: GitDeps,
  room: Room,
): Promise<ActOutcome> {
  const key = releaseKey(observed.sync, effect.release);
  const old = observed.releases.find((one) => one.metadata.name === effect.release)?.status ?? {};
  // A merge patch keeps what it does not name, so what is no longer said is taken out by name.
  const removed = Object.fromEntries(
    Object.keys(old)
      .filter((name) => !(name in effect.status))
      .map((name) => [name, null]),
  );
  const result = await deps.client.merge(
    key,
    { status: { ...removed, ...effect.status } },
    { subresource: 'status', fieldManager: statusManager, resourceVersion: effect.resourceVersion },
  );
  if (result.kind === 'ok') room.freshReleases.wrote(projected(result.object));
  return outcomeOf(key, result, 'the controller');
}

async function trimRelease(
  sync: GitSync,
  effect: Extract<GitSyncEffect, { kind: 'TrimRelease' }>,
  deps: GitDeps,
  room: Room,
): Promise<ActOutcome> {
  for (let index = 1; index < effect.parts; index += 1) {
    const outcome = await deletePart(sync, effect.release, index, deps);
    if (outcome.kind !== 'ok') return outcome;
  }
  const key = releaseKey(sync, effect.release);
  const { uid, resourceVersion } = effect;
  const options = { fieldManager: statusManager, uid, resourceVersion };
  const result = await deps.client.merge(key, { spec: { data: null } }, options);
  if (result.kind === 'ok') room.freshReleases.wrote(projected(result.object));
  if (result.kind === 'not-found' || result.kind === 'gone') return ok;
  return outcomeOf(key, result, 'the controller');
}

async function deleteRelease(
  sync: GitSync,
  effect: Extract<GitSyncEffect, { kind: 'DeleteRelease' }>,
  deps: GitDeps,
): Promise<ActOutcome> {
  for (let index = effect.parts - 1; index > 0; index -= 1) {
    const outcome = await deletePart(sync, effect.release, index, deps);
    if (outcome.kind !== 'ok') return outcome;
  }
  const key = releaseKey(sync, effect.release);
  return goneOr(key, await deps.client.delete(key, { uid: effect.uid }), 'the controller');
}

/** Further parts are in no cache: each is read, known as a part of this release, and deleted by its uid. */
async function deletePart(sync: GitSync, release: string, index: number, deps: GitDeps): Promise<ActOutcome> {
  const key = releaseKey(sync, partName(release, index));
  const found = await deps.client.get(key);
  if (found.kind !== 'ok') return goneOr(key, found, 'the controller');
  const part = found.object as unknown as Release;
  const { uid } = found.object.metadata;
  if (uid === undefined || part.spec.partOf !== release || part.spec.gitSync.uid !== sync.metadata.uid) return ok;
  return goneOr(key, await deps.client.delete(key, { uid }), 'the controller');
}

/** As the tenant, in order. What the server stored is remembered, so that the next look need not try it again. */
function applyAll(observed: Observed, payloads: readonly Manifest[], deps: GitDeps, room: Room): Promise<ActOutcome> {
  const { sync } = observed;
  const memory = room.memory(sync.metadata.uid ?? '');
  return asTenant(sync, room, async (identity) => {
    for (const payload of payloads) {
      if (!deps.leadership.mayWrite()) return { kind: 'passing', message: 'This process does not lead any more.' };
      // Without a live object there is no version to go by: should the apply come late, it takes no field from anybody.
      const force = payload.metadata.resourceVersion !== undefined;
      const result = await deps.client.apply(payload, { as: identity, fieldManager, force, strict: true });
      if (result.kind !== 'ok') {
        // Tried anew next time, so that one refused object is known as such and holds up no other.
        memory.memo.delete(objectId(payload));
        return outcomeOf(keyOf(payload), result, accountText(accountOf(sync)));
      }
      const { resourceVersion = '' } = result.object.metadata;
      memory.memo.set(objectId(payload), { resourceVersion, payload: digestOf(payload), state: 'same' });
      deps.log.info('applied an object', { gitSync: sync.metadata.name, object: keyText(keyOf(payload)) });
    }
    return ok;
  });
}

async function createRevert(
  sync: GitSync,
  effect: Extract<GitSyncEffect, { kind: 'CreateRevert' }>,
  deps: GitDeps,
): Promise<ActOutcome> {
  const revert = {
    apiVersion: ownApiVersion,
    kind: 'GitRevert',
    metadata: { name: effect.name, namespace: sync.metadata.namespace ?? '', ownerReferences: [ownerOf(sync)] },
    spec: effect.spec,
  };
  const result = await deps.client.create(revert, { fieldManager: statusManager });
  if (result.kind === 'conflict' && result.reason === 'AlreadyExists') return ok;
  return outcomeOf(keyOf(revert), result, 'the controller');
}

async function command(effect: Extract<GitSyncEffect, { kind: 'Command' }>, deps: GitDeps): Promise<ActOutcome> {
  const { uid, resourceVersion } = effect.target;
  const patch = { metadata: { annotations: effect.annotations } };
  const result = await deps.client.merge(effect.target, patch, { fieldManager: statusManager, uid, resourceVersion });
  if (result.kind === 'not-found' || result.kind === 'gone') return ok;
  return outcomeOf(effect.target, result, 'the controller');
}

async function startAnalysis(
  { draft }: Extract<GitSyncEffect, { kind: 'StartAnalysis' }>,
  deps: GitDeps,
): Promise<ActOutcome> {
  const result = await deps.client.create(draft.object as KubeObject & JsonObject, { fieldManager: statusManager });
  if (result.kind === 'conflict' && result.reason === 'AlreadyExists') {
    // Of an earlier try that the cache does not show yet; what it says is read before anything else is started.
    return { kind: 'passing', message: `AnalysisRun ${draft.name} is there already; it is read again.` };
  }
  return outcomeOf(keyOf(draft.object as KubeObject & JsonObject), result, 'the controller');
}

async function stopAnalysis(
  { target }: Extract<GitSyncEffect, { kind: 'StopAnalysis' }>,
  deps: GitDeps,
): Promise<ActOutcome> {
  const { uid, resourceVersion } = target;
  const patch = { spec: { terminate: true } };
  const result = await deps.client.merge(target, patch, { fieldManager: statusManager, uid, resourceVersion });
  if (result.kind === 'not-found' || result.kind === 'gone') return ok;
  return outcomeOf(target, result, 'the controller');
}

/** Reads copies and their users live, with the tenant's rights; what it may not list is left for the next release. */
function sweepCopies(observed: Observed, keep: readonly string[], deps: GitDeps, room: Room): Promise<ActOutcome> {
  const { sync } = observed;
  const namespace = sync.metadata.namespace ?? '';
  const labelSelector = `${deps.keys.configCopyOf},${deps.keys.gitSync}=${sync.metadata.uid ?? ''}`;
  return asTenant(sync, room, async (identity) => {
    const kinds = [
      { group: '', kind: 'ConfigMap' },
      { group: '', kind: 'Secret' },
    ];
    const copies = await Promise.all(
      kinds.map((kind) => deps.client.list(kind, { namespace, labelSelector, as: identity })),
    );
    const users = await Promise.all([
      deps.client.list({ group: 'apps', kind: 'ReplicaSet' }, { namespace }),
      deps.client.list({ group: 'batch', kind: 'Job' }, { namespace }),
    ]);
    room.memory(sync.metadata.uid ?? '').swept = sync.status?.lastGood?.release ?? '';
    if (users.some((list) => list.kind !== 'ok')) return ok;
    const found = copies.flatMap((list) => (list.kind === 'ok' ? list.items : []));
    const used = users.flatMap((list) => (list.kind === 'ok' ? list.items : []));
    for (const copy of unusedCopies(found, used, new Set(keep))) {
      const { uid } = copy.metadata;
      if (uid !== undefined) await deps.client.delete(keyOf(copy), { uid, as: identity });
    }
    return ok;
  });
}
