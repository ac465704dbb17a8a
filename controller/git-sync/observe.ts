/** All reads of the git-sync room: caches, what the background fetch found, and the one set that this pass tries on the server. */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import { isArgo } from '../../crds/schema/dialect.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Identity, Instant } from '../../kube/api.ts';
import { templateFinder } from '../rollout/observe.ts';
import { joinStatus } from '../rollout/recorded-status.ts';
import { bakeType } from './bake-runs.ts';
import type { PreparedSet } from './config-copies.ts';
import { forEachLimited } from './for-each-limited.ts';
import { entryKey, type LeavingObject } from './inventory.ts';
import { annotationOf, idOf, labelOf, type Manifest } from './objects.ts';
import type { LedgerGap, Observed, Subject, Trial } from './observed.ts';
import type { GitDeps } from './ports.ts';
import { loadGoodIds, type ObservedSet, setOf } from './observe-set.ts';
import { quarantineHits } from './quarantine.ts';
import { releaseName } from './names.ts';
import { asRollout } from './rollout-state.ts';
import type { Room, SyncMemory } from './room.ts';
import { serviceClashes } from './service-clash.ts';
import { type CheckContext, standardChecks } from './set-checks.ts';
import { subjectOf } from './subject.ts';
import { type Account, accountText, type TenantToken } from './tenant.ts';
import { tryOut } from './trial.ts';

export function accountOf(sync: GitSync): Account {
  const namespace = sync.metadata.namespace ?? '';
  return { namespace, name: sync.spec.serviceAccountName, askedBy: `GitSync ${namespace}/${sync.metadata.name}` };
}

/** One readonly value; nothing is written. */
export async function observe(sync: GitSync, deps: GitDeps, room: Room, now: Instant): Promise<Observed> {
  const uid = sync.metadata.uid ?? '';
  const namespace = sync.metadata.namespace ?? '';
  const memory = room.memory(uid);
  const isMine = (release: Release): boolean => release.spec.gitSync.uid === uid && release.spec.partOf === undefined;
  const releases = room.freshReleases
    .merged(deps.stores.releases.list(namespace).filter(isMine), isMine)
    .filter(isMine);
  const inNamespace = rolloutsOf(namespace, deps);
  const rollouts = inNamespace.filter((one) => labelOf(one, deps.keys.gitSync) === uid);
  const source = room.tips.view(sync, annotationOf(sync, deps.keys.syncRequestedAt), now);
  const intervalMs = parseDurationMs(sync.spec.interval ?? '60s') ?? 60_000;
  const { tried } = memory;
  const subject = subjectOf({
    sync,
    releases,
    rollouts,
    source,
    triedLately: (digest) =>
      tried?.digest === digest && tried.generation === sync.metadata.generation && now < tried.at + intervalMs,
  });
  const base: Observed = {
    keys: deps.keys,
    dialect: deps.dialect,
    group: deps.dialect.group,
    clusterId: deps.clusterId,
    allowFileRepositories: deps.allowFileRepositories,
    sync,
    releases,
    reverts: deps.stores.gitReverts.list(namespace).filter((one) => one.spec.gitSync.uid === uid),
    rollouts,
    bakeRuns: deps.stores.analysisRuns
      .list(namespace)
      .filter((one) => labelOf(one, deps.keys.rolloutType) === bakeType),
    findTemplate: templateFinder(deps.stores, namespace),
    source,
    tenant: { kind: 'ok' },
    subject,
    swept: memory.swept === sync.status?.lastGood?.release,
    ...(memory.applyFailure === undefined ? {} : { applyFailure: memory.applyFailure }),
  };
  forgetSettled(base, room);
  return needsTenant(base, memory.ids) ? withCluster(base, deps, room, inNamespace) : base;
}

