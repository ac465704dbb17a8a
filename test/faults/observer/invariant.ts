/** What an invariant is: a statement with a memory of its own, told of every commit, Git update and request in order. */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { Cluster } from './cluster.ts';
import type { GitHistory, GitUpdate } from './git-update.ts';
import type { RolloutHistory } from './history.ts';
import type { RequestSeen } from './request-seen.ts';
import type { RolloutView } from './rollout-view.ts';

export const invariantIds = [
  'S01',
  'S02',
  'S03',
  'S04',
  'S05',
  'S06',
  'S07',
  'S08',
  'S09',
  'S10',
  'S11',
  'S12',
  'S15',
  'S16',
  'S17',
  'S18',
  'S19',
  'S20',
  'precondition',
  'L01',
] as const;
export type InvariantId = (typeof invariantIds)[number];

export interface Violation {
  readonly invariant: InvariantId;
  /** The resourceVersion after which it was seen; of a Git update or a request: that of the last commit before. */
  readonly rv: number;
  readonly sentence: string;
}

export type Say = (sentence: string) => void;

/** One Rollout around a commit that touches it. `before` is undefined at its creation. */
export interface RolloutStep {
  readonly before: RolloutView | undefined;
  readonly after: RolloutView;
  /** Ends with `after`. */
  readonly history: RolloutHistory;
}

/** One commit. `cluster` is S(rv); what the object was before stands in the commit. */
export interface Step {
  readonly commit: Commit;
  /** Written by the controller, with its own or a tenant's token. */
  readonly isOwn: boolean;
  readonly cluster: Cluster;
  readonly git: GitHistory;
  /** Rollouts that the commit touches. */
  readonly rollouts: readonly RolloutStep[];
}

/** What holds between commits. */
export interface Moment {
  readonly at: number;
  readonly cluster: Cluster;
  readonly git: GitHistory;
  readonly views: readonly RolloutView[];
}

export interface Check {
  commit?(step: Step, say: Say): void;
  git?(update: GitUpdate, moment: Moment, say: Say): void;
  request?(request: RequestSeen, moment: Moment, say: Say): void;
  finish?(moment: Moment, say: Say): void;
}

export interface ObserverOptions {
  /** User agents that start like this are the controller's. Default `tidegate-controller`. */
  readonly controllerAgent?: string;
  /** The time of requests and of the end; without it that of the last commit. */
  readonly now?: () => number;
  /**
   * How old a view the controller may act on, in milliseconds of the commits' time: what others changed within it is an external
   * cause. Default 1000; a plan that delays watches says more.
   */
  readonly viewLagMs?: number;
  /** By how much the clocks of controller and API server may differ, in milliseconds of the commits' time. Default 5. */
  readonly clockToleranceMs?: number;
  /** How long a write may be under way before it is committed (default 0): what it calls now is that old. */
  readonly writeLagMs?: number;
  /** Who commits what the controller pushes: a name, or `name <mail>`. Default `tidegate`. */
  readonly committer?: string;
  readonly liveness?: LivenessOptions;
}

/** What L01 expects of the end. */
export interface LivenessOptions {
  /** `healthy`: every Rollout is. `settled`: healthy, aborted, or waiting for a person. `off`: not checked. Default `settled`. */
  readonly expect?: 'healthy' | 'settled' | 'off';
  /** From when on nothing is disturbed any more; the desired state does not change either. */
  readonly since?: number;
  /** How long after `since` it may take; unlimited when absent. */
  readonly withinMs?: number;
  /** How long the controller must have written nothing at the end; 0 when absent. */
  readonly quietMs?: number;
}

export interface Limits {
  readonly viewLagMs: number;
  readonly writeLagMs: number;
  readonly clockToleranceMs: number;
  readonly committer: string;
  readonly liveness: LivenessOptions;
}

export interface Invariant {
  readonly id: InvariantId;
  /** A check for one run. */
  begin(limits: Limits): Check;
}
