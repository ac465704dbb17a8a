/** One pass of the plan: sizes, Services and weight of the current step, and whether the step has passed. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { StepAnalysis } from './analysis.ts';
import { podsFor, stepText, weightAt } from './canary-steps.ts';
import { enoughPods, type Target, targetOf, weightFor } from './canary-target.ts';
import { fact } from './facts.ts';
import { isHeldAtStart, isHeldAtWeight, waitAtStart, waitAtWeight } from './gate-waits.ts';
import { judgePlugin } from './step-plugin.ts';
import { judgeExperiment } from './step-experiment.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { enterPause, heldWait, isResumed, leavePause, pauseStep } from './pause.ts';
import { regainStableService } from './regain.ts';
import { createCurrent, revisionAnnotations, scaleTo } from './replica-sets.ts';
import { available, drainMs, isHeld, type Scene } from './scene.ts';
import { withoutDeadline } from './scale-down-deadline.ts';
import { selectRevision, waitForPods } from './services.ts';
import { planRatio, retireOthers } from './sizes.ts';
import { growStable, isDynamic, surplusOf } from './stable-size.ts';
import { deadlineText, instantOf } from './time-text.ts';
import { canaryWeight, moveWeight, mostOnCanary } from './weights.ts';

interface Reached {
  readonly moves: Moves;
  /** Sizes and weight of the step are there and confirmed. */
  readonly isReached: boolean;
}

/** One pass of 'stepping'. `analysis` is what the analysis of this step says, if it has one. */
export function runStep(scene: Scene, analysis: StepAnalysis): Moves {
  if (isHeld(scene)) return hold(scene);
  if (isHeldAtStart(scene)) return holdAtStart(scene);
  if (scene.stepIndex >= scene.steps.length) return { ...noMoves, event: { type: 'steps-done' } };
  const reached = scene.routed ? reachRouted(scene) : reachByPods(scene);
  const numbered = revisionAnnotations(scene);
  const lasting = withoutDeadline(scene, [scene.current, scene.stable], numbered);
  const prelude = together(effects(...numbered, ...lasting), reached.moves);
  // A step never passes while writes of it are still to be made: the intent would run ahead of the world.
  if (prelude.effects.length > 0) return prelude;
  if (isHeldAtWeight(scene)) return together(reached.isReached ? waitAtWeight(scene) : noMoves, prelude);
  return together(stepOutcome(scene, reached.isReached, analysis), prelude);
}

function stepOutcome(scene: Scene, isReached: boolean, analysis: StepAnalysis): Moves {
  const step = scene.steps[scene.stepIndex];
  if (step?.pause !== undefined) {
    const pause = pauseStep(scene);
    return pause.kind === 'over' ? passStep(scene, true) : pause.moves;
  }
  const isLetGo = step?.plugin === undefined && isResumed(scene.status);
  if ((step?.analysis ?? step?.experiment) !== undefined && isLetGo) return passStep(scene, true);
  const verdict = verdictOfStep(scene, analysis);
  if (!isReached && verdict.kind !== 'undecided') return noMoves;
  return verdict.kind === 'none' || verdict.kind === 'passed' ? passStep(scene, isLetGo) : verdict.moves;
}

/** What the analysis, the Experiment or the plugin of the step says; 'none' of a step that has none of them. */
function verdictOfStep(scene: Scene, analysis: StepAnalysis): StepAnalysis {
  if (analysis.kind !== 'none') return analysis;
  const experiment = judgeExperiment(scene);
  return experiment.kind === 'none' ? judgePlugin(scene) : experiment;
}

