/**
 * S11: each command that was taken up has exactly one outcome (Applied, Rejected, Superseded), and an abort asked for before a
 * promotion was recorded always wins.
 *
 * Counted: own status writes of a Rollout. A command is an id in the annotations, whoever wrote it (people, and the Git room for
 * rollbacks). lastCommand may say another thing of the same id only for a retry by status.abort = false, which keeps the id. A
 * write carries the version of the Rollout that it was decided on, so an open abort in the object before is one that was known:
 * such a write may not move the revision on. Applied means done in the same write. At the end no command is open.
 *
 * An abort is not turned down: while a revision that is not stable is neither aborted nor on its way back, the answer to an abort
 * whose command-step and command-revision fit (or that names none) is the abort, and status.abort is not just taken away.
 */

import type { Cluster } from './cluster.ts';
import type { Invariant, Say } from './invariant.ts';
import { annotationOf, isSameJson, textOf, timeOf, valueAt } from './read-json.ts';
import { keys, type RolloutView } from './rollout-view.ts';
import {
  answered,
  type CommandOutcome,
  goesForward,
  lastCommandOf,
  openCommandOf,
  type StatusWrite,
  statusWrite,
} from './status-write.ts';

export const s11: Invariant = {
  id: 'S11',
  begin: () => {
    const outcomes = new Map<string, Set<string>>();
    return {
      commit({ commit, isOwn, rollouts, cluster }, say) {
        if (!isOwn) return;
        for (const step of rollouts) {
          const write = statusWrite(commit, step);
          if (write === undefined) continue;
          checkTurnedDown(write, cluster, say);
          const command = answered(write);
          if (command !== undefined) checkOutcome(write, command, outcomes, say);
          checkAbortFirst(write, say);
        }
      },
      finish: ({ views }, say) => {
        for (const view of views) {
          const open = openCommandOf(view);
          if (open !== undefined) say(`the command ${open.verb} (${open.id}) of ${view.text} has no outcome`);
        }
      },
    };
  },
};

/** status.abort set back to false after an abort asks for another attempt. */
function isBareRetry({ before }: StatusWrite, { verb }: CommandOutcome): boolean {
  const isTakenBack = before.isAborted && valueAt(before.status, 'abort') !== true;
  return verb === 'retry' && isTakenBack;
}

function checkOutcome(write: StatusWrite, command: CommandOutcome, outcomes: Map<string, Set<string>>, say: Say): void {
  const { before, after } = write;
  if (isBareRetry(write, command)) return;
  const { id, verb } = command;
  const known = outcomes.get(after.uid) ?? new Set<string>();
  outcomes.set(after.uid, known);
  if (known.has(id) || lastCommandOf(before)?.id === id)
    return say(`the command ${verb} (${id}) of ${after.text} got a second outcome`);
  known.add(id);
  if (textOf(before.object, 'metadata', 'annotations', keys.command) === undefined || openCommandOf(before)?.id !== id)
    return say(`${after.text} has an outcome of command ${verb} (${id}), which nobody gave`);
  if (command.outcome === 'Applied' && !isDone(write, verb))
    say(`the command ${verb} (${id}) of ${after.text} counts as applied, but nothing of it is recorded`);
}

function isDone({ before, after }: StatusWrite, verb: string): boolean {
  const isChanged = (field: string) => !isSameJson(valueAt(before.status, field), valueAt(after.status, field));
  switch (verb) {
    case 'abort':
      return after.transition === 'abort' && after.isAborted;
    case 'retry':
      return after.attempt > before.attempt && !after.isAborted;
    case 'promote-full':
    case 'rollback':
      return after.transition === 'promote';
    case 'pause':
      return textOf(after.status, 'manualPauseStartedAt') !== undefined;
    case 'promote':
    case 'resume':
      return isChanged('manualPauseStartedAt') || isChanged('pauseConditions') || isChanged('currentStepIndex');
    default:
      return false;
  }
}

function isAbortOpen(view: RolloutView): boolean {
  const isAsked = valueAt(view.status, 'abort') === true && timeOf(view.status, 'abortedAt') === undefined;
  return isAsked || openCommandOf(view)?.verb === 'abort';
}

/** A revision other than stable is being rolled out, and nothing has taken it back so far. */
function canAbort({ stable, current, isAborted, transition }: RolloutView): boolean {
  return stable !== undefined && current !== undefined && current !== stable && !isAborted && transition !== 'abort';
}

/** Meant for what is current: the step, and the revision by pod hash or by the number on its ReplicaSet. */
function fits({ object, current = '', stepIndex, sets, namespace }: RolloutView, cluster: Cluster): boolean {
  const step = annotationOf(object, keys.commandStep);
  const revision = annotationOf(object, keys.commandRevision);
  if (step !== undefined && step !== String(stepIndex)) return false;
  if (revision === undefined || revision === current) return true;
  const number = annotationOf(cluster.get('ReplicaSet', namespace, sets.get(current)?.name ?? ''), keys.revision);
  return number === revision;
}

function checkTurnedDown(write: StatusWrite, cluster: Cluster, say: Say): void {
  const { before, after } = write;
  if (before.current !== after.current || !canAbort(before) || !canAbort(after)) return;
  const command = answered(write);
  if (command?.verb === 'abort' && command.id !== '' && command.outcome !== 'Applied' && fits(before, cluster))
    say(
      `the abort (${command.id}) of ${after.text} was answered ${command.outcome}, although ${after.current} can be aborted`,
    );
  if (valueAt(before.status, 'abort') === true && valueAt(after.status, 'abort') !== true)
    say(`status.abort of ${after.text} was taken away, although ${after.current} can be aborted`);
}

function checkAbortFirst(write: StatusWrite, say: Say): void {
  const { before, after } = write;
  if (!isAbortOpen(before) || !goesForward(write)) return;
  say(`${after.text} went on with ${after.current} although an abort was asked for before`);
}
