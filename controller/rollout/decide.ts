/**
 * The decision of the rollout room: pure, from one observation. Order: unusable spec, new revision, new plan, requests of
 * people (abort first), failures, and then the move of the lifecycle state. Intent is recorded before it is acted upon.
 */

import { isArgo } from '../../crds/schema/dialect.ts';
import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import { nextPingPong } from '../../crds/schema/services-of.ts';
import type { Decision, Fact, Waiting } from '../decision.ts';
import { abortedFact, keepAborted, retreat } from './abort.ts';
import { judgeStep, promotionHold, runBackground, stopUnwanted } from './analysis.ts';
import { withTidiedRuns } from './analysis-history.ts';
import { holdPreview } from './blue-green-preview.ts';
import { driveBlueGreen } from './blue-green-drive.ts';
import { isWarm } from './blue-green.ts';
import type { RolloutEffect } from './effects.ts';
import { failedExperiment } from './experiment-verdict.ts';
import { fact } from './facts.ts';
import { failedGate } from './gate-verdict.ts';
import { isHeldAtStart, promotionGate, waitAtStart } from './gate-waits.ts';
import { tellEnd, watchRollback } from './gate-watch.ts';
import { areSkipped, enrolGates, gatesOf } from './gates.ts';
import { failedAnalysis, failureOf, waitOnTrouble } from './failure.ts';
import { afterEvent, type LifecycleInput } from './lifecycle-status.ts';
import { withLoadBalancers } from './load-balancer.ts';
import { withLostActive } from './lost-active.ts';
import { withLostRouter } from './lost-router.ts';
import type { LifecycleEvent } from './machine.ts';
import { type Moves, noMoves, together } from './moves.ts';
import { allProblems, nextStatus } from './next-status.ts';
import type { Observed } from './observed.ts';
import { withRolesOf } from './ping-pong.ts';
import { withPluginEnds } from './plugin-ends.ts';
import { deadlineTimer } from './progress.ts';
import { promote } from './promotion.ts';
import { withQuietWork } from './quiet-work.ts';
import { recordFor } from './record.ts';
import { currentRevision } from './replica-sets.ts';
import { goesBack, isForwardOnly, lastUsable } from './refused-spec.ts';
import { nextRequest, type Request, requestWhileRefused } from './requests.ts';
import { newPlan, newPreset, newRevision } from './revision-change.ts';
import { drainMs, isHeld, type Scene, sceneOf } from './scene.ts';
import { withServicesBeside } from './services-beside.ts';
import { deploy, keepStable } from './settled.ts';
import { mayWait, statusPatch } from './status-diff.ts';
import { failedPlugin } from './step-plugin.ts';
import { stopExperiments } from './step-experiment.ts';
import { holdSizes, holdWeight, runStep } from './stepping.ts';
import { takenOver } from './taken-over.ts';
import { deadlineText, instantOf } from './time-text.ts';
import { bounded, withBound } from './wait-bound.ts';

export type RolloutDecision = Decision<RolloutStatus, RolloutEffect>;

export function decide(seen: Observed): RolloutDecision {
  const observed = withLostActive(withLostRouter(seen));
  const status = observed.rollout.status;
  if (observed.problems.length > 0) return refuse(observed, status);
  const change =
    takenOver(observed, status) ??
    newRevision(observed, status) ??
    newPlan(observed, status) ??
    newPreset(observed, status);
  if (change !== undefined) return record(observed, withoutSteps(observed, change.status), change.facts);
  return go(observed, sceneOf(observed, status));
}

/** Without steps a new revision is promoted right away: one write for both. */
function withoutSteps(observed: Observed, status: RolloutStatus): RolloutStatus {
  const scene = sceneOf(observed, status);
  if (scene.blueGreen !== undefined) return fastTracked(scene, status);
  const isFree = !isHeld(scene) && (areSkipped(scene) || gatesOf(scene).length === 0);
  const isDone = scene.state === 'stepping' && scene.stepIndex >= scene.steps.length && isFree;
  return isDone ? moved(scene, { type: 'steps-done' }, status) : status;
}

/** Blue-green back to a revision whose pods still wait for their end: no pause, no analysis (argo-rollouts.md 2.11). */
function fastTracked(scene: Scene, status: RolloutStatus): RolloutStatus {
  const isFast = scene.state === 'stepping' && isWarm(scene, scene.currentHash) && !isHeld(scene);
  return isFast ? { ...moved(scene, { type: 'promote-full' }, status), promoteFull: true } : status;
}

/** One pass with a known revision. */
function go(observed: Observed, scene: Scene): RolloutDecision {
  const verdict = failedExperiment(scene) ?? failedGate(scene) ?? failedPlugin(scene) ?? failureOf(scene);
  const request = nextRequest(scene) ?? abortOn(verdict);
  return request === undefined ? carryOut(observed, scene, next(scene)) : recordRequest(observed, scene, request);
}

