/**
 * L01: once nothing is disturbed and nobody wants anything else, the desired state is reached, and then nothing is written any more.
 *
 * Checked at the end: every Rollout is healthy (or, with `settled`, aborted and at rest, or waits for a person), no GitSync has a
 * release or a restore under way, every GitRevert has come to an end or to a person; the controller's last commit is at least
 * `quietMs` old and, with `withinMs`, no later than that after `since`. Writes of Leases and Events are exempt.
 */

import { finalGitRevertPhases } from '../../../crds/schema/git-revert.ts';
import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Check, Invariant, LivenessOptions, Moment, Say } from './invariant.ts';
import { textOf, valueAt } from './read-json.ts';
import type { RolloutView } from './rollout-view.ts';

export const l01: Invariant = { id: 'L01', begin: ({ liveness }) => begin(liveness) };

interface LastWrite {
  readonly at: number;
  readonly text: string;
}

function begin(liveness: LivenessOptions): Check {
  let last: LastWrite | undefined;
  return {
    commit({ commit, isOwn }) {
      if (!isOwn || commit.kind === 'Lease' || commit.kind === 'Event') return;
      last = { at: commit.at, text: `${commit.verb} of ${commit.kind} ${commit.namespace}/${commit.name}` };
    },
    finish(moment, say) {
      if (liveness.expect === 'off') return;
      for (const view of moment.views) checkRollout(view, liveness.expect ?? 'settled', say);
      checkGit(moment, say);
      if (last !== undefined) checkQuiet(last, moment.at, liveness, say);
    },
  };
}

function checkRollout(view: RolloutView, expect: 'healthy' | 'settled', say: Say): void {
  const phase = textOf(view.status, 'phase') ?? 'no phase';
  const isHealthy = phase === 'Healthy' && view.stable === view.current && view.transition === undefined;
  if (isHealthy) return;
  const isAtRest = view.transition === undefined && textOf(view.status, 'waiting', 'on') === 'user';
  if (expect === 'settled' && isAtRest) return;
  const why = textOf(view.status, 'waiting', 'moves') ?? textOf(view.status, 'message') ?? '';
  say(`${view.text} ended in ${phase}${why === '' ? '' : `: ${why}`}`);
}

function checkGit({ cluster }: Moment, say: Say): void {
  for (const sync of cluster.list('GitSync')) {
    const text = `GitSync ${nameOf(sync)}`;
    if (valueAt(sync, 'status', 'candidate') !== undefined) say(`${text} still has a release under way`);
    if (textOf(sync, 'status', 'restore', 'phase') === 'Pending') say(`${text} is still restoring`);
  }
  const ends: readonly string[] = [...finalGitRevertPhases, 'NeedsHuman'];
  for (const revert of cluster.list('GitRevert')) {
    const phase = textOf(revert, 'status', 'phase') ?? 'Pending';
    if (!ends.includes(phase)) say(`GitRevert ${nameOf(revert)} ended in ${phase}`);
  }
}

function nameOf(object: JsonObject): string {
  return `${textOf(object, 'metadata', 'namespace') ?? ''}/${textOf(object, 'metadata', 'name') ?? ''}`;
}

function checkQuiet(last: LastWrite, endAt: number, liveness: LivenessOptions, say: Say): void {
  const { quietMs = 0, withinMs, since = 0 } = liveness;
  if (endAt - last.at < quietMs)
    say(`the controller still writes: ${last.text} was ${endAt - last.at} ms before the end, quiet are ${quietMs} ms`);
  if (withinMs !== undefined && last.at - since > withinMs)
    say(
      `the end was reached ${last.at - since} ms after the last disturbance (${last.text}), allowed are ${withinMs} ms`,
    );
}