/** Rollouts with their whole status: in argoproj.io the recorded half comes from the RolloutRun. */
function rolloutsOf(namespace: string, deps: GitDeps): readonly Manifest[] {
  const { rollouts, rolloutRuns } = deps.stores;
  if (!isArgo(deps.dialect)) return rollouts.list(namespace);
  return rollouts.list(namespace).map((live) => {
    const runs = rolloutRuns.byIndex('rollout', `${namespace}/${live.metadata.name}`);
    const own = runs.filter((run) => run.spec.rollout.uid === live.metadata.uid);
    return { ...live, status: joinStatus(asRollout(live).status ?? {}, own) } as unknown as Manifest;
  });
}

/** Rendered objects are kept only until the ledger has them and they are applied. */
function forgetSettled(observed: Observed, room: Room): void {
  const { sync, releases } = observed;
  const { candidate, lastGood } = sync.status ?? {};
  const current = [candidate?.release, lastGood?.release];
  for (const release of releases.filter((one) => current.includes(one.metadata.name))) {
    if (release.status?.appliedAt !== undefined) room.tips.settled(sync.metadata.uid ?? '', release.spec.digest);
  }
}

function needsTenant(observed: Observed, ids: SyncMemory['ids']): boolean {
  const { sync, subject } = observed;
  if (sync.metadata.deletionTimestamp !== undefined) return sync.spec.deletionPolicy === 'prune';
  if (subject.kind !== 'none') return true;
  const { candidate, restore, lastGood, inventory } = sync.status ?? {};
  if (candidate !== undefined || restore !== undefined || lastGood === undefined) return false;
  // Once per release: what left Git, and which copies nobody reads any more.
  if (ids?.release !== lastGood.release || !observed.swept) return true;
  return sync.spec.prune !== false && (inventory ?? []).some((entry) => !ids.ids.has(idOf(entryKey(entry))));
}

async function withCluster(
  observed: Observed,
  deps: GitDeps,
  room: Room,
  inNamespace: readonly Manifest[],
): Promise<Observed> {
  const account = accountOf(observed.sync);
  const token: TenantToken = await room.tenants.identity(account);
  if (token.kind !== 'ok') return { ...observed, tenant: { kind: token.kind, message: token.message } };
  const { identity } = token;
  const set = await setOf(observed, deps, room, identity);
  const tried = await withTrial(observed, set, deps, room, identity, inNamespace);
  return withDepartures(tried, deps, room, identity);
}

async function withTrial(
  observed: Observed,
  found: ObservedSet,
  deps: GitDeps,
  room: Room,
  identity: Identity,
  inNamespace: readonly Manifest[],
): Promise<Observed> {
  switch (found.kind) {
    case 'none':
      return observed;
    case 'refused':
      return { ...observed, trial: { set: emptySet, items: [], problems: [found.message] } };
    case 'passing':
      return { ...observed, tenant: { kind: 'passing', message: found.message } };
    case 'gap': {
      const gap: LedgerGap = found.gap;
      return { ...observed, gap };
    }
    case 'ok':
      return { ...observed, trial: await tryFor(observed, found.set, deps, room, identity, inNamespace) };
  }
}

const emptySet: PreparedSet = { objects: [], rollouts: [], copies: [] };

async function tryFor(
  observed: Observed,
  whole: PreparedSet,
  deps: GitDeps,
  room: Room,
  identity: Identity,
  inNamespace: readonly Manifest[],
): Promise<Trial> {
  const { sync, subject } = observed;
  const set = withoutRollouts(whole, subject);
  const problems = subject.kind === 'tip' ? problemsOf(observed, set, deps) : [];
  const home = sync.metadata.namespace ?? '';
  const hits = quarantineHits(sync.status?.quarantine ?? [], set.rollouts, home);
  const quarantined = subject.kind === 'tip' && hits.length > 0;
  if (problems.length > 0 || quarantined) return { set, items: [], problems };
  const syncs = deps.stores.gitSyncs.list().map((one) => [one.metadata.uid ?? '', accountOf(one).askedBy] as const);
  const items = await tryOut(set, {
    client: deps.client,
    keys: deps.keys,
    group: deps.dialect.group,
    routers: deps.routers,
    sync,
    identity,
    account: accountText(accountOf(sync)),
    stamp: { syncUid: sync.metadata.uid ?? '', syncName: sync.metadata.name, ...stampOf(observed) },
    liveRollouts: inNamespace,
    keptBack: whole.objects.filter((object) => !set.objects.includes(object)),
    syncs: new Map(syncs),
    keepCapacity: subject.kind === 'restore',
    checkTemplates: subject.kind === 'tip',
    memo: room.memory(sync.metadata.uid ?? '').memo,
  });
  if (items.some((item) => item.sentences.some((one) => one.includes('right authenticate'))))
    room.tenants.forget(accountOf(sync));
  return { set, items, problems };
}

