/** `status --for`: whether the state asked for is reached by the revision asked for, lost for good, or still to come. Pure. */

import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import { type ExitCode, exitCode } from '../exit-code.ts';
import { commitOf, decisionsOf, newestRun, revisionOf, type Scene, statusOf } from './scene.ts';
import { conditionTrue, isAborted, isStuck, needsPerson, situationOf } from './situation.ts';
import { waitedFor } from './rollout-text.ts';
import { phaseOf, stepOf, weightOf } from './rollout-view.ts';

export type Goal =
  | { readonly kind: 'complete' | 'healthy' | 'gate' }
  | { readonly kind: 'step' | 'weight'; readonly value: number };

/** Which revision is meant, so that an earlier good state can never answer for it. */
export type Target =
  /** `seen`: it was the current one before, so when it no longer is, another took its place. */
  | { readonly kind: 'hash'; readonly podHash: string; readonly seen?: boolean }
  | { readonly kind: 'revision'; readonly revision: number }
  | { readonly kind: 'commit'; readonly commit: string }
  /** The one in spec.template when the wait began. */
  | { readonly kind: 'generation'; readonly generation: number };

export type Outcome =
  | { readonly kind: 'pending'; readonly message: string }
  | { readonly kind: 'ended'; readonly code: ExitCode; readonly message: string };

/** Texts such as complete, step=3, weight=50. Undefined when it is none. `step` counts from 1, as the views show it. */
export function parseGoal(text: string): Goal | undefined {
  if (text === 'complete' || text === 'healthy' || text === 'gate') return { kind: text };
  const match = /^(step|weight)=(\d+)$/.exec(text);
  if (match === null) return undefined;
  return { kind: match[1] === 'step' ? 'step' : 'weight', value: Number(match[2]) };
}

export function outcomeOf(scene: Scene, target: Target, goals: readonly Goal[]): Outcome {
  const { name } = scene.rollout.metadata;
  const situation = situationOf(scene);
  if (isCurrent(scene, target)) return currentOutcome(scene, goals);
  const past = newestRun(scene.runs.filter((run) => matchesRun(run, target)));
  if (past !== undefined && past.status?.phase !== undefined && past.status.phase !== 'Running')
    return pastOutcome(past, goals);
  if (situation === 'unobserved') return pending(`the controller has not looked at the newest spec of ${name} yet`);
  if (past !== undefined || (target.kind === 'hash' && target.seen === true)) return superseded(scene);
  return pending(
    `${name} does not run ${targetText(target)} yet; it is at ${statusOf(scene.rollout).currentPodHash ?? 'no revision'}`,
  );
}

function isCurrent(scene: Scene, target: Target): boolean {
  const { rollout } = scene;
  if (situationOf(scene) === 'unobserved') return false;
  switch (target.kind) {
    case 'hash':
      return statusOf(rollout).currentPodHash === target.podHash;
    case 'revision':
      return revisionOf(scene) === target.revision;
    case 'commit':
      return commitOf(scene)?.startsWith(target.commit) === true;
    case 'generation':
      return true;
  }
}

function matchesRun({ spec }: RolloutRun, target: Target): boolean {
  switch (target.kind) {
    case 'hash':
      return spec.podHash === target.podHash;
    case 'revision':
      return spec.revision === target.revision;
    case 'commit':
      return spec.commit?.startsWith(target.commit) === true;
    case 'generation':
      return false;
  }
}

function currentOutcome(scene: Scene, goals: readonly Goal[]): Outcome {
  const lost = failure(scene);
  if (lost !== undefined) return lost;
  const reached = goals.find((goal) => isReached(scene, goal));
  if (reached !== undefined)
    return {
      kind: 'ended',
      code: exitCode.ok,
      message: `${scene.rollout.metadata.name}: ${goalText(reached)} is reached`,
    };
  if (situationOf(scene) === 'settled' && goals.every((goal) => goal.kind === 'gate'))
    return noGate(scene.rollout.metadata.name);
  if (needsPerson(scene)) {
    const moves = decisionsOf(scene).waiting?.moves ?? 'promote or abort it';
    return {
      kind: 'ended',
      code: exitCode.gate,
      message: `${scene.rollout.metadata.name} waits for a person: ${moves}`,
    };
  }
  return pending(pendingText(scene));
}

