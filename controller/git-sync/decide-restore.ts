/**
 * The way back after a failed release: promoted Rollouts roll back, what differs from the last good set is applied, what only
 * the failed release added is deleted. The Rollouts that failed keep their template until Git agrees. Pure.
 */

import { parseDurationMs } from '../../crds/schema/duration.ts';
import type { GitSyncStatus } from '../../crds/schema/git-sync.ts';
import type { Release, ReleaseRollout } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf } from './conditions.ts';
import { applyEffect } from './decide-candidate.ts';
import {
  acting,
  conditioned,
  type Draft,
  lookingAgain,
  normalFact,
  recorded,
  stopped,
  unconditioned,
  waitingFor,
  warningFact,
  withPhase,
  withStatus,
} from './draft.ts';
import type { GitSyncEffect } from './effects.ts';
import { entryKey, isOurs } from './inventory.ts';
import { keyText } from './objects.ts';
import type { Observed, Trial } from './observed.ts';
import { unconfirmed } from './release-verdict.ts';
import { findRelease } from './releases.ts';
import { asRollout, findRollout, isSeen, rolloutState } from './rollout-state.ts';
import { failedRollbacks, isRestorable, restoreSkips, rollbackCommands, waitsForRollback } from './restore.ts';

const pollMs = 2_000;
const refusedRetryMs = 10_000;

/** Apply and restore are serial: while it is pending nothing else is looked at. */
export function restoring(observed: Observed, draft: Draft, now: Instant): Draft {
  const { restore } = draft.status;
  if (restore?.phase !== 'Pending') return draft;
  const bad = findRelease(observed, restore.release);
  const text = restore.message ?? `Release ${restore.release} is taken back.`;
  const here = withPhase(draft, 'Restoring', text);
  // Failed in the bake, so after their promotion: a command starts their way back, and the rest waits for its end.
  const back = failedRollbacks(observed, bad);
  if (back.commands.length > 0) return acting(here, back.commands);
  const open = bad === undefined ? [] : [...back.waiting, ...unconfirmed(bad, observed.rollouts)];
  if (bad !== undefined && open.length > 0) return stableOpen(observed, here, bad, open, now);
  if (observed.gap !== undefined) return withGap(observed, here, now);
  const { trial } = observed;
  if (observed.subject.kind !== 'restore' || trial === undefined) {
    const why = observed.tenant.kind === 'ok' ? text : `${text} ${observed.tenant.message}`;
    return giveUpOr(observed, here, bad, [why], now, () =>
      stopped(lookingAgain(withPhase(here, 'Restoring', why), now + pollMs)),
    );
  }
  return restoringSet(observed, unconditioned(here, 'LedgerIncomplete'), bad, trial, now);
}

/**
 * Traffic of the failed revision may still flow. Past the timeout the restore waits on, but no commit is kept waiting by it: one
 * that changes the failed content is how the repair gets in.
 */
function stableOpen(
  observed: Observed,
  draft: Draft,
  bad: Release,
  open: readonly ReleaseRollout[],
  now: Instant,
): Draft {
  const text = draft.status.message ?? '';
  if (isRetriedLate(observed, draft, open))
    return givingUp(
      draft,
      [`Rollout ${open[0]?.name} was retried, but Git is back already and is applied whole.`],
      now,
    );
  const { timeout = '5m' } = observed.sync.spec;
  const until = deadlineOf(observed, bad, now);
  const name = open[0]?.name ?? '';
  const live = open[0] && findRollout(observed.rollouts, open[0]);
  const moves = (live && asRollout(live).status?.waiting?.moves) ?? 'It does not say why.';
  const unclear = `Rollout ${name} has not confirmed within ${timeout} that all its traffic is on stable: ${moves}`;
  if (now < until) {
    const said = `${text} The rest is restored as soon as all traffic is confirmed to be on stable.`;
    const waiting = { reason: 'StableUnconfirmed', on: `Rollout/${name}`, until, moves: said } as const;
    return stopped(lookingAgain(waitingFor(withPhase(draft, 'Restoring', said), waiting), until));
  }
  const { tip } = observed.source;
  const isNew = tip !== undefined && tip.digest !== bad.spec.digest && observed.sync.spec.suspend !== true;
  if (isNew) return givingUp(draft, [unclear], now);
  const said = `${text} ${unclear} The restore waits for that; a commit that repairs it is applied without waiting.`;
  const waiting = { reason: 'StableUnconfirmed', on: `Rollout/${name}`, moves: said } as const;
  return stopped(waitingFor(withPhase(draft, 'Restoring', said), waiting));
}

/** Retried when Git had the good content again: only that content brings the canary's weight back. */
function isRetriedLate(observed: Observed, draft: Draft, open: readonly ReleaseRollout[]): boolean {
  const { tip } = observed.source;
  if (tip === undefined || tip.digest !== draft.status.lastGood?.digest) return false;
  return open.every((one) => {
    const live = findRollout(observed.rollouts, one);
    return live !== undefined && isSeen(live) && rolloutState(one, live).kind === 'progressing';
  });
}

