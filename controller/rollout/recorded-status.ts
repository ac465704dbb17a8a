/**
 * In argoproj.io a Rollout's status has no place for the recorded intent, the verdict and the like: they stand in the
 * RolloutRun under `status.recorded`. Here the two halves are taken apart and put together again. Pure.
 */

import { decisionFields } from '../../crds/schema/rollout-decisions.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { attemptOf } from './attempt.ts';
import { recordName } from './record.ts';
import type { Observed } from './observed.ts';
import { currentRevision } from './replica-sets.ts';
import { instantOf } from './time-text.ts';

export interface StatusHalves {
  /** What Argo's own status has fields for. */
  readonly stored: RolloutStatus;
  readonly recorded: Partial<RolloutStatus>;
}

const recordedFields: ReadonlySet<string> = new Set(Object.keys(decisionFields));

export function splitStatus(status: RolloutStatus): StatusHalves {
  const entries = Object.entries(status);
  const pick = (recorded: boolean) =>
    Object.fromEntries(entries.filter(([field]) => recordedFields.has(field) === recorded));
  return { stored: pick(false), recorded: pick(true) };
}

/** The run that holds the recorded half: the newest that has one. */
export function carrierOf(runs: readonly RolloutRun[]): RolloutRun | undefined {
  return newest(runs.filter((run) => run.status?.recorded !== undefined));
}

function newest(runs: readonly RolloutRun[]): RolloutRun | undefined {
  const rank = (run: RolloutRun) => run.spec.revision * 10_000 + run.spec.attempt;
  return [...runs].sort((one, other) => rank(one) - rank(other)).at(-1);
}

/** Name of the run that shall hold it from now on. */
export function carrierName(observed: Observed, status: RolloutStatus): string {
  const { name } = observed.rollout.metadata;
  const { currentPodHash: hash = observed.podHash } = status;
  return (
    status.runName ??
    newest(observed.runs)?.metadata.name ??
    recordName(name, currentRevision(observed, hash), hash, attemptOf(status))
  );
}

/**
 * The whole status. The recorded half is written first, so after a crash between the two writes it may be ahead: an abort
 * that stands there holds, and is carried over to the fields that Argo's half still lacks.
 */
export function joinStatus(stored: RolloutStatus, runs: readonly RolloutRun[]): RolloutStatus {
  const recorded: Partial<RolloutStatus> = { ...carrierOf(runs)?.status?.recorded };
  const joined: RolloutStatus = { ...stored, ...(isOutdated(stored, recorded) ? withoutIntent(recorded) : recorded) };
  const { transition } = joined;
  if (transition?.kind !== 'abort') return joined;
  const { to: stableRS = joined.stableRS } = transition;
  if (joined.abortedAt !== undefined) return { ...joined, stableRS };
  const none = { pauseConditions: undefined, controllerPause: undefined, promoteFull: undefined };
  return { ...joined, ...none, stableRS, abort: true, abortedAt: transition.since, currentStepIndex: 0 };
}

/**
 * True when Argo Rollouts' controller was at work since: what was under way then speaks of a revision that is not released any
 * more, or of an abort that a later status does not know.
 */
function isOutdated(stored: RolloutStatus, { transition }: Partial<RolloutStatus>): boolean {
  const { currentPodHash, abortedAt, conditions = [] } = stored;
  if (transition === undefined || transition.kind === 'weight' || currentPodHash === undefined) return false;
  if (transition.from !== currentPodHash && transition.to !== currentPodHash) return true;
  if (transition.kind !== 'abort' || abortedAt !== undefined) return false;
  // What is no time is neither before nor after anything.
  const since = Number(instantOf(transition.since));
  return conditions.some((one) => Number(instantOf(one.lastUpdateTime)) > since);
}

function withoutIntent(recorded: Partial<RolloutStatus>): Partial<RolloutStatus> {
  const { transition: _transition, verdict: _verdict, drainUntil: _until, waiting: _waiting, ...rest } = recorded;
  return rest;
}