function withoutRollouts(set: PreparedSet, subject: Subject): PreparedSet {
  if (subject.kind !== 'restore' && subject.kind !== 'good') return set;
  const except = new Set(subject.except);
  return {
    ...set,
    objects: set.objects.filter((object) => object.kind !== 'Rollout' || !except.has(object.metadata.name)),
  };
}

function problemsOf(observed: Observed, set: PreparedSet, deps: GitDeps): readonly string[] {
  const { sync } = observed;
  const namespace = sync.metadata.namespace ?? '';
  const context: CheckContext = {
    namespace,
    sync: `GitSync ${namespace}/${sync.metadata.name}`,
    path: sync.spec.path,
    leaves: (live) => sync.spec.prune !== false && labelOf(live, deps.keys.gitSync) === sync.metadata.uid,
  };
  const checks = [...standardChecks, ...(deps.checks ?? [])];
  const found = [
    ...checks.flatMap((check) => check(set.objects, context)),
    ...serviceClashes(set.objects, observed.rollouts, deps.keys),
  ];
  return found.map((one) => one.message);
}

function stampOf(observed: Observed): { release: string; commit: string } {
  const { status, metadata } = observed.sync;
  const { tip } = observed.source;
  switch (observed.subject.kind) {
    case 'tip':
      return { release: releaseName(metadata.name, tip?.commit ?? '', tip?.digest ?? ''), commit: tip?.commit ?? '' };
    case 'candidate':
      return { release: status?.candidate?.release ?? '', commit: status?.candidate?.commit ?? '' };
    case 'good':
    case 'restore':
    case 'none':
      return { release: status?.lastGood?.release ?? '', commit: status?.lastGood?.commit ?? '' };
  }
}

/** Reads live what is to go: with prune when the last good set is known, with a restore what the failed release added. */
async function withDepartures(observed: Observed, deps: GitDeps, room: Room, identity: Identity): Promise<Observed> {
  const { sync, subject } = observed;
  const { status } = sync;
  const inventory = status?.inventory ?? [];
  const read = (entries: typeof inventory): Promise<readonly LeavingObject[]> => readEntries(entries, deps, identity);
  if (sync.metadata.deletionTimestamp !== undefined) return { ...observed, leaving: await read(inventory) };
  const restoring = subject.kind === 'restore';
  const settled = status?.candidate === undefined && status?.restore === undefined && status?.lastGood !== undefined;
  if (!restoring && !settled) return observed;
  const goodIds = await loadGoodIds(observed, deps, room, identity);
  if (goodIds === undefined || sync.spec.prune === false) return observed;
  const left = await read(inventory.filter((entry) => !goodIds.has(idOf(entryKey(entry)))));
  return restoring ? { ...observed, goodIds, added: left } : { ...observed, goodIds, leaving: left };
}

async function readEntries(
  entries: readonly LeavingObject['entry'][],
  deps: GitDeps,
  identity: Identity,
): Promise<readonly LeavingObject[]> {
  const reads = await forEachLimited(entries, 8, async (entry) => {
    const found = await deps.client.get(entryKey(entry), { as: identity });
    if (found.kind === 'ok') return [{ entry, live: found.object }];
    // Only a clear "not there" takes an object out of the inventory.
    return found.kind === 'not-found' || found.kind === 'gone' ? [{ entry }] : [];
  });
  return reads.flat();
}
