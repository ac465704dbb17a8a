/**
 * The observer: rebuilds S(rv) from the API server's commit log and checks every invariant at each resourceVersion, beside the
 * Git log and the controller's requests. It sees nothing of the controller but what it wrote. All three streams are told in the
 * order in which they happened.
 */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { cluster } from './cluster.ts';
import { type GitUpdate, gitHistory } from './git-update.ts';
import { type GrowingHistory, rolloutHistory } from './history.ts';
import type { Check, InvariantId, Limits, Moment, ObserverOptions, RolloutStep, Violation } from './invariant.ts';
import { listOf, textOf } from './read-json.ts';
import { invariants } from './registry.ts';
import type { RequestSeen } from './request-seen.ts';
import { rolloutView, uidOf, watchedKinds } from './rollout-view.ts';

export type { GitCommit, GitUpdate } from './git-update.ts';
export type { InvariantId, LivenessOptions, ObserverOptions, Violation } from './invariant.ts';
export type { RequestSeen } from './request-seen.ts';

export interface Observer {
  commit(commit: Commit): void;
  git(update: GitUpdate): void;
  /** Before the request is carried out; those of others are left aside. */
  request(request: RequestSeen): void;
  /** Violations so far, those of the end left out. */
  violations(): readonly Violation[];
  /** Checks the end as well; nothing may be told any more. */
  finish(): readonly Violation[];
}

interface Running {
  readonly id: InvariantId;
  readonly check: Check;
}

/** What one observer knows. */
interface Memory {
  readonly cluster: ReturnType<typeof cluster>;
  readonly git: ReturnType<typeof gitHistory>;
  readonly histories: Map<string, GrowingHistory>;
  at: number;
}

export function observe(options: ObserverOptions = {}): Observer {
  const agent = options.controllerAgent ?? 'tidegate-controller';
  const limits: Limits = {
    viewLagMs: options.viewLagMs ?? 1_000,
    clockToleranceMs: options.clockToleranceMs ?? 5,
    writeLagMs: options.writeLagMs ?? 0,
    committer: options.committer ?? 'tidegate',
    liveness: options.liveness ?? {},
  };
  const checks: readonly Running[] = invariants.map((one) => ({ id: one.id, check: one.begin(limits) }));
  const found: Violation[] = [];
  const memory: Memory = { cluster: cluster(), git: gitHistory(), histories: new Map(), at: 0 };
  const each = (run: (check: Check, say: (sentence: string) => void) => void): void => {
    for (const { id, check } of checks)
      run(check, (sentence) => void found.push({ invariant: id, rv: memory.cluster.rv, sentence }));
  };
  return {
    commit(commit) {
      memory.at = Math.max(memory.at, commit.at);
      memory.cluster.add(commit);
      const isOwn = commit.caller.userAgent.startsWith(agent);
      const step = { commit, isOwn, cluster: memory.cluster, git: memory.git, rollouts: touched(memory, commit) };
      each((check, say) => check.commit?.(step, say));
    },
    git(update) {
      memory.at = Math.max(memory.at, update.at);
      memory.git.add(update);
      each((check, say) => check.git?.(update, momentOf(memory), say));
    },
    request(request) {
      if (!request.userAgent.startsWith(agent)) return;
      memory.at = Math.max(memory.at, options.now?.() ?? 0);
      each((check, say) => check.request?.(request, momentOf(memory), say));
    },
    violations: () => [...found],
    finish() {
      memory.at = Math.max(memory.at, options.now?.() ?? 0);
      each((check, say) => check.finish?.(momentOf(memory), say));
      return [...found];
    },
  };
}

function momentOf(memory: Memory): Moment {
  const views = [...memory.histories.values()].map((history) => history.now.view);
  return { at: memory.at, cluster: memory.cluster, git: memory.git, views };
}

/** New views of the Rollouts that the commit may concern; a Rollout that is gone is forgotten. */
function touched(memory: Memory, commit: Commit): readonly RolloutStep[] {
  if (!watchedKinds.has(commit.kind)) return [];
  if (commit.kind === 'Rollout' && commit.after === undefined) memory.histories.delete(uidOf(commit.before));
  return memory.cluster
    .list('Rollout', commit.namespace)
    .filter((rollout) => mayConcern(commit, rollout))
    .map((rollout) => {
      const after = rolloutView(rollout, memory.cluster, commit.at);
      const known = memory.histories.get(after.uid);
      const before = known?.now.view;
      const history = known ?? rolloutHistory(after);
      if (known === undefined) memory.histories.set(after.uid, history);
      else known.add(after);
      return { before, after, history };
    });
}

/** Cheap and generous: what a view is made of is looked up when it is made. */
function mayConcern(commit: Commit, rollout: ReturnType<typeof rolloutOf>): boolean {
  const name = textOf(rollout, 'metadata', 'name') ?? '';
  if (commit.kind === 'Rollout') return commit.name === name;
  if (commit.kind === 'Pod' || commit.kind === 'ReplicaSet') return commit.name.startsWith(`${name}-`);
  if (commit.kind === 'AnalysisRun') return ownersOf(commit).has(uidOf(rollout));
  return true;
}

function rolloutOf(commit: Commit) {
  return commit.after ?? commit.before ?? {};
}

function ownersOf(commit: Commit): ReadonlySet<string> {
  return new Set(listOf(rolloutOf(commit), 'metadata', 'ownerReferences').map((one) => textOf(one, 'uid') ?? ''));
}
