/**
 * S17: a revision marked failed is never promoted, never chosen to go back to, and never gets weight again without a new command.
 *
 * Counted: the observer keeps its own ledger. A revision is marked by an own status write that records a verdict on it
 * (status.verdict.podHash with status.abortedAt), and unmarked by an own status write that begins another attempt of it, when that
 * answers the command retry or promote-full or follows somebody's status.abort = false or status.promoteFull = true. Then no own
 * write may raise its weight, record a promotion to it, move its steps on, or make it stable. A promoted revision that is rolled
 * back keeps what it has until the older one took over.
 */

import type { Invariant, RolloutStep, Say } from './invariant.ts';
import { writtenShare } from './history.ts';
import { textOf, valueAt } from './read-json.ts';
import { applies, becomesStable, goesForward, type StatusWrite, statusWrite } from './status-write.ts';

export const s17: Invariant = {
  id: 'S17',
  begin: () => {
    const ledger = new Map<string, Set<string>>();
    const asked = new Set<string>();
    return {
      commit({ commit, isOwn, rollouts }, say) {
        for (const step of rollouts) {
          const failed = ledger.get(step.after.uid) ?? new Set<string>();
          ledger.set(step.after.uid, failed);
          const write = statusWrite(commit, step);
          if (write !== undefined && !isOwn) noteWish(write, asked);
          if (!isOwn) continue;
          if (write !== undefined) {
            unmark(write, failed, asked);
            checkStatus(write, failed, say);
            mark(write, failed);
          }
          if (commit.kind === 'HTTPRoute' || commit.kind === 'Service') checkWeight(step, failed, say);
        }
      },
    };
  },
};

/** People's fields in the status: they ask for another attempt without a command. */
function noteWish({ before, after }: StatusWrite, asked: Set<string>): void {
  const isTakenBack = valueAt(before.status, 'abort') === true && valueAt(after.status, 'abort') !== true;
  if (isTakenBack || valueAt(after.status, 'promoteFull') === true) asked.add(after.uid);
}

function unmark(write: StatusWrite, failed: Set<string>, asked: Set<string>): void {
  const { before, after } = write;
  const isAgain = after.attempt > before.attempt && before.current === after.current && after.current !== undefined;
  if (!isAgain) return;
  if (applies(write, 'retry', 'promote-full') || asked.delete(after.uid)) failed.delete(after.current ?? '');
}

function mark({ before, after }: StatusWrite, failed: Set<string>): void {
  const hash = textOf(after.status, 'verdict', 'podHash');
  if (
    hash !== undefined &&
    after.isAborted &&
    !(before.isAborted && textOf(before.status, 'verdict', 'podHash') === hash)
  )
    failed.add(hash);
}

function checkStatus(write: StatusWrite, failed: ReadonlySet<string>, say: Say): void {
  const { before, after } = write;
  const current = after.current ?? '';
  const target = after.transition === 'promote' && before.transition !== 'promote' ? after.transitionTo : undefined;
  if (target !== undefined && failed.has(target))
    return say(`${after.text} began to promote ${target}, which had failed`);
  if (after.stable !== before.stable && after.stable !== undefined && failed.has(after.stable))
    return say(`${after.text} made ${after.stable} stable, which had failed`);
  if (goesForward(write) && !becomesStable(write) && failed.has(current))
    say(`${after.text} went on with ${current}, which had failed`);
}

function checkWeight({ before, after }: RolloutStep, failed: ReadonlySet<string>, say: Say): void {
  if (before === undefined) return;
  for (const hash of failed) {
    if (hash === after.stable) continue;
    const [was, is] = [writtenShare(before, hash).high, writtenShare(after, hash).high];
    if (is > was) say(`${hash} of ${after.text}, which had failed, was given weight ${is} instead of ${was}`);
  }
}
