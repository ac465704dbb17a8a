/**
 * How many reverts a machine may write before it asks a person: a loop and an incident of the whole cluster must not turn into
 * a row of commits (gitops.md 3.5, Loops). Only Git waits; traffic and restore never do. Pure.
 */

import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf } from '../git-sync/conditions.ts';

export interface RevertLimits {
  readonly perSyncPerDay: number;
  readonly perHour: number;
  /** So many distinct GitSyncs (or Rollouts without one) that fail within `incidentMs` are an incident. */
  readonly incidentFailures: number;
  readonly incidentMs: number;
}

export const defaultLimits: RevertLimits = {
  perSyncPerDay: 5,
  perHour: 20,
  incidentFailures: 5,
  incidentMs: 300_000,
};

/** Something that failed by itself: `owner` is the uid of its GitSync, or of the Rollout where it has none. */
export interface Failure {
  readonly owner: string;
  readonly at: Instant;
}

export interface LimitHit {
  readonly reason: 'RevertLimit' | 'ClusterIncident';
  readonly message: string;
  /** When it goes on by itself; absent when only a person lets it go on. */
  readonly until?: Instant;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface LimitInputs {
  readonly revert: GitRevert;
  /** All GitReverts of the cluster. */
  readonly reverts: readonly GitRevert[];
  readonly failures: readonly Failure[];
  readonly limits: RevertLimits;
}

/** The limit that this revert runs into now. A person's own abort is no incident, and `released` lets anything go on. */
export function limitHit(inputs: LimitInputs, now: Instant): LimitHit | undefined {
  const { revert, limits } = inputs;
  const own = inputs.reverts.filter((one) => one.spec.gitSync.uid === revert.spec.gitSync.uid);
  const name = revert.spec.gitSync.name;
  return (
    incident(inputs) ??
    tooMany(
      own,
      revert,
      { most: limits.perSyncPerDay, spanMs: dayMs, text: `for GitSync ${name} within 24 hours` },
      now,
    ) ??
    tooMany(
      inputs.reverts,
      revert,
      { most: limits.perHour, spanMs: hourMs, text: 'in this cluster within an hour' },
      now,
    )
  );
}

function incident({ revert, failures, limits }: LimitInputs): LimitHit | undefined {
  const failedAt = instantOf(revert.metadata.creationTimestamp);
  if (revert.spec.cause === 'AbortedByUser' || failedAt === undefined) return undefined;
  const near = failures.filter((one) => Math.abs(one.at - failedAt) <= limits.incidentMs);
  if (new Set(near.map((one) => one.owner)).size < limits.incidentFailures) return undefined;
  const minutes = Math.round(limits.incidentMs / 60_000);
  const message = `At least ${limits.incidentFailures} releases failed within ${minutes} minutes, which looks like an incident of the cluster and not like a bad commit`;
  return { reason: 'ClusterIncident', message };
}

function tooMany(
  reverts: readonly GitRevert[],
  revert: GitRevert,
  limit: { readonly most: number; readonly spanMs: number; readonly text: string },
  now: Instant,
): LimitHit | undefined {
  const written = reverts
    .filter((one) => one.metadata.uid !== revert.metadata.uid)
    .map((one) => writtenAt(one, now))
    .filter((at) => at !== undefined && at > now - limit.spanMs)
    .toSorted((a, b) => (a ?? 0) - (b ?? 0));
  const freeing = written[written.length - limit.most];
  if (freeing === undefined) return undefined;
  const message = `${limit.most} reverts were written ${limit.text}, which is as many as a machine writes by itself`;
  return { reason: 'RevertLimit', message, until: freeing + limit.spanMs };
}

/** One whose commit is made counts too: it is about to be pushed. */
function writtenAt(revert: GitRevert, now: Instant): Instant | undefined {
  const { phase, pushedAt } = revert.status ?? {};
  return phase === 'Computed' ? now : instantOf(pushedAt);
}