/** A gate has not let the revision start: no pods and no weight for it, beyond what an earlier attempt has left. */
function holdAtStart(scene: Scene): Moves {
  if (scene.routed) {
    const { stableService } = scene.observed;
    const isTaken = stableService?.podHash !== undefined && stableService.podHash !== scene.stableHash;
    const weight = moveWeight(scene, { canary: 0, needs: 0, canaryHash: undefined, stableHash: scene.stableHash });
    const isEarlier = canaryWeight(scene) > 0 && scene.status.drainUntil !== undefined;
    const back = isEarlier ? { ...noMoves, patch: { drainUntil: undefined } } : weight.moves;
    const capacity = together(effects(...growStable(scene, canaryWeight(scene))), retireOthers(scene));
    return together(waitAtStart(scene), capacity, isTaken ? regainStableService(scene) : back);
  }
  const plan = planRatio(scene, { stable: scene.stable, canary: scene.current, weight: 0 });
  return together(waitAtStart(scene), effects(...plan.effects));
}

/** Index + 1, recorded; a pause that follows is entered, and the end of the plan begins the promotion, in the same write. */
function passStep(scene: Scene, isResume: boolean): Moves {
  const { stepIndex, steps, now } = scene;
  const next = stepIndex + 1;
  const text = steps.slice(stepIndex, next).map(stepText).join('');
  const told = [
    fact(now, 'RolloutStepCompleted', `Step ${next} of ${steps.length} is done (${text})`, { step: String(stepIndex) }),
    ...(isResume ? [fact(now, 'RolloutResumed', 'Resumed')] : []),
  ];
  const patch: Partial<RolloutStatus> = { ...leavePause, currentStepIndex: next };
  if (next === steps.length) return { effects: [], facts: told, patch, event: { type: 'steps-done' } };
  if (steps[next]?.pause === undefined) return { effects: [], facts: told, patch };
  const pause = enterPause({ ...scene, status: { ...scene.status, ...leavePause } }, 'CanaryPauseStep');
  return { effects: [], facts: [...told, ...pause.facts], patch: { ...patch, ...pause.patch } };
}

/** Paused by a person: stable follows spec.replicas, the canary keeps its share; nothing else moves. */
function hold(scene: Scene): Moves {
  return together(holdSizes(scene), heldWait());
}

/** With a router sizes follow spec.replicas at the weight that is written; the canary only upwards while it is held. */
export function holdSizes(scene: Scene): Moves {
  if (!scene.routed) return noMoves;
  const { current, replicas } = scene;
  const size = podsFor(canaryWeight(scene), replicas, scene.total);
  const grows = current !== undefined && current.replicas < size;
  return effects(...growStable(scene, canaryWeight(scene)), ...(grows ? scaleTo(scene, current, size) : []));
}

/** While the analysis beside the steps holds, weight above that of the step (somebody else's edit) is still taken back. */
export function holdWeight(scene: Scene): Moves {
  const { state, steps, stepIndex, total, currentHash, stableHash } = scene;
  const { stableService, canaryService } = scene.observed;
  const canary = weightAt(steps, stepIndex, total);
  const isOwn = stableService?.podHash === stableHash && canaryService?.podHash === currentHash;
  if (state !== 'stepping' || isHeld(scene) || !isOwn || canaryWeight(scene) <= canary) return noMoves;
  // As in every fall of the weight: a drain that runs belongs to an earlier one.
  if (scene.status.drainUntil !== undefined) return { ...noMoves, patch: { drainUntil: undefined } };
  return moveWeight(scene, { canary, needs: 0, canaryHash: currentHash, stableHash }).moves;
}

function reachByPods(scene: Scene): Reached {
  const weight = weightAt(scene.steps, scene.stepIndex, scene.total);
  const plan = planRatio(scene, {
    stable: scene.stable,
    canary: scene.current,
    create: !scene.current,
    weight,
    enough: (wanted) => enoughPods(scene, wanted),
  });
  const services = together(
    selectRevision(scene, scene.observed.stableService, scene.stableHash),
    plan.wanted.canary > 0 ? selectRevision(scene, scene.observed.canaryService, scene.currentHash) : noMoves,
  );
  const wait = plan.arrived
    ? noMoves
    : waitForPods(scene, scene.currentHash, available(scene.current), plan.wanted.canary);
  return { moves: together(effects(...plan.effects), services, wait), isReached: plan.arrived && !services.waiting };
}

