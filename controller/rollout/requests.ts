/**
 * What people ask for: by Argo's fields in status (abort, promoteFull, emptied pauseConditions) and by commands. At most one
 * request is taken up per pass, and an abort before everything else.
 */

import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import { objectText } from '../../crds/schema/problem.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Fact } from '../decision.ts';
import { promotionHold } from './analysis.ts';
import { type Command, isVerb, openCommand, outcomeOf, type RolloutVerb, staleness, unknownVerb } from './command.ts';
import { fact } from './facts.ts';
import { verdictOf } from './failure.ts';
import { heldByGate } from './gate-watch.ts';
import { hasFailed } from './lifecycle-status.ts';
import { allows, type LifecycleEvent } from './machine.ts';
import { isResumed, leavePause } from './pause.ts';
import { isHeld, type Scene, setOf } from './scene.ts';
import { instantOf, timeText } from './time-text.ts';

/** A request that was taken up: `event` moves the lifecycle, `patch` is written on top. */
export interface Request {
  readonly event?: LifecycleEvent;
  readonly verdict?: Verdict;
  /** Pod hash to go back to, with event 'rollback'. */
  readonly to?: string;
  readonly patch: Partial<RolloutStatus>;
  readonly facts: readonly Fact[];
}

export function nextRequest(scene: Scene): Request | undefined {
  const command = openCommand(scene.observed.rollout, scene.status.lastCommand, scene.observed.keys);
  if (isAbortAsked(scene)) return bareAbort(scene, command);
  if (command !== undefined && command.verb === 'abort') return answer(scene, command);
  // A retry alone would forget that a full promotion was asked for together with it.
  return barePromoteFull(scene) ?? bareRetry(scene) ?? (command === undefined ? undefined : answer(scene, command));
}

/** Commands that lead to nothing new. */
const holdingVerbs: ReadonlySet<string> = new Set(['abort', 'pause', 'resume']);

/** What is taken up while the spec can't be used. A promotion or retry by status stays asked for until it can. */
export function requestWhileRefused(scene: Scene): Request | undefined {
  const command = openCommand(scene.observed.rollout, scene.status.lastCommand, scene.observed.keys);
  if (isAbortAsked(scene)) return bareAbort(scene, command);
  if (command === undefined) return undefined;
  if (!isVerb(command.verb) || holdingVerbs.has(command.verb)) return answer(scene, command);
  return reject(scene, command, 'the spec can not be used: correct what condition InvalidSpec names and repeat it');
}

/** `abort` is the request, `abortedAt` the answer. */
function isAbortAsked(scene: Scene): boolean {
  return scene.status.abort === true && scene.status.abortedAt === undefined;
}

function bareAbort(scene: Scene, command: Command | undefined): Request {
  const superseded =
    command !== undefined && command.verb !== 'abort'
      ? { lastCommand: outcomeOf(scene, command, 'Superseded', 'An abort came first, and an abort outranks it.') }
      : {};
  if (!allows(scene.state, { type: 'abort' }) || scene.stableHash === undefined) {
    const text = `Nothing to abort: ${idleText(scene)}`;
    return { patch: { abort: undefined, ...superseded }, facts: [fact(scene.now, 'CommandRejected', text)] };
  }
  const verdict = verdictOf(scene, 'AbortedByUser', 'A person set status.abort');
  return { event: { type: 'abort' }, verdict, patch: superseded, facts: [] };
}

function idleText(scene: Scene): string {
  return scene.stableHash === undefined
    ? 'no revision is stable yet, so there is nothing to go back to'
    : 'no new revision is being rolled out, so there is nothing to do';
}

/** abort set back to false after an abort was carried out means: try again. */
function bareRetry(scene: Scene): Request | undefined {
  const { abort, abortedAt } = scene.status;
  if (abortedAt === undefined || abort === true || !allows(scene.state, { type: 'retry' })) return undefined;
  const message = 'retry: a person set status.abort to false';
  // The id stays: it tells that the command in the annotations was handled.
  const id = scene.status.lastCommand?.id ?? `status-abort-${timeText(scene.now)}`;
  const lastCommand = { id, verb: 'retry', outcome: 'Applied', message, at: timeText(scene.now) } as const;
  return { event: { type: 'retry' }, patch: { lastCommand }, facts: [] };
}

function barePromoteFull(scene: Scene): Request | undefined {
  if (scene.status.promoteFull !== true || scene.state === 'promoting') return undefined;
  if (allows(scene.state, { type: 'promote-full' }))
    return { event: { type: 'promote-full' }, patch: { promoteFull: true }, facts: [skipFact(scene)] };
  // Before its turn (another revision drains first) it stays asked for; with nothing to promote it is dropped.
  return scene.state === 'superseding' ? undefined : { patch: { promoteFull: undefined }, facts: [] };
}

function skipFact(scene: Scene): Fact {
  return fact(scene.now, 'SkipSteps', 'Promoted in full: all remaining steps, pauses and analyses are skipped');
}

function answer(scene: Scene, command: Command): Request {
  if (!isVerb(command.verb)) return reject(scene, command, unknownVerb(command.verb));
  const stale = staleness(scene, command);
  if (stale !== undefined) return reject(scene, command, stale);
  const done = carryOut(scene, command, command.verb);
  if (typeof done === 'string') return reject(scene, command, done);
  const by = command.actor === undefined ? '' : ` by ${command.actor}`;
  const why = command.reason === undefined ? '' : `: ${command.reason}`;
  const told = fact(scene.now, 'CommandApplied', `${command.verb}${by}${why}`, {
    actor: command.actor,
    id: command.id,
  });
  const lastCommand = outcomeOf(scene, command, 'Applied', `${command.verb} was carried out.`);
  return { ...done, patch: { ...done.patch, lastCommand }, facts: [told, ...done.facts] };
}