function failure(scene: Scene): Outcome | undefined {
  const { name } = scene.rollout.metadata;
  const { verdict } = decisionsOf(scene);
  if (isAborted(scene)) {
    const message = verdict?.message ?? phaseOf(scene).message;
    return {
      kind: 'ended',
      code: causeCode(verdict?.cause, analysisFailed(scene)),
      message: `${name} was rolled back: ${message}`,
    };
  }
  if (conditionTrue(scene, 'InvalidSpec'))
    return { kind: 'ended', code: exitCode.stuck, message: `${name}: ${phaseOf(scene).message}` };
  if (isStuck(scene))
    return {
      kind: 'ended',
      code: exitCode.stuck,
      message: `${name}: its progress deadline passed: ${phaseOf(scene).message}`,
    };
  return undefined;
}

/** Argo's status names no cause: then a failed analysis of the current revision tells a rollback from an abort by hand. */
function analysisFailed(scene: Scene): boolean {
  const { currentStepAnalysisRunStatus, currentBackgroundAnalysisRunStatus } = statusOf(scene.rollout).canary ?? {};
  return [currentStepAnalysisRunStatus, currentBackgroundAnalysisRunStatus].some(
    (run) => run?.status === 'Failed' || run?.status === 'Error',
  );
}

function causeCode(cause: string | undefined, byAnalysis: boolean): ExitCode {
  if (cause === 'AbortedByUser') return exitCode.abortedByPerson;
  if (cause === 'ProgressDeadline') return exitCode.stuck;
  if (cause === undefined && !byAnalysis) return exitCode.abortedByPerson;
  return exitCode.rolledBack;
}

function pastOutcome(run: RolloutRun, goals: readonly Goal[]): Outcome {
  const { phase, outcome } = run.status ?? {};
  const what = `revision ${run.spec.revision} (${run.spec.podHash})`;
  const why = outcome?.message === undefined ? '' : `: ${outcome.message}`;
  if (phase === 'Promoted') {
    if (goals.every((goal) => goal.kind === 'gate')) return noGate(what);
    return { kind: 'ended', code: exitCode.ok, message: `${what} was promoted, and is not the current one any more` };
  }
  if (phase === 'Superseded')
    return { kind: 'ended', code: exitCode.superseded, message: `${what} was superseded${why}` };
  return {
    kind: 'ended',
    code: causeCode(outcome?.cause, outcome?.analysisRun !== undefined),
    message: `${what} was rolled back${why}`,
  };
}

function isReached(scene: Scene, goal: Goal): boolean {
  const situation = situationOf(scene);
  const settled = situation === 'settled';
  switch (goal.kind) {
    case 'complete':
      return settled;
    case 'healthy':
      return settled && phaseOf(scene).phase === 'Healthy';
    case 'gate':
      return needsPerson(scene);
    case 'step':
      return settled || (stepOf(scene)?.index ?? -1) + 1 >= goal.value;
    case 'weight': {
      const weight = weightOf(scene);
      return settled || (weight !== undefined && weight.confirmed !== 'no' && weight.actual >= goal.value);
    }
  }
}

function noGate(what: string): Outcome {
  return { kind: 'ended', code: exitCode.unexpected, message: `${what} is promoted in full and waits at no gate` };
}

function superseded(scene: Scene): Outcome {
  const current = statusOf(scene.rollout).currentPodHash ?? 'another one';
  return { kind: 'ended', code: exitCode.superseded, message: `a newer revision (${current}) took its place` };
}

function pendingText(scene: Scene): string {
  const step = stepOf(scene);
  const weight = weightOf(scene);
  const { waiting } = decisionsOf(scene);
  const { phase, message } = phaseOf(scene);
  const parts = [
    `${scene.rollout.metadata.name} ${phase}`,
    step === undefined ? '' : `step ${Math.min(step.index + 1, step.total)}/${step.total} ${step.text}`,
    weight === undefined ? '' : `weight ${weight.actual} %`,
    waiting === undefined ? message : `waits for ${waitedFor(waiting.on)}: ${waiting.moves}`,
  ];
  return parts.filter(Boolean).join('; ');
}

export function goalText(goal: Goal): string {
  switch (goal.kind) {
    case 'complete':
    case 'healthy':
    case 'gate':
      return goal.kind;
    case 'step':
    case 'weight':
      return `${goal.kind}=${goal.value}`;
  }
}

function targetText(target: Target): string {
  switch (target.kind) {
    case 'hash':
      return `revision ${target.podHash}`;
    case 'revision':
      return `revision ${target.revision}`;
    case 'commit':
      return `commit ${target.commit}`;
    case 'generation':
      return `generation ${target.generation}`;
  }
}

function pending(message: string): Outcome {
  return { kind: 'pending', message };
}
