/** Wires the git-revert room: observe, decide, push, status. Writers of one branch take turns. */

import { ownApiVersion, ownGroup } from '../../crds/schema/dialect.ts';
import type { GitRevert, GitRevertStatus } from '../../crds/schema/git-revert.ts';
import type { KubeObject, ReconcileResult, WorkQueue } from '../../kube/api.ts';
import type { Decision } from '../decision.ts';
import { freshObjects, type Fresh } from '../git-sync/fresh.ts';
import { equalJson } from '../git-sync/objects.ts';
import type { GitDeps, GitRoom } from '../git-sync/ports.ts';
import { statusPatch } from '../git-sync/status-patch.ts';
import { isRevertOpen } from '../git-sync/summary.ts';
import { tenants, type Tenants } from '../git-sync/tenant.ts';
import { push } from './act.ts';
import { afterPush, decide } from './decide.ts';
import { observe, type RevertMemory } from './observe.ts';
import type { RevertEffect, RevertObserved } from './observed.ts';

interface Parts {
  readonly deps: GitDeps;
  readonly tenants: Tenants;
  readonly fresh: Fresh<GitRevert>;
  readonly memories: Map<string, RevertMemory>;
  /** The last pass on each (repository, branch), in this process. */
  readonly turns: Map<string, Promise<unknown>>;
}

/** Brings one failed release's revert to Git: push and report mode (gitops.md 3.4, 3.5). */
export function gitRevertReconciler(deps: GitDeps): GitRoom {
  const parts: Parts = {
    deps,
    tenants: tenants(deps.client, deps.clock),
    fresh: freshObjects<GitRevert>(deps.clock),
    memories: new Map(),
    turns: new Map(),
  };
  return { reconcile: (key) => takeTurn(key, parts), start: (queue) => watch(parts, queue) };
}

async function takeTurn(key: string, parts: Parts): Promise<ReconcileResult> {
  const slash = key.indexOf('/');
  const cached = parts.deps.stores.gitReverts.get(key.slice(0, slash), key.slice(slash + 1));
  if (cached === undefined) return { kind: 'done' };
  const branch = `${cached.spec.repository} ${cached.spec.branch}`;
  const before = parts.turns.get(branch) ?? Promise.resolve();
  const turn = before.then(() => reconcile(cached, parts));
  const ended = turn.catch(() => undefined);
  parts.turns.set(branch, ended);
  try {
    return await turn;
  } finally {
    if (parts.turns.get(branch) === ended) parts.turns.delete(branch);
  }
}

async function reconcile(cached: GitRevert, parts: Parts): Promise<ReconcileResult> {
  const { deps } = parts;
  const revert = parts.fresh.newest(cached);
  const memory = memoryOf(parts, revert.metadata.uid ?? '');
  const observed = await observe(revert, deps, parts.tenants, memory, deps.clock.now());
  const decision = await carriedOut(observed, decide(observed, deps.clock.now()), parts, memory);
  const written = await writeStatus(revert, decision.status, parts);
  if (written !== 'ok')
    return written === 'gone' ? { kind: 'done' } : { kind: 'retry', why: 'the status could not be written' };
  tell(revert, decision, deps);
  if (decision.phase === 'record' && isRevertOpen({ ...revert, status: decision.status })) return { kind: 'again' };
  return { kind: 'done', ...(decision.lookAgainAt === undefined ? {} : { lookAgainAt: decision.lookAgainAt }) };
}

type RevertDecision = Decision<GitRevertStatus, RevertEffect>;

/** Pushes when that was decided; what came of it decides the status. */
async function carriedOut(
  observed: RevertObserved,
  decision: RevertDecision,
  parts: Parts,
  memory: RevertMemory,
): Promise<RevertDecision> {
  const [effect] = decision.effects;
  if (decision.phase !== 'act' || effect === undefined || observed.sync === undefined) return decision;
  const outcome = await push(observed.revert, observed.sync, effect, parts.deps, parts.tenants);
  memory.failures = outcome.kind === 'fault' ? memory.failures + 1 : 0;
  return afterPush(observed, decision.status, outcome, parts.deps.clock.now());
}

function memoryOf(parts: Parts, uid: string): RevertMemory {
  const known = parts.memories.get(uid);
  if (known !== undefined) return known;
  const fresh: RevertMemory = { failures: 0 };
  parts.memories.set(uid, fresh);
  return fresh;
}

async function writeStatus(
  revert: GitRevert,
  wanted: GitRevertStatus,
  parts: Parts,
): Promise<'ok' | 'gone' | 'failed'> {
  const old = revert.status ?? {};
  if (equalJson(wanted as never, old as never)) return 'ok';
  if (!parts.deps.leadership.mayWrite()) return 'failed';
  const { namespace = '', name, uid = '', resourceVersion = '' } = revert.metadata;
  const result = await parts.deps.client.merge(
    { group: ownGroup, kind: 'GitRevert', namespace, name },
    { status: statusPatch(old, wanted) },
    { subresource: 'status', fieldManager: 'tidegate', uid, resourceVersion },
  );
  if (result.kind === 'ok') {
    parts.fresh.wrote(result.object as unknown as GitRevert);
    return 'ok';
  }
  return result.kind === 'not-found' || result.kind === 'gone' ? 'gone' : 'failed';
}

function tell(revert: GitRevert, decision: RevertDecision, deps: GitDeps): void {
  const { namespace = '', name, uid = '' } = revert.metadata;
  const regarding = { group: ownGroup, kind: 'GitRevert', namespace, name, uid, apiVersion: ownApiVersion };
  for (const { reason, type, message, at } of decision.facts) {
    deps.events.record({ regarding, type, reason, message, at });
    deps.log.info('git-revert fact', { gitRevert: `${namespace}/${name}`, reason, message });
  }
}

/** A revert's own changes; when one ends, those that waited for the branch; when the GitSync changes, its open ones. */
function watch(parts: Parts, queue: WorkQueue): () => void {
  const { gitSyncs, gitReverts } = parts.deps.stores;
  const keyOf = (object: KubeObject): string => `${object.metadata.namespace ?? ''}/${object.metadata.name}`;
  const undo = [
    gitReverts.onChange(({ kind, object }) => {
      if (kind === 'deleted') parts.memories.delete(object.metadata.uid ?? '');
      queue.add(keyOf(object));
      for (const other of gitReverts.list()) {
        if (other.spec.repository === object.spec.repository && isRevertOpen(other)) queue.add(keyOf(other));
      }
    }),
    gitSyncs.onChange(({ object }) => {
      const uid = object.metadata.uid;
      for (const one of gitReverts.list(object.metadata.namespace ?? '')) {
        if (one.spec.gitSync.uid === uid && isRevertOpen(one)) queue.add(keyOf(one));
      }
    }),
  ];
  for (const one of gitReverts.list()) queue.add(keyOf(one));
  return () => {
    for (const off of undo) off();
  };
}
