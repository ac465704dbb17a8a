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

import { commandVerbs } from '../../crds/schema/keys.ts';

/** Verbs of people and the one of git-sync. */
export const rolloutVerbs = [...commandVerbs, 'rollback'] as const;
export type RolloutVerb = (typeof rolloutVerbs)[number];