function reject(scene: Scene, command: Command, why: string): Request {
  const message = `${objectText(scene.observed.rollout)}: command ${command.verb} was not carried out: ${why}.`;
  return {
    patch: { lastCommand: outcomeOf(scene, command, 'Rejected', message) },
    facts: [fact(scene.now, 'CommandRejected', message, { actor: command.actor, id: command.id })],
  };
}

/** The request, or why it can't be. */
function carryOut(scene: Scene, command: Command, verb: RolloutVerb): Request | string {
  switch (verb) {
    case 'abort':
      return abort(scene, command);
    case 'retry':
      if (!allows(scene.state, { type: 'retry' })) return 'the current revision was not aborted';
      return { event: { type: 'retry' }, patch: {}, facts: [] };
    case 'promote':
      return promote(scene);
    case 'promote-full':
      if (!allows(scene.state, { type: 'promote-full' })) return 'no new revision is being rolled out';
      return { event: { type: 'promote-full' }, patch: { promoteFull: true }, facts: [skipFact(scene)] };
    case 'pause':
      if (isHeld(scene)) return 'it is paused already';
      return {
        patch: { manualPauseStartedAt: timeText(scene.now) },
        facts: [fact(scene.now, 'RolloutPaused', 'Paused by a person')],
      };
    case 'resume':
      return resume(scene);
    case 'rollback':
      return rollback(scene, command);
  }
}

function abort(scene: Scene, command: Command): Request | string {
  if (!allows(scene.state, { type: 'abort' }) || scene.stableHash === undefined) return idleText(scene);
  const who = command.actor ?? 'a person';
  const message = `Aborted by ${who}${command.reason === undefined ? '' : `: ${command.reason}`}`;
  const verdict = verdictOf(scene, 'AbortedByUser', message, {
    ...(command.actor === undefined ? {} : { actor: command.actor }),
    ...(command.keepGit ? { keepGit: true } : {}),
  });
  return { event: { type: 'abort' }, verdict, patch: {}, facts: [] };
}

/** Ends the pause it stands at, or skips the step that is being run. */
function promote(scene: Scene): Request | string {
  if (scene.observed.rollout.spec.paused === true) return 'spec.paused is true: set it to false in the manifest';
  if (scene.status.manualPauseStartedAt !== undefined) return resume(scene);
  if (scene.state !== 'stepping') return 'no step is being run';
  if (scene.blueGreen !== undefined) return switchNow(scene);
  if ((scene.status.pauseConditions ?? []).length > 0 && scene.steps[scene.stepIndex]?.pause !== undefined)
    return { patch: { pauseConditions: undefined }, facts: [] };
  const next = Math.min(scene.stepIndex + 1, scene.steps.length);
  const gate = heldByGate(scene, next);
  if (gate !== undefined) return gate;
  if (next === scene.steps.length && promotionHold(scene) !== undefined)
    return 'the analysis beside the steps has no evidence yet: wait for it, or go on without it by promote-full';
  return { patch: { ...leavePause, currentStepIndex: next }, facts: [] };
}

/** Blue-green has no step to skip: a promotion ends the pause before the switch. */
function switchNow({ status }: Scene): Request | string {
  if ((status.pauseConditions ?? []).length > 0) return { patch: { pauseConditions: undefined }, facts: [] };
  return 'it is not paused yet: wait until the preview is ready, or skip the analysis before the switch by promote-full';
}

function resume(scene: Scene): Request | string {
  const { manualPauseStartedAt, pauseConditions, totalManualPauseDurationSeconds = 0 } = scene.status;
  if (manualPauseStartedAt !== undefined) {
    const pausedMs = scene.now - (instantOf(manualPauseStartedAt) ?? scene.now);
    const total = totalManualPauseDurationSeconds + Math.max(0, Math.round(pausedMs / 1000));
    const patch = { manualPauseStartedAt: undefined, totalManualPauseDurationSeconds: total };
    return { patch, facts: [fact(scene.now, 'RolloutResumed', 'Resumed')] };
  }
  if ((pauseConditions ?? []).length > 0) return { patch: { pauseConditions: undefined }, facts: [] };
  if (scene.observed.rollout.spec.paused === true) return 'spec.paused is true: set it to false in the manifest';
  return isResumed(scene.status) ? 'it is resuming already' : 'it is not paused';
}

function rollback(scene: Scene, command: Command): Request | string {
  const { revision: to } = command;
  if (to === undefined) return 'command-revision must name the pod hash to go back to';
  if (scene.stableHash === to) return `revision ${to} is stable already`;
  if (!allows(scene.state, { type: 'rollback' })) return 'a rollout is in progress: abort it instead';
  if (setOf(scene, to) === undefined) return `the ReplicaSet of revision ${to} does not exist any more`;
  if (hasFailed(scene.status, to)) return `revision ${to} failed itself`;
  const who = command.actor ?? 'a person';
  const message = `Rolled back to ${to} by ${who}${command.reason === undefined ? '' : `: ${command.reason}`}`;
  const verdict = verdictOf(scene, 'AbortedByUser', message, {
    ...(command.actor === undefined ? {} : { actor: command.actor }),
    ...(command.keepGit ? { keepGit: true } : {}),
  });
  return { event: { type: 'rollback' }, verdict, to, patch: {}, facts: [] };
}
