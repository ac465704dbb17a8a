/** Wires the git-sync room: observe, decide, act, then the status of the GitSync in one write. */

import { isArgo, ownApiVersion, ownGroup } from '../../crds/schema/dialect.ts';
import type { GitSync, GitSyncStatus } from '../../crds/schema/git-sync.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import { repositoryKey } from '../../crds/schema/repository-key.ts';
import type { ApiResult, Instant, JsonObject, KubeObject, ReconcileResult, WorkQueue } from '../../kube/api.ts';
import type { Decision, Fact } from '../decision.ts';
import { act, type ActOutcome } from './act.ts';
import { conditionStatus } from './conditions.ts';
import { credentialsFor } from './credentials-for.ts';
import { decide } from './decide.ts';
import type { GitSyncEffect } from './effects.ts';
import { equalJson, labelOf } from './objects.ts';
import type { Observed } from './observed.ts';
import { observe } from './observe.ts';
import type { GitDeps, HintedRoom } from './ports.ts';
import { type Room, roomOf } from './room.ts';
import { statusPatch } from './status-patch.ts';
import { tenants } from './tenant.ts';
import { tips } from './tips.ts';

const refusedRetryMs = 10_000;

/** Keeps one repository, branch and path applied: the unit of release and of revert (architecture section 5). */
export function gitSyncReconciler(deps: GitDeps): HintedRoom {
  const held = tenants(deps.client, deps.clock);
  let wake: (key: string) => void = () => undefined;
  const background = tips({
    source: deps.source,
    clock: deps.clock,
    credentials: credentialsFor(deps, held, 'read'),
    wake: (key) => wake(key),
    signal: deps.leadership.signal,
  });
  const room = roomOf({ tips: background, tenants: held, clock: deps.clock });
  return {
    reconcile: (key) => reconcile(key, deps, room),
    start(queue) {
      wake = (key) => queue.add(key);
      return watch(deps, room, queue);
    },
    hint({ repository, branch }) {
      const key = repositoryKey(repository);
      const meant = ({ spec }: GitSync) => spec.branch === branch && repositoryKey(spec.repository) === key;
      for (const { metadata } of deps.stores.gitSyncs.list().filter(meant)) {
        background.hint(metadata.uid ?? '');
        wake(`${metadata.namespace ?? ''}/${metadata.name}`);
      }
    },
  };
}

async function reconcile(key: string, deps: GitDeps, room: Room): Promise<ReconcileResult> {
  const slash = key.indexOf('/');
  const cached = deps.stores.gitSyncs.get(key.slice(0, slash), key.slice(slash + 1));
  if (cached === undefined) return { kind: 'done' };
  const sync = room.freshSyncs.newest(cached);
  const now = deps.clock.now();
  const observed = await observe(sync, deps, room, now);
  const decision = decide(observed, now);
  const outcome: ActOutcome =
    decision.phase === 'act' ? await act(observed, decision.effects, deps, room) : { kind: 'ok' };
  remember(observed, decision, outcome, room, now);
  const written = await writeStatus(observed, decision.status, outcome, deps, room);
  if (outcome.kind === 'ok' && written.kind === 'ok') tell(sync, decision.facts, deps);
  return resultOf(decision, outcome, written);
}

function resultOf(
  decision: Decision<GitSyncStatus, GitSyncEffect>,
  outcome: ActOutcome,
  written: ApiResult,
): ReconcileResult {
  if (written.kind === 'not-found' || written.kind === 'gone') return { kind: 'done' };
  if (outcome.kind === 'passing') return { kind: 'retry', why: outcome.message };
  if (written.kind !== 'ok') return { kind: 'retry', why: `the status could not be written: ${written.kind}` };
  if (outcome.kind === 'refused') return { kind: 'retry', why: outcome.message, afterMs: refusedRetryMs };
  if (decision.phase !== 'settled') return { kind: 'again' };
  return { kind: 'done', ...(decision.lookAgainAt === undefined ? {} : { lookAgainAt: decision.lookAgainAt }) };
}

/** What saves calls in later passes; losing it is harmless. */
function remember(
  observed: Observed,
  decision: Decision<GitSyncStatus, GitSyncEffect>,
  outcome: ActOutcome,
  room: Room,
  now: Instant,
): void {
  const { sync, subject, source } = observed;
  const memory = room.memory(sync.metadata.uid ?? '');
  const { tip } = source;
  const isRefused = decision.phase !== 'act' && decision.status.held?.commit === tip?.commit;
  if (subject.kind === 'tip' && tip !== undefined && observed.trial !== undefined && isRefused) {
    memory.tried = { digest: tip.digest, generation: sync.metadata.generation ?? 0, at: now };
  }
  const applied = decision.effects.some((effect) => effect.kind === 'Apply');
  const release = subject.kind === 'candidate' ? sync.status?.candidate?.release : sync.status?.lastGood?.release;
  if (applied && outcome.kind === 'refused' && release !== undefined)
    memory.applyFailure = { release, message: outcome.message };
  else if (applied && outcome.kind === 'ok') delete memory.applyFailure;
  if (subject.kind === 'none' && decision.status.candidate === undefined && decision.phase === 'settled') {
    delete memory.prepared;
    delete memory.loaded;
  }
}

