/**
 * Commands on a Rollout: annotations, one per field, one outcome per command-id, written to status.lastCommand.
 *
 * People: promote, promote-full, pause, resume, abort (with command-keep-git "true"), retry.
 * git-sync: `rollback` on a Rollout that was already promoted as part of a bad release. Set on the Rollout, in one patch:
 *   <group>/command          = rollback
 *   <group>/command-id       = any new id, e.g. `<release>-<rollout>`
 *   <group>/command-revision = pod hash of the last good revision, whose ReplicaSet still exists
 *   <group>/command-actor    = release/<name of the bad Release>
 *   <group>/command-reason   = one sentence
 * Then the old revision is scaled to spec.replicas and takes all traffic without steps, and the promoted one becomes a
 * failed one: status.abort true, status.verdict (cause AbortedByUser, actor release/<name>), status.stableRS = the old
 * hash, phase Degraded until spec.template agrees with stable again. verdict.confirmedStableAt is set once the router
 * confirmed it. Rejected with a sentence when the ReplicaSet is gone, failed itself, or a rollout is in progress.
 */

import { commandVerbs, type Keys } from '../../crds/schema/keys.ts';
import type { LastCommand } from '../../crds/schema/rollout-decisions.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { currentRevision } from './replica-sets.ts';
import type { Scene } from './scene.ts';
import { timeText } from './time-text.ts';

/** Verbs of people and the one of git-sync. */
export const rolloutVerbs = [...commandVerbs, 'rollback'] as const;
export type RolloutVerb = (typeof rolloutVerbs)[number];

export interface Command {
  readonly id: string;
  /** As it was written; perhaps no verb at all. */
  readonly verb: string;
  readonly revision: string | undefined;
  readonly step: string | undefined;
  readonly actor: string | undefined;
  readonly reason: string | undefined;
  readonly keepGit: boolean;
}

/** The command in the annotations that has no outcome yet. */
export function openCommand(rollout: Rollout, last: LastCommand | undefined, keys: Keys): Command | undefined {
  const notes = rollout.metadata.annotations ?? {};
  const verb = notes[keys.command];
  if (verb === undefined) return undefined;
  const id = notes[keys.commandId] ?? '';
  if (last?.id === id) return undefined;
  return {
    id,
    verb,
    revision: notes[keys.commandRevision],
    step: notes[keys.commandStep],
    actor: notes[keys.commandActor],
    reason: notes[keys.commandReason],
    keepGit: notes[keys.commandKeepGit] === 'true',
  };
}

export function isVerb(verb: string): verb is RolloutVerb {
  return (rolloutVerbs as readonly string[]).includes(verb);
}

export function unknownVerb(verb: string): string {
  return `there is no command "${verb}": use one of ${commandVerbs.join(', ')}`;
}

/** Why the command can't be meant for this state of the Rollout; undefined when it can. */
export function staleness(scene: Scene, command: Command): string | undefined {
  if (command.id === '')
    return `annotation ${scene.observed.keys.commandId} is missing: give every command an id of its own`;
  const revision = String(currentRevision(scene.observed, scene.currentHash));
  const { step } = command;
  if (command.verb !== 'rollback' && command.revision !== undefined) {
    if (command.revision !== scene.currentHash && command.revision !== revision)
      return `it is meant for revision ${command.revision}, but the current one is ${revision} (${scene.currentHash}): look again and repeat it`;
  }
  if (step !== undefined && step !== String(scene.stepIndex))
    return `it is meant for step ${step}, but the rollout is at step ${scene.stepIndex}: look again and repeat it`;
  return undefined;
}

/** The one outcome of a command. */
export function outcomeOf(
  scene: Scene,
  command: Command,
  outcome: LastCommand['outcome'],
  message: string,
): LastCommand {
  const { id, verb, actor } = command;
  const base = { id, verb, outcome, message, at: timeText(scene.now) };
  return actor === undefined ? base : { ...base, actor };
}
