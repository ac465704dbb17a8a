/** What a view is made of: one Rollout and everything around it, already read and narrowed. Types and lookups, pure. */

import type { AnalysisRun } from '../../crds/schema/analysis-run.ts';
import type { Dialect } from '../../crds/schema/dialect.ts';
import { keys, ownKeys } from '../../crds/schema/keys.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { GitSync } from '../../crds/schema/git-sync.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant } from '../../kube/api.ts';

export interface ReplicaSetFact {
  readonly name: string;
  readonly uid: string;
  readonly podHash: string;
  readonly revision: number;
  readonly wanted: number;
  readonly ready: number;
  readonly available: number;
  readonly images: readonly string[];
  readonly createdAt: string;
}

export interface PodFact {
  readonly name: string;
  readonly replicaSetUid: string;
  /** One word: Ready, NotReady, Pending, Terminating, or why a container waits, such as CrashLoopBackOff. */
  readonly status: string;
  readonly message?: string;
  readonly ready: number;
  readonly containers: number;
  readonly restarts: number;
  readonly createdAt: string;
}

/** The decision record: in tidegate.io part of the Rollout's status, in argoproj.io of its RolloutRun's. */
export type Decisions = Pick<
  RolloutStatus,
  'attempt' | 'runName' | 'transition' | 'waiting' | 'drainUntil' | 'verdict' | 'failedPodHash' | 'lastCommand'
>;

export interface Scene {
  readonly now: Instant;
  readonly dialect: Dialect;
  readonly rollout: Rollout;
  readonly replicaSets: readonly ReplicaSetFact[];
  readonly pods: readonly PodFact[];
  readonly analysisRuns: readonly AnalysisRun[];
  readonly runs: readonly RolloutRun[];
  readonly gitSync?: GitSync;
  readonly release?: Release;
  readonly reverts: readonly GitRevert[];
  /** What could not be read, one sentence each. */
  readonly notes: readonly string[];
}

export function statusOf(rollout: Rollout): RolloutStatus {
  return rollout.status ?? {};
}

/** True when the status speaks of the newest spec. */
export function isSeen(rollout: Rollout): boolean {
  return Number(rollout.status?.observedGeneration ?? 0) >= (rollout.metadata.generation ?? 0);
}

/** False while the controller has not yet seen the newest spec, so that its status speaks of an older one. */
export function isObserved(rollout: Rollout): boolean {
  return isSeen(rollout) && rollout.status?.currentPodHash !== undefined;
}

/** The record of the current revision's newest attempt. */
export function currentRun({ rollout, runs }: Pick<Scene, 'rollout' | 'runs'>): RolloutRun | undefined {
  const { runName, currentPodHash } = statusOf(rollout);
  const named = runs.find((run) => run.metadata.name === runName);
  return named ?? newestRun(runs.filter((run) => run.spec.podHash === currentPodHash));
}

export function newestRun(runs: readonly RolloutRun[]): RolloutRun | undefined {
  return sortedRuns(runs)[0];
}

/** Newest first. */
export function sortedRuns(runs: readonly RolloutRun[]): readonly RolloutRun[] {
  return runs.toSorted((a, b) => b.spec.revision - a.spec.revision || b.spec.attempt - a.spec.attempt);
}

export function decisionsOf(scene: Pick<Scene, 'rollout' | 'runs'>): Decisions {
  return { ...currentRun(scene)?.status?.recorded, ...ownDecisions(statusOf(scene.rollout)) };
}

function ownDecisions(status: RolloutStatus): Decisions {
  const { attempt, runName, transition, waiting, drainUntil, verdict, failedPodHash, lastCommand } = status;
  return Object.fromEntries(
    Object.entries({ attempt, runName, transition, waiting, drainUntil, verdict, failedPodHash, lastCommand }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

export function revisionOf({ rollout, dialect }: Pick<Scene, 'rollout' | 'dialect'>): number | undefined {
  const text = rollout.metadata.annotations?.[keys(dialect).revision];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

export function commitOf({ rollout }: Pick<Scene, 'rollout'>): string | undefined {
  return rollout.metadata.annotations?.[ownKeys.commit];
}
