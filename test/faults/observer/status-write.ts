/** An own write to the status of a Rollout, and what of it was decided by a command or by people's fields in the status. */

import type { Commit } from '../../../sandbox/api-server/contract.ts';
import type { RolloutStep } from './invariant.ts';
import { isSameJson, numberOf, textOf, valueAt } from './read-json.ts';
import { keys, type RolloutView } from './rollout-view.ts';

export interface StatusWrite {
  readonly before: RolloutView;
  readonly after: RolloutView;
}

/** Undefined when the commit is no change of this Rollout's status. Who wrote it is not asked here. */
export function statusWrite(commit: Commit, { before, after }: RolloutStep): StatusWrite | undefined {
  if (commit.kind !== 'Rollout' || before === undefined) return undefined;
  if (after.name !== commit.name || after.namespace !== commit.namespace) return undefined;
  return isSameJson(before.status, after.status) ? undefined : { before, after };
}

export interface CommandOutcome {
  readonly id: string;
  readonly verb: string;
  readonly outcome: string;
}

export function lastCommandOf(view: RolloutView): CommandOutcome | undefined {
  const [id, verb] = [valueAt(view.status, 'lastCommand', 'id'), textOf(view.status, 'lastCommand', 'verb')];
  const outcome = textOf(view.status, 'lastCommand', 'outcome');
  if (typeof id !== 'string' || verb === undefined || outcome === undefined) return undefined;
  return { id, verb, outcome };
}

/** The command that this very write answers; undefined when it answers none. */
export function answered({ before, after }: StatusWrite): CommandOutcome | undefined {
  const isSame = isSameJson(valueAt(before.status, 'lastCommand'), valueAt(after.status, 'lastCommand'));
  return isSame ? undefined : lastCommandOf(after);
}

/** True when the write answers one of these commands with Applied. */
export function applies(write: StatusWrite, ...verbs: readonly string[]): boolean {
  const command = answered(write);
  return command !== undefined && command.outcome === 'Applied' && verbs.includes(command.verb);
}

/** The command in the annotations that status has no outcome of yet. */
export function openCommandOf(view: RolloutView): { readonly id: string; readonly verb: string } | undefined {
  const verb = textOf(view.object, 'metadata', 'annotations', keys.command);
  const id = textOf(view.object, 'metadata', 'annotations', keys.commandId) ?? '';
  return verb === undefined || lastCommandOf(view)?.id === id ? undefined : { id, verb };
}

/** Somebody emptied pauseConditions while the controller had paused. */
export function isResumed(view: RolloutView): boolean {
  const conditions = valueAt(view.status, 'pauseConditions');
  const isEmpty = !Array.isArray(conditions) || conditions.length === 0;
  return valueAt(view.status, 'controllerPause') === true && isEmpty;
}

/** Somebody asked for a full promotion by the status, or it is under way. */
export function isFullPromotion({ before, after }: StatusWrite): boolean {
  return valueAt(before.status, 'promoteFull') === true || valueAt(after.status, 'promoteFull') === true;
}

/** The write moves the same revision on: another step, a promotion, or stable at last. */
export function goesForward({ before, after }: StatusWrite): boolean {
  if (before.current !== after.current || after.current === undefined) return false;
  const isFurther =
    (numberOf(after.status, 'currentStepIndex') ?? 0) > (numberOf(before.status, 'currentStepIndex') ?? 0);
  const isPromoted = isPromotion({ before, after });
  return (isFurther && after.transition !== 'abort') || isPromoted || becomesStable({ before, after });
}

/** Begins the promotion of the current revision. */
export function isPromotion({ before, after }: StatusWrite): boolean {
  return after.transition === 'promote' && before.transition !== 'promote' && after.transitionTo === after.current;
}

export function becomesStable({ before, after }: StatusWrite): boolean {
  return before.stable !== undefined && after.stable !== before.stable && after.stable === after.current;
}