function reachRouted(scene: Scene): Reached {
  const { current, currentHash } = scene;
  const target = targetOf(scene);
  const grow = current === undefined ? [createCurrent(scene, target.size)] : growCanary(scene, target);
  const capacity = together(effects(...growStable(scene, target.weight), ...grow), retireOthers(scene));
  const traffic = moveTraffic(scene, target);
  const isSized = current !== undefined && current.replicas >= target.size && available(current) >= target.enough;
  const wait = isSized ? noMoves : waitForPods(scene, currentHash, available(current), target.enough);
  const shrink = traffic.isReached && isSized ? shrinkSides(scene, target) : noMoves;
  return { moves: together(capacity, wait, traffic.moves, shrink), isReached: isSized && traffic.isReached };
}

function growCanary(scene: Scene, target: Target) {
  return scene.current !== undefined && scene.current.replicas < target.size
    ? scaleTo(scene, scene.current, target.size)
    : [];
}

/** Services first: no weight before each selects exactly its revision. */
function moveTraffic(scene: Scene, target: Target): Reached {
  const { stableService, canaryService } = scene.observed;
  const { currentHash, stableHash } = scene;
  // A retry in the middle of going back finds the stable Service on the pods of the new revision.
  if (stableService?.podHash !== undefined && stableService.podHash !== stableHash)
    return { moves: regainStableService(scene), isReached: false };
  // It changes hands only when none of its weight is left, not even in a gateway that has not taken the last change.
  const isTaken = canaryService?.podHash !== currentHash && mostOnCanary(scene) > 0;
  const services = together(
    selectRevision(scene, stableService, stableHash),
    (target.size > 0 || scene.replicas === 0) && !isTaken ? selectRevision(scene, canaryService, currentHash) : noMoves,
  );
  const isSelected = stableService?.podHash === stableHash && canaryService?.podHash === currentHash;
  const wanted = isSelected ? weightFor(scene, target, canaryWeight(scene)) : { weight: 0, needs: 0 };
  const weight = moveWeight(scene, {
    canary: wanted.weight,
    needs: wanted.needs,
    canaryHash: isSelected ? currentHash : undefined,
    stableHash,
  });
  const written = canaryWeight(scene);
  // Where routes disagree, one of them gives stable more than the plan does.
  const isUneven = wanted.weight !== written || scene.observed.traffic?.state.lowest !== undefined;
  const takesAway = wanted.weight < written || (isDynamic(scene) && isUneven);
  // A drain that runs belongs to an earlier, higher weight: forget it before the weight of a side falls again.
  if (takesAway && scene.status.drainUntil !== undefined)
    return { moves: together(services, { ...noMoves, patch: { drainUntil: undefined } }), isReached: false };
  const isReached = weight.settled && (isSelected || target.weight === 0);
  return { moves: together(services, weight.moves), isReached };
}

/** Fewer pods follow a lower weight, scale or spec.replicas: they go after the drain delay, whatever the cause. */
function shrinkSides(scene: Scene, target: Target): Moves {
  const { current, stable, status, now } = scene;
  const surplus = surplusOf(scene, canaryWeight(scene));
  const fewer = [
    ...(current !== undefined && current.replicas > target.size ? scaleTo(scene, current, target.size) : []),
    ...(surplus === undefined ? [] : scaleTo(scene, stable, surplus)),
  ];
  if (fewer.length === 0) return noMoves;
  const until = instantOf(status.drainUntil);
  if (until === undefined) return { ...noMoves, patch: { drainUntil: deadlineText(now + drainMs(scene)) } };
  return until > now ? { ...noMoves, lookAgainAt: until } : effects(...fewer);
}