function restoringSet(observed: Observed, draft: Draft, bad: Release | undefined, trial: Trial, now: Instant): Draft {
  const commands = bad === undefined ? [] : rollbackCommands(observed, bad);
  const waiting = bad === undefined ? [] : waitsForRollback(observed, bad);
  const items = trial.items.filter((item) => isRestorable(item, observed.keys));
  const apply = items.filter((item) => item.state === 'differs' && !waiting.includes(item.payload.metadata.name));
  const doomed = (observed.added ?? []).filter((one) => isOurs(one, observed.sync.metadata.uid ?? '', observed.keys));
  const skips = restoreSkips(trial, doomed, observed.keys);
  const deletes: GitSyncEffect[] = doomed
    .filter((one) => !skips.kept.has(keyText(entryKey(one.entry))))
    .map((one) => ({ kind: 'Delete', key: entryKey(one.entry), uid: one.live?.metadata.uid ?? '' }));
  const effects = [...commands, ...(apply.length > 0 ? [applyEffect(apply)] : []), ...deletes];
  const open = items
    .filter((item) => item.state === 'blocked' || item.state === 'passing')
    .flatMap((item) => item.sentences);
  if (effects.length > 0 && observed.applyFailure === undefined) return acting(draft, effects);
  const refused = [...open, ...(observed.applyFailure && effects.length > 0 ? [observed.applyFailure.message] : [])];
  if (refused.length > 0) {
    const again = (): Draft => waitingForRight(draft, refused, effects, now);
    return giveUpOr(observed, draft, bad, refused, now, again);
  }
  if (waiting.length > 0) {
    const moves = `Rollout ${waiting[0]} is going back to its last good revision.`;
    return stopped(
      waitingFor(withPhase(draft, 'Restoring', moves), { reason: 'RollingBack', on: `Rollout/${waiting[0]}`, moves }),
    );
  }
  return finishing(draft, skips.sentences, now);
}

function waitingForRight(
  draft: Draft,
  refused: readonly string[],
  effects: readonly GitSyncEffect[],
  now: Instant,
): Draft {
  const moves = refused.join(' ');
  const next = lookingAgain(
    waitingFor(withPhase(draft, 'Restoring', moves), { reason: 'RestoreRefused', on: 'user', moves }),
    now + refusedRetryMs,
  );
  return effects.length > 0 ? acting(next, effects) : stopped(next);
}

function finishing(draft: Draft, skipped: readonly string[], now: Instant): Draft {
  const release = draft.status.restore?.release ?? '';
  const good = draft.status.lastGood?.release ?? '';
  const message = `Release ${release} failed and was taken back: the cluster is on ${good} again.`;
  const restore = {
    release,
    phase: 'Restored' as const,
    message,
    ...(skipped.length > 0 ? { remaining: [...skipped] } : {}),
  };
  const { message: _message, phase: _phase, ...rest } = draft.status;
  const fact = normalFact('Restored', now, [message, ...skipped].join(' '));
  return recorded(withStatus({ ...draft, status: rest }, { restore }), fact);
}

function deadlineOf(observed: Observed, bad: Release, now: Instant): Instant {
  const timeoutMs = parseDurationMs(observed.sync.spec.timeout ?? '5m') ?? 300_000;
  return (instantOf(bad.status?.finishedAt) ?? now) + timeoutMs;
}

/** After the sync's timeout a newer commit is not kept waiting any longer by what can't be restored. */
function giveUpOr(
  observed: Observed,
  draft: Draft,
  bad: Release | undefined,
  remaining: readonly string[],
  now: Instant,
  otherwise: () => Draft,
): Draft {
  return bad !== undefined && now < deadlineOf(observed, bad, now) ? otherwise() : givingUp(draft, remaining, now);
}

function givingUp(draft: Draft, remaining: readonly string[], now: Instant): Draft {
  const message = `Release ${draft.status.restore?.release} failed and could not be taken back whole: ${remaining.join(' ')}`;
  const restore: GitSyncStatus['restore'] = {
    release: draft.status.restore?.release ?? '',
    phase: 'Partial',
    message: message.slice(0, 2000),
    remaining: [...remaining],
  };
  const { message: _message, phase: _phase, ...rest } = draft.status;
  return recorded(withStatus({ ...draft, status: rest }, { restore }), warningFact('RestoreIncomplete', now, message));
}

/** Traffic is back; the rest of the set is unknown. Rendering the commit again counts only when it gives the same digest. */
function withGap(observed: Observed, draft: Draft, now: Instant): Draft {
  const gap = observed.gap;
  const message = `The ledger of release ${gap?.release} is incomplete: ${gap?.why}; only traffic was taken back.`;
  const marked = conditioned(draft, { type: 'LedgerIncomplete', status: 'True', reason: 'PartsMissing', message }, now);
  if (gap?.rerender !== 'different') {
    const moves = `${message} The commit is rendered again.`;
    return stopped(
      lookingAgain(
        waitingFor(withPhase(marked, 'Restoring', moves), { reason: 'LedgerIncomplete', on: 'source', moves }),
        now + pollMs,
      ),
    );
  }
  const restore = {
    release: draft.status.restore?.release ?? '',
    phase: 'Partial' as const,
    message,
    remaining: [message],
  };
  const { message: _message, phase: _phase, ...rest } = marked.status;
  return recorded(withStatus({ ...marked, status: rest }, { restore }), warningFact('LedgerIncomplete', now, message));
}
