/** The plugin step: tells the plugin to run until it says that it is done. Nothing but its own word lets the step pass. Pure. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Verdict } from '../../crds/schema/rollout-decisions.ts';
import { attemptOf } from './attempt.ts';
import type { StepAnalysis } from './analysis.ts';
import { fact } from './facts.ts';
import { verdictOf } from './failure.ts';
import { effects, type Moves, noMoves, together, waitFor } from './moves.ts';
import { pluginProgress, type PluginPlace } from './plugin-calls.ts';
import { isEnded, type PluginStatus } from './plugin-owed.ts';
import { isHeld, type Scene } from './scene.ts';
import { timeText } from './time-text.ts';

export function pluginStatuses({ status }: Scene): readonly PluginStatus[] {
  return status.canary?.stepPluginStatuses ?? [];
}

export function findPlugin(
  scene: Scene,
  index: number,
  operation: PluginStatus['operation'],
): PluginStatus | undefined {
  return pluginStatuses(scene).find((one) => one.index === index && one.operation === operation);
}

/** Status with this entry in place of the one for the same step and operation; new ones go to the end. */
export function withPlugin(scene: Scene, entry: PluginStatus): Partial<RolloutStatus> {
  const isSame = (one: PluginStatus) => one.index === entry.index && one.operation === entry.operation;
  const all = pluginStatuses(scene);
  const stepPluginStatuses = all.some(isSame) ? all.map((one) => (isSame(one) ? entry : one)) : [...all, entry];
  return { canary: { ...scene.status.canary, stepPluginStatuses } };
}

/** A fact when the plugin is in another phase than before. */
export function transitionFacts(scene: Scene, before: PluginStatus | undefined, after: PluginStatus): Moves['facts'] {
  if (before?.phase === after.phase) return [];
  const { name, operation, phase = 'Running', index, message } = after;
  const from = before?.phase === undefined ? '' : ` from ${before.phase}`;
  const text = `Step plugin ${name} of step ${index + 1} went${from} to ${phase} (${operation})${message ? `: ${message}` : ''}`;
  return [fact(scene.now, 'StepPluginTransition', text, { plugin: name, operation, phase })];
}

/** The plugin of the step that the rollout stands at. */
export function judgePlugin(scene: Scene): StepAnalysis {
  const step = scene.steps[scene.stepIndex]?.plugin;
  if (step === undefined) return { kind: 'none', moves: noMoves };
  const known = findPlugin(scene, scene.stepIndex, 'Run');
  if (known?.phase === 'Successful') return { kind: 'passed', moves: noMoves };
  if (known === undefined) return { kind: 'pending', moves: begin(scene, step.name) };
  return { kind: 'undecided', moves: isEnded(known) ? noMoves : goOn(scene, known) };
}

/** Recorded before the first call: from then on the plugin is told when its step is over. */
function begin(scene: Scene, name: string): Moves {
  const earlier = scene.status.pluginEnds?.find((one) => one.name === name);
  if (earlier !== undefined)
    return waitFor({
      reason: 'StepPluginRunning',
      on: `StepPlugin/${name}`,
      value: `${earlier.operation} of attempt ${earlier.attempt} of revision ${earlier.podHash}`,
      moves: `The step begins when plugin ${name} has ended what an earlier attempt began.`,
    });
  const at = timeText(scene.now);
  const base = { index: scene.stepIndex, name, operation: 'Run', startedAt: at, updatedAt: at } as const;
  const isOff = scene.observed.disabledPlugins?.has(name) === true;
  const off = {
    phase: 'Successful',
    disabled: true,
    finishedAt: at,
    message: 'the operator has turned it off',
  } as const;
  const entry: PluginStatus = { ...base, executions: 0, ...(isOff ? off : { phase: 'Running' as const }) };
  return { effects: [], facts: transitionFacts(scene, undefined, entry), patch: withPlugin(scene, entry) };
}

function goOn(scene: Scene, known: PluginStatus): Moves {
  const next = pluginProgress(scene, placeOf(scene, known), known);
  switch (next.kind) {
    case 'answered':
      return { effects: [], facts: transitionFacts(scene, known, next.status), patch: withPlugin(scene, next.status) };
    case 'call':
      return together(effects(next.effect), waiting(known));
    case 'open':
      return waiting(known);
    case 'wait':
      return { ...waiting(known), lookAgainAt: next.until };
  }
}

export function placeOf(scene: Scene, { index, name, operation }: PluginStatus): PluginPlace {
  return { podHash: scene.currentHash, attempt: attemptOf(scene.status), index, name, operation };
}

function waiting({ name, phase = 'Running', message, executions = 0 }: PluginStatus): Moves {
  const said = message === undefined ? '' : `: ${message}`;
  return waitFor({
    reason: 'StepPluginRunning',
    on: `StepPlugin/${name}`,
    value: executions === 0 ? 'no answer yet' : `${phase}${said}`,
    moves: `The step passes when plugin ${name} says that it was successful; promote to go on without it, or abort.`,
  });
}

/** The plugin of the step at hand says that it failed. */
export function failedPlugin(scene: Scene): Verdict | undefined {
  if (scene.state !== 'stepping' || scene.stableHash === undefined || isHeld(scene)) return undefined;
  const known = findPlugin(scene, scene.stepIndex, 'Run');
  if (known?.phase !== 'Failed' || scene.steps[scene.stepIndex]?.plugin === undefined) return undefined;
  const said = known.message === undefined ? '' : `: ${known.message}`;
  return verdictOf(scene, 'StepPluginFailed', `Step plugin ${known.name} of step ${known.index + 1} failed${said}`);
}
