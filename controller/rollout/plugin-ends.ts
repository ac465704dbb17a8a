/**
 * Tells step plugins that their step is over: Terminate to one that still ran when its step was left, Abort to those that
 * had ended when the rollout is aborted, the last one first. It never holds up anything but a new run of the same plugin.
 */

import type { PluginEnd } from '../../crds/schema/gates.ts';
import { effects, type Moves, noMoves, together } from './moves.ts';
import { pluginProgress } from './plugin-calls.ts';
import { isEnded, type OpenEnd, owed, type PluginStatus } from './plugin-owed.ts';
import { timeText } from './time-text.ts';
import type { Scene } from './scene.ts';
import { findPlugin, placeOf, pluginStatuses, transitionFacts, withPlugin } from './step-plugin.ts';

/** Calls without success after which it is left: what a plugin can't be told for so long is a person's business. */
const maxTries = 5;

/** `moves` with that work added when they write and record nothing themselves. */
export function withPluginEnds(scene: Scene, moves: Moves): Moves {
  if (moves.effects.length > 0 || moves.event !== undefined || moves.patch !== undefined) return moves;
  const [end, ...others] = scene.status.pluginEnds ?? [];
  if (end !== undefined) return together(moves, endEarlier(scene, end, others));
  const open = endsOf(scene)[0];
  return open === undefined ? moves : together(moves, endOwn(scene, open));
}

/** What the plugins of this revision and attempt still have to be told, the last step first. */
function endsOf(scene: Scene): readonly OpenEnd[] {
  const isAborted = scene.state === 'aborting' || scene.state === 'aborted';
  const isCurrent = (index: number) => scene.state === 'stepping' && index === scene.stepIndex;
  return owed(pluginStatuses(scene), isAborted)
    .filter(({ index }) => !isCurrent(index))
    .filter(({ index, operation }) => {
      const told = findPlugin(scene, index, operation);
      return told === undefined || !isEnded(told);
    });
}

function endOwn(scene: Scene, { index, name, operation, status }: OpenEnd): Moves {
  const known = findPlugin(scene, index, operation);
  const at = timeText(scene.now);
  if (known === undefined) {
    const times = { startedAt: at, updatedAt: at, executions: 0 };
    const entry: PluginStatus = { index, name, operation, phase: 'Running', ...times, status };
    return { effects: [], facts: transitionFacts(scene, undefined, entry), patch: withPlugin(scene, entry) };
  }
  const next = pluginProgress(scene, placeOf(scene, known), known);
  if (next.kind === 'call') return effects(next.effect);
  if (next.kind === 'open') return noMoves;
  if (next.kind === 'wait') return { ...noMoves, lookAgainAt: next.until };
  const after = givenUp(next.status, at);
  return { effects: [], facts: transitionFacts(scene, known, after), patch: withPlugin(scene, after) };
}

function givenUp(status: PluginStatus, at: string): PluginStatus {
  const { executions = 0, message } = status;
  if (isEnded(status) || executions < maxTries) return status;
  const said = message === undefined ? '' : `: ${message}`;
  return { ...status, phase: 'Failed', finishedAt: at, message: `left after ${maxTries} calls${said}` };
}

/** The same for a revision or attempt that is history: only what is still owed is remembered of it. */
function endEarlier(scene: Scene, end: PluginEnd, others: PluginEnd[]): Moves {
  const { podHash, attempt, ...kept } = end;
  const { index, name, operation, executions = 0 } = end;
  const known: PluginStatus = { ...kept, phase: executions === 0 ? 'Running' : 'Error' };
  const next = pluginProgress(scene, { podHash, attempt, index, name, operation }, known);
  if (next.kind === 'call') return effects(next.effect);
  if (next.kind === 'open') return noMoves;
  if (next.kind === 'wait') return { ...noMoves, lookAgainAt: next.until };
  const after = givenUp(next.status, timeText(scene.now));
  const again: PluginEnd = { ...end, executions: after.executions, updatedAt: after.updatedAt, backoff: after.backoff };
  const left = isEnded(after) ? others : [again, ...others];
  const patch = { pluginEnds: left.length === 0 ? undefined : left };
  return { effects: [], facts: transitionFacts(scene, known, after), patch };
}
