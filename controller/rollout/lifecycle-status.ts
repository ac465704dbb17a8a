/** Reads the lifecycle state out of status, and turns what the machine asks to record into the next status. */

import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant } from '../../kube/api.ts';
import { attemptOf } from './attempt.ts';
import { type LifecycleAction, type LifecycleEvent, type LifecycleState, nextState } from './machine.ts';
import { carriedEnds } from './plugin-owed.ts';
import { timeText } from './time-text.ts';

/**
 * Status stores meaning, not the state's name: a recorded transition says what is under way, `abortedAt` says that the
 * current revision was given up (`abort` alone is only somebody's request).
 */
export function stateOf(status: RolloutStatus): LifecycleState {
  if (status.currentPodHash === undefined || status.currentPodHash === '') return 'new';
  switch (status.transition?.kind) {
    case 'abort':
      return 'aborting';
    case 'supersede':
      return 'superseding';
    case 'back-to-stable':
      return 'returning';
    case 'promote':
      return 'promoting';
    case 'weight':
    case undefined:
      break;
  }
  if (!status.stableRS) return 'deploying';
  if (status.abortedAt !== undefined) return 'aborted';
  return status.stableRS === status.currentPodHash ? 'stable' : 'stepping';
}

const underWay: ReadonlySet<LifecycleState> = new Set([
  'stepping',
  'promoting',
  'aborting',
  'superseding',
  'returning',
]);

/** True while a revision is on its way, forward or back to stable. */
export function isUnderWay(status: RolloutStatus): boolean {
  return underWay.has(stateOf(status));
}

/** Failed revisions that are remembered; older ones have long lost their ReplicaSet and their commit. */
const maxFailed = 20;

/** True when the revision failed and no command has asked for it since. */
export function hasFailed(status: RolloutStatus, podHash: string | undefined): boolean {
  return podHash !== undefined && failedHashes(status).includes(podHash);
}

/** Oldest first. A status of an earlier version has only the last one. */
function failedHashes({ failedPodHash, failedPodHashes = [] }: RolloutStatus): readonly string[] {
  const isListed = failedPodHash === undefined || failedPodHashes.includes(failedPodHash);
  return isListed ? failedPodHashes : [...failedPodHashes, failedPodHash];
}

function withFailed(status: RolloutStatus, podHash: string | undefined): Partial<RolloutStatus> {
  if (podHash === undefined) return {};
  const others = failedHashes(status).filter((one) => one !== podHash);
  return { failedPodHash: podHash, failedPodHashes: [...others, podHash].slice(-maxFailed) };
}

function withoutFailed(status: RolloutStatus, podHash: string | undefined): Partial<RolloutStatus> {
  const left = failedHashes(status).filter((one) => one !== podHash);
  return { failedPodHash: left.at(-1), failedPodHashes: left.length === 0 ? undefined : left };
}

/** What the actions need beside the status. `from` and `to` are pod hashes of the transition to record. */
export interface LifecycleInput {
  readonly now: Instant;
  readonly podHash: string;
  readonly stepHash: string;
  readonly steps: number;
  readonly from?: string;
  readonly to?: string;
  readonly verdict?: Verdict;
  /** Until when the revision that stops being stable keeps its pods. */
  readonly drainUntil?: string;
  /** With ping-pong: whose Service is stable's once the revision on trial is stable. */
  readonly stablePingPong?: 'ping' | 'pong';
}

/** The status after an event; undefined when the event means nothing in the status' state. */
export function afterEvent(
  status: RolloutStatus,
  event: LifecycleEvent,
  input: LifecycleInput,
): RolloutStatus | undefined {
  const next = nextState(stateOf(status), event);
  return next?.actions.reduce<RolloutStatus>((now, action) => record(now, action, input), status);
}

type Kind = NonNullable<RolloutStatus['transition']>['kind'];

function transition(kind: Kind, from: string, to: string, now: Instant): Partial<RolloutStatus> {
  const since = timeText(now);
  return { transition: { id: `${kind}-${from}-${to}-${Math.floor(now / 1000)}`, kind, from, to, since } };
}

const noPause: Partial<RolloutStatus> = {
  pauseConditions: undefined,
  controllerPause: undefined,
  manualPauseStartedAt: undefined,
};
/** Back to the first step, whatever was asked for or drained. */
const restarted: Partial<RolloutStatus> = { promoteFull: undefined, drainUntil: undefined, currentStepIndex: 0 };
/** The preview starts at its own size again, and pause and analysis before the switch come again. */
function unchecked({ blueGreen }: RolloutStatus): Partial<RolloutStatus> {
  if (blueGreen?.scaleUpPreviewCheckPoint === undefined) return {};
  return { blueGreen: { ...blueGreen, scaleUpPreviewCheckPoint: undefined } };
}
const noAbort: Partial<RolloutStatus> = { abort: undefined, abortedAt: undefined, verdict: undefined };

