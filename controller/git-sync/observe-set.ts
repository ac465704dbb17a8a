/** Finds the set that a pass is about: freshly rendered, remembered, or read back from the ledger. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Identity, JsonObject } from '../../kube/api.ts';
import type { PreparedSet } from './config-copies.ts';
import { loadSet } from './load-set.ts';
import { objectId } from './objects.ts';
import type { LedgerGap, Observed } from './observed.ts';
import type { GitDeps } from './ports.ts';
import { prepare } from './prepare.ts';
import { findRelease } from './releases.ts';
import type { Room } from './room.ts';
import type { Account } from './tenant.ts';

export type ObservedSet =
  | { readonly kind: 'none' }
  | { readonly kind: 'ok'; readonly set: PreparedSet }
  | { readonly kind: 'refused' | 'passing'; readonly message: string }
  | { readonly kind: 'gap'; readonly gap: LedgerGap };

const none: ObservedSet = { kind: 'none' };

export async function setOf(observed: Observed, deps: GitDeps, room: Room, identity: Identity): Promise<ObservedSet> {
  const { sync, subject, source } = observed;
  const uid = sync.metadata.uid ?? '';
  switch (subject.kind) {
    case 'none':
      return none;
    case 'tip': {
      const { tip } = source;
      const objects = tip && room.tips.objects(uid, tip.digest);
      if (tip && objects) return preparedSet(sync, tip.digest, objects, deps, room, identity);
      room.tips.renderAgain(uid);
      return none;
    }
    case 'candidate':
      return candidateSet(observed, deps, room, identity);
    case 'good':
    case 'restore': {
      const release = findRelease(observed, sync.status?.lastGood?.release);
      return release === undefined ? lostRelease(observed) : ledgerSet(observed, release, deps, room, identity);
    }
  }
}

function lostRelease(observed: Observed): ObservedSet {
  const release = observed.sync.status?.lastGood?.release ?? '';
  return { kind: 'gap', gap: { release, why: 'the Release is gone', rerender: 'different' } };
}

/** As long as its rendered objects are in memory they are used: the ledger has no data of Secrets until the copies are written. */
async function candidateSet(observed: Observed, deps: GitDeps, room: Room, identity: Identity): Promise<ObservedSet> {
  const { sync } = observed;
  const candidate = sync.status?.candidate;
  if (candidate === undefined) return none;
  const memory = room.memory(sync.metadata.uid ?? '');
  if (memory.prepared?.digest === candidate.digest) return { kind: 'ok', set: memory.prepared.set };
  const objects = room.tips.objects(sync.metadata.uid ?? '', candidate.digest);
  if (objects !== undefined) return preparedSet(sync, candidate.digest, objects, deps, room, identity);
  const release = findRelease(observed, candidate.release);
  if (release !== undefined) return ledgerSet(observed, release, deps, room, identity);
  room.tips.renderAgain(sync.metadata.uid ?? '');
  return none;
}

async function preparedSet(
  sync: GitSync,
  digest: string,
  objects: readonly JsonObject[],
  deps: GitDeps,
  room: Room,
  identity: Identity,
): Promise<ObservedSet> {
  const memory = room.memory(sync.metadata.uid ?? '');
  if (memory.prepared?.digest === digest) return { kind: 'ok', set: memory.prepared.set };
  const namespace = sync.metadata.namespace ?? '';
  const account: Account = {
    namespace,
    name: sync.spec.serviceAccountName,
    askedBy: `GitSync ${namespace}/${sync.metadata.name}`,
  };
  const { client, keys, randomBytes } = deps;
  const made = await prepare(objects, { client, keys, group: deps.dialect.group, account, identity, randomBytes });
  if (made.kind !== 'ok') return made;
  memory.prepared = { digest, set: made.set };
  return { kind: 'ok', set: made.set };
}

async function ledgerSet(
  observed: Observed,
  release: Release,
  deps: GitDeps,
  room: Room,
  identity: Identity,
): Promise<ObservedSet> {
  const { sync } = observed;
  const memory = room.memory(sync.metadata.uid ?? '');
  const name = release.metadata.name;
  if (memory.loaded?.release === name) return { kind: 'ok', set: memory.loaded.set };
  if (memory.prepared?.digest === release.spec.digest) return { kind: 'ok', set: memory.prepared.set };
  const loaded = await loadSet(release, { client: deps.client, keys: deps.keys, identity });
  if (loaded.kind === 'passing') return loaded;
  if (loaded.kind === 'ok') {
    memory.loaded = { release: name, set: loaded.set };
    return { kind: 'ok', set: loaded.set };
  }
  const again = room.tips.rerender(sync, release.spec.commit, release.spec.digest);
  if (again.kind === 'ok') return preparedSet(sync, release.spec.digest, again.objects, deps, room, identity);
  return { kind: 'gap', gap: { release: name, why: loaded.why, rerender: again.kind } };
}

/** Ids of the last good set, read once per release; undefined when the ledger has a gap: then nothing is pruned. */
export async function loadGoodIds(
  observed: Observed,
  deps: GitDeps,
  room: Room,
  identity: Identity,
): Promise<ReadonlySet<string> | undefined> {
  const { sync } = observed;
  const memory = room.memory(sync.metadata.uid ?? '');
  const release = findRelease(observed, sync.status?.lastGood?.release);
  if (release === undefined) return undefined;
  const name = release.metadata.name;
  if (memory.ids?.release === name) return memory.ids.ids;
  const found = await ledgerSet(observed, release, deps, room, identity);
  if (found.kind !== 'ok') return undefined;
  memory.ids = { release: name, ids: new Set(found.set.objects.map(objectId)) };
  return memory.ids.ids;
}