function abortOn(verdict: Verdict | undefined): Request | undefined {
  return verdict === undefined ? undefined : { event: { type: 'abort' }, verdict, patch: {}, facts: [] };
}

function carryOut(observed: Observed, scene: Scene, wanted: Moves): RolloutDecision {
  const moves = withBound(scene, withServicesBeside(scene, withLoadBalancers(scene, wanted)));
  if (moves.event !== undefined || moves.patch !== undefined) {
    const next = moved(scene, moves.event, { ...scene.status, ...moves.patch });
    return record(observed, next, [...moves.facts, ...eventFacts(scene, moves.event)]);
  }
  if (moves.effects.length > 0) return act(observed, moves);
  return settle(observed, tidied(scene), moves);
}

function next(scene: Scene): Moves {
  const lifecycle = together(stopExperiments(scene), driveGated(scene));
  return withQuietWork(scene, tellEnd(scene, withPluginEnds(scene, lifecycle)));
}

/** The move of the state, as far as gates let it. */
function driveGated(scene: Scene): Moves {
  const enrol = enrolGates(scene);
  if (enrol.patch !== undefined) return enrol;
  const watch = watchRollback(scene);
  if (scene.blueGreen !== undefined && isHeldAtStart(scene) && !isHeld(scene))
    return together(watch, waitAtStart(scene), holdPreview(scene));
  const moves = drive(scene);
  const gate = moves.event?.type === 'steps-done' ? promotionGate(scene) : undefined;
  return gate === undefined ? together(watch, moves) : together(watch, gate, holdSizes(scene));
}

/** The move of the state that the Rollout is in. */
function drive(scene: Scene): Moves {
  if (scene.blueGreen !== undefined) return driveBlueGreen(scene);
  switch (scene.state) {
    case 'new':
      return noMoves;
    case 'deploying':
      return deploy(scene);
    case 'stable':
      return together(stopUnwanted(scene), keepStable(scene));
    case 'stepping':
    case 'promoting':
      return onTrial(scene);
    case 'aborting':
    case 'superseding':
    case 'returning':
      return together(stopUnwanted(scene), retreat(scene));
    case 'aborted':
      return withTidiedRuns(scene, together(stopUnwanted(scene), keepAborted(scene)));
  }
}

/** Nothing goes forward while the analysis beside the steps has no verdict on its last run. */
function onTrial(scene: Scene): Moves {
  const background = runBackground(scene);
  const watch = together(waitOnTrouble(scene), stopUnwanted(scene), background);
  const timer = deadlineTimer(scene);
  if (background.waiting || background.patch) return together(watch, holdSizes(scene), holdWeight(scene), timer);
  const forward = scene.state === 'stepping' ? runStep(scene, judgeStep(scene)) : promote(scene);
  const isLast = forward.event?.type === 'steps-done';
  return together(watch, (isLast ? promotionHold(scene) : undefined) ?? forward, timer);
}

function moved(
  scene: Scene,
  event: LifecycleEvent | undefined,
  status: RolloutStatus,
  request?: Request,
): RolloutStatus {
  if (event === undefined) return status;
  const { verdict, to } = request ?? {};
  const nextTurn = nextPingPong(scene.observed.rollout);
  const input: LifecycleInput = {
    now: scene.now,
    podHash: scene.observed.podHash,
    stepHash: scene.observed.stepHash,
    steps: scene.steps.length,
    ...(verdict === undefined ? {} : { verdict }),
    ...(to === undefined ? {} : { to }),
    ...(nextTurn === undefined ? {} : { stablePingPong: nextTurn }),
    // Argo's tools read the deadline off the ReplicaSet, so there it is written to that instead.
    ...(scene.routed && !isArgo(scene.observed.dialect)
      ? { drainUntil: deadlineText(scene.now + drainMs(scene)) }
      : {}),
  };
  return afterEvent(status, event, input) ?? status;
}

function eventFacts(scene: Scene, event: LifecycleEvent | undefined): readonly Fact[] {
  const isFirst = event?.type === 'available';
  if (!isFirst && !(event?.type === 'promoted' && !event.back)) return [];
  const revision = currentRevision(scene.observed, scene.currentHash);
  const steps = scene.blueGreen ? 'the active Service selects it' : `all ${scene.steps.length} steps done`;
  const how = isFirst ? 'first deploy' : steps;
  const message = `Completed the update to revision ${revision} (${scene.currentHash}): ${how}`;
  return [fact(scene.now, 'RolloutCompleted', message)];
}

function recordRequest(observed: Observed, scene: Scene, request: Request): RolloutDecision {
  const next = moved(scene, request.event, scene.status, request);
  const status = { ...next, ...request.patch };
  const after = sceneOf(observed, status);
  const told = request.event?.type === 'abort' && (after.routed || after.blueGreen) ? [abortedFact(after)] : [];
  return record(observed, status, [...request.facts, ...told]);
}