function record(status: RolloutStatus, action: LifecycleAction, input: LifecycleInput): RolloutStatus {
  const { now, verdict, to = '' } = input;
  const current = status.currentPodHash ?? input.podHash;
  const stable = status.stableRS ?? '';
  const from = input.from ?? stable;
  const aborted = { abort: true, abortedAt: timeText(now), verdict, ...withFailed(status, verdict?.podHash) };
  switch (action) {
    case 'beginRevision':
      return begin(status, input);
    case 'skipSteps':
      return { ...status, ...noPause, currentStepIndex: input.steps };
    case 'refuseFailed':
      return { ...status, ...aborted, ...transition('abort', input.from ?? input.podHash, stable, now) };
    case 'recordReturn':
      return { ...status, ...transition('back-to-stable', from, stable, now) };
    case 'recordSupersede':
      return { ...status, ...transition('supersede', from, input.podHash, now) };
    case 'recordPromote':
      return {
        ...status,
        ...noPause,
        currentStepIndex: input.steps,
        drainUntil: undefined,
        ...transition('promote', stable, current, now),
      };
    case 'recordRollback':
      return { ...status, ...aborted, drainUntil: undefined, ...transition('promote', stable, to, now) };
    case 'recordAbort':
      return {
        ...status,
        ...noPause,
        ...aborted,
        ...restarted,
        ...unchecked(status),
        ...transition('abort', current, stable, now),
      };
    case 'recordAbortAfterRollback':
      return { ...status, ...restarted, ...transition('abort', current, stable, now) };
    case 'clearAbort':
      return {
        ...status,
        ...noPause,
        ...noAbort,
        ...restarted,
        ...unchecked(status),
        ...withoutFailed(status, status.currentPodHash),
        transition: undefined,
        ...newAttempt(status),
      };
    case 'markStable':
      return markedStable(status, input);
    case 'endTransition':
      return { ...status, transition: undefined, drainUntil: undefined };
  }
}

function markedStable(status: RolloutStatus, { drainUntil, stablePingPong }: LifecycleInput): RolloutStatus {
  return {
    ...status,
    stableRS: status.transition?.to || status.currentPodHash,
    transition: undefined,
    promoteFull: undefined,
    drainUntil,
    ...unchecked(status),
    ...(stablePingPong === undefined ? {} : { canary: { ...status.canary, stablePingPong } }),
  };
}

/** What outlives a revision: the weights as written, whose turn it is, and the experiment that may still get traffic. */
function kept(canary: RolloutStatus['canary']): RolloutStatus['canary'] {
  const { weights, stablePingPong, currentExperiment } = canary ?? {};
  if (weights === undefined && stablePingPong === undefined && currentExperiment === undefined) return undefined;
  return {
    ...(currentExperiment === undefined ? {} : { currentExperiment }),
    ...(weights === undefined ? {} : { weights }),
    ...(stablePingPong === undefined ? {} : { stablePingPong }),
  };
}

/** What the Services select, whatever is released. */
function selectors(blueGreen: RolloutStatus['blueGreen']): RolloutStatus['blueGreen'] {
  const { previewSelector, activeSelector } = blueGreen ?? {};
  if (previewSelector === undefined && activeSelector === undefined) return undefined;
  return {
    ...(previewSelector === undefined ? {} : { previewSelector }),
    ...(activeSelector === undefined ? {} : { activeSelector }),
  };
}

/** Gates and step plugins begin anew with every attempt. */
export function newAttempt(status: RolloutStatus): Partial<RolloutStatus> {
  const { stepPluginStatuses, ...canary } = status.canary ?? {};
  return {
    attempt: attemptOf(status) + 1,
    gates: undefined,
    ...carriedEnds(status),
    ...(stepPluginStatuses === undefined ? {} : { canary }),
  };
}

function begin(status: RolloutStatus, input: LifecycleInput): RolloutStatus {
  return {
    ...status,
    ...noPause,
    ...noAbort,
    promoteFull: undefined,
    transition: undefined,
    drainUntil: undefined,
    waiting: undefined,
    currentPodHash: input.podHash,
    currentStepHash: input.stepHash || undefined,
    currentStepIndex: 0,
    attempt: 1,
    gates: undefined,
    ...carriedEnds(status),
    canary: kept(status.canary),
    blueGreen: selectors(status.blueGreen),
  };
}