/** The difference to what is there, in one merge patch; nothing when equal. A refused effect is told in the message. */
async function writeStatus(
  observed: Observed,
  wanted: GitSyncStatus,
  outcome: ActOutcome,
  deps: GitDeps,
  room: Room,
): Promise<ApiResult> {
  const { sync } = observed;
  const status = outcome.kind === 'refused' ? { ...wanted, message: outcome.message.slice(0, 1000) } : wanted;
  const unchanged: ApiResult = {
    kind: 'ok',
    object: { apiVersion: sync.apiVersion, kind: sync.kind, metadata: sync.metadata } as never,
  };
  // A pass whose effect failed for the moment decides again, from what it then sees.
  if (outcome.kind === 'passing' || equalJson(status as never, (sync.status ?? {}) as never)) return unchanged;
  if (sync.metadata.deletionTimestamp !== undefined && conditionStatus(status.conditions, 'Ready') === undefined)
    return unchanged;
  if (!deps.leadership.mayWrite())
    return { kind: 'conflict', message: 'This process does not lead any more.', reason: 'NotLeader' };
  const { namespace = '', name, uid = '', resourceVersion = '' } = sync.metadata;
  const latest = room.freshSyncs.newest(sync).metadata.resourceVersion ?? resourceVersion;
  const result = await deps.client.merge(
    { group: ownGroup, kind: 'GitSync', namespace, name },
    { status: statusPatch(sync.status ?? {}, status) },
    { subresource: 'status', fieldManager: 'tidegate', uid, resourceVersion: latest },
  );
  if (result.kind === 'ok') room.freshSyncs.wrote(result.object as unknown as GitSync);
  return result;
}

function tell(sync: GitSync, facts: readonly Fact[], deps: GitDeps): void {
  const { namespace = '', name, uid = '' } = sync.metadata;
  const regarding = { group: ownGroup, kind: 'GitSync', namespace, name, uid, apiVersion: ownApiVersion };
  for (const { reason, type, message, at } of facts) {
    deps.events.record({ regarding, type, reason, message, at });
    deps.log.info('git-sync fact', { gitSync: `${namespace}/${name}`, reason, message });
  }
}

/** A GitSync's own changes, its records, and the Rollouts it applied; a verdict is urgent. */
function watch(deps: GitDeps, room: Room, queue: WorkQueue): () => void {
  const { gitSyncs, releases, gitReverts, rollouts, rolloutRuns, analysisRuns } = deps.stores;
  const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const wakeOwner = (object: KubeObject & JsonObject): void => {
    const uid = labelOf(object, deps.keys.gitSync);
    if (uid === undefined) return;
    const owner = gitSyncs.list(object.metadata.namespace ?? '').find((one) => one.metadata.uid === uid);
    const { status } = object;
    const failed = isJsonObject(status) && (status['verdict'] !== undefined || status['abort'] === true);
    if (owner !== undefined) queue.add(keyOf(owner), failed ? { priority: 'urgent' } : {});
  };
  const undo = [
    gitSyncs.onChange((change) => {
      if (change.kind === 'deleted') room.forget(change.object.metadata.uid ?? '');
      queue.add(keyOf(change.object));
    }),
    releases.onChange(({ object }) => queue.add(`${object.metadata.namespace ?? ''}/${object.spec.gitSync.name}`)),
    gitReverts.onChange(({ object }) => queue.add(`${object.metadata.namespace ?? ''}/${object.spec.gitSync.name}`)),
    rollouts.onChange(({ object }) => wakeOwner(object)),
    analysisRuns.onChange(({ object }) => {
      const owner = object.metadata.ownerReferences?.find((one) => one.kind === 'Release')?.name;
      const release = owner === undefined ? undefined : releases.get(object.metadata.namespace ?? '', owner);
      const priority = object.status?.phase === 'Failed' ? 'urgent' : 'normal';
      if (release) queue.add(`${object.metadata.namespace ?? ''}/${release.spec.gitSync.name}`, { priority });
    }),
    rolloutRuns.onChange(({ object }) => {
      const rollout = rollouts.get(object.metadata.namespace ?? '', object.spec.rollout.name);
      if (isArgo(deps.dialect) && rollout !== undefined) wakeOwner(rollout);
    }),
  ];
  for (const sync of gitSyncs.list()) queue.add(keyOf(sync));
  return () => {
    for (const off of undo) off();
  };
}