/** Writes the intent and returns; what comes next is looked up already, so that status says what it waits for. */
function record(observed: Observed, intent: RolloutStatus, facts: readonly Fact[]): RolloutDecision {
  const scene = sceneOf(withRolesOf(observed, intent), intent);
  const wait = next(scene).waiting ?? (isFinal(scene) ? undefined : working(scene));
  const waiting = wait && bounded(scene, wait);
  const preset = observed.problems.length > 0 ? intent.preset : observed.preset;
  const named: RolloutStatus = { ...intent, preset, runName: recordFor(observed, intent) };
  const { status, facts: seen } = nextStatus(withRolesOf(observed, named), named, waiting);
  return withWaiting({ phase: 'record', status, effects: [], facts: [...facts, ...seen] }, waiting);
}

function working(scene: Scene): Waiting {
  return {
    reason: 'Working',
    on: `Rollout/${scene.observed.rollout.metadata.name}`,
    moves: 'The next write is under way.',
  };
}

function isFinal(scene: Scene): boolean {
  return scene.state === 'stable' || scene.state === 'new';
}

function act(observed: Observed, moves: Moves): RolloutDecision {
  const status = observed.rollout.status;
  const base = { phase: 'act', status, effects: moves.effects, facts: moves.facts } as const;
  return withWaiting(
    moves.lookAgainAt === undefined ? base : { ...base, lookAgainAt: moves.lookAgainAt },
    moves.waiting,
  );
}

/** Nothing to move: status mirrors the world, but counts alone don't make a write right after a progress. */
function settle(observed: Observed, intent: RolloutStatus, moves: Moves): RolloutDecision {
  const before = observed.rollout.status;
  const next = nextStatus(observed, intent, moves.waiting);
  const patch = statusPatch(before, next.status);
  const quietUntil = patch && mayWait(before, next.status, patch, observed.now);
  const times = [moves.lookAgainAt, quietUntil].filter((one) => one !== undefined);
  const isQuiet = quietUntil !== undefined || patch === undefined;
  const status = isQuiet ? before : next.status;
  const facts = isQuiet ? [] : [...moves.facts, ...next.facts];
  const base = { phase: 'settled', status, effects: [], facts } as const;
  return withWaiting(times.length === 0 ? base : { ...base, lookAgainAt: Math.min(...times) }, moves.waiting);
}

/** A drain that is over needs no mention any more. */
function tidied(scene: Scene): RolloutStatus {
  const until = instantOf(scene.status.drainUntil);
  const isOver = (scene.state === 'stepping' || scene.state === 'stable') && until !== undefined && until <= scene.now;
  return isOver ? { ...scene.status, drainUntil: undefined } : scene.status;
}

/** The message tells when the spec became unusable. Retried, since what it names may come into being. */
const invalidRetryMs = 20_000;

/**
 * Nothing is started with a spec that can't be used, but an abort is heard, a failed analysis aborts, and what is under way
 * goes back to stable by the strategy that was used last.
 */
function refuse(observed: Observed, status: RolloutStatus): RolloutDecision {
  const decision = goBack(lastUsable(observed, status), status) ?? standStill(observed, status);
  const text = allProblems(observed);
  const isKnown = status.conditions?.some((one) => one.type === 'InvalidSpec' && one.message === text) ?? false;
  const isWritten = decision.phase !== 'act' && statusPatch(status, decision.status) !== undefined;
  const told = isWritten && !isKnown ? [fact(observed.now, 'InvalidSpec', text)] : [];
  const lookAgainAt = Math.min(decision.lookAgainAt ?? Number.POSITIVE_INFINITY, observed.now + invalidRetryMs);
  return { ...decision, facts: [...told, ...decision.facts], lookAgainAt };
}

/** A status that can't be read whole may lack what is under way: then nothing is guessed. */
function goBack(observed: Observed, status: RolloutStatus): RolloutDecision | undefined {
  const isMisread = observed.problems.some((one) => one.field.startsWith('status.'));
  if (status.currentPodHash === undefined || isMisread) return undefined;
  const scene = sceneOf(observed, status);
  const verdict = isForwardOnly(observed) ? failureOf(scene) : failedAnalysis(scene);
  const request = requestWhileRefused(scene) ?? abortOn(verdict);
  if (request !== undefined) return recordRequest(observed, scene, request);
  if (!goesBack(scene)) return undefined;
  const decision = carryOut(observed, scene, together(stopExperiments(scene), drive(scene)));
  const isOnItsWay = scene.state !== 'stable' && scene.state !== 'aborted' && decision.waiting !== undefined;
  return decision.phase !== 'settled' || isOnItsWay ? decision : undefined;
}

function standStill(observed: Observed, status: RolloutStatus): RolloutDecision {
  const moves = 'It goes on when the spec is corrected.';
  const waiting: Waiting = { reason: 'InvalidSpec', on: 'user', moves };
  const next = nextStatus(observed, status, waiting);
  return { phase: 'settled', status: next.status, effects: [], facts: [], waiting };
}

function withWaiting(decision: RolloutDecision, waiting: Waiting | undefined): RolloutDecision {
  return waiting === undefined ? decision : { ...decision, waiting };
}
