/** A GitSync that is being deleted: Rollouts are settled on stable first, then its objects stay or go as deletionPolicy says. Pure. */

import type { Instant } from '../../kube/api.ts';
import { departures } from './decide-prune.ts';
import { acting, type Draft, lookingAgain, recorded, stopped, waitingFor, withPhase, withStatus } from './draft.ts';
import { inventoryWithout, isOurs } from './inventory.ts';
import type { Observed } from './observed.ts';
import { settleCommand, settledState } from './settle.ts';

const pollMs = 2_000;

/** Also sets the finalizer, before anything is applied. */
export function finalizing(observed: Observed, draft: Draft, now: Instant): Draft {
  const { sync, keys } = observed;
  const held = sync.metadata.finalizers?.includes(keys.finalizer) ?? false;
  if (sync.metadata.deletionTimestamp === undefined) {
    return held ? draft : acting(draft, [{ kind: 'SetFinalizer', present: true }]);
  }
  if (!held) return stopped(draft);
  const moving = observed.rollouts.filter((live) => settledState(live) !== 'settled');
  if (moving.length > 0) {
    const commands = moving.flatMap((live) =>
      settledState(live) === 'moving'
        ? (settleCommand(live, observed, 'loses its GitSync, which is being deleted') ?? [])
        : [],
    );
    const on = `Rollout/${moving[0]?.metadata.name}`;
    const moves = `${on} is settled on its stable revision before the GitSync goes.`;
    const waiting = waitingFor(withPhase(draft, 'Progressing', moves), { reason: 'Settling', on, moves });
    return commands.length > 0 ? acting(waiting, commands) : stopped(lookingAgain(waiting, now + pollMs));
  }
  return sync.spec.deletionPolicy === 'prune' ? deletingAll(observed, draft, now) : letGo(draft);
}

function letGo(draft: Draft): Draft {
  return acting(draft, [{ kind: 'SetFinalizer', present: false }]);
}

function deletingAll(observed: Observed, draft: Draft, now: Instant): Draft {
  const { tenant, sync } = observed;
  if (tenant.kind !== 'ok') {
    const moves = `${tenant.message} The objects can't be deleted without it: restore the account, or set spec.deletionPolicy to orphan.`;
    return stopped(
      lookingAgain(
        waitingFor(withPhase(draft, 'Held', moves), { reason: 'AccountRefused', on: 'user', moves }),
        now + pollMs * 5,
      ),
    );
  }
  const left = observed.leaving;
  if (left === undefined) return stopped(lookingAgain(draft, now + pollMs));
  const gone = left.filter((one) => !isOurs(one, sync.metadata.uid ?? '', observed.keys));
  if (gone.length > 0) {
    const inventory = inventoryWithout(
      draft.status.inventory ?? [],
      gone.map((one) => one.entry),
    );
    return recorded(withStatus(draft, { inventory }));
  }
  if (left.length === 0)
    return acting(draft, [
      { kind: 'SweepCopies', keep: [] },
      { kind: 'SetFinalizer', present: false },
    ]);
  const { effects } = departures(observed, left);
  const text = `${left.length} objects are being deleted.`;
  const next = lookingAgain(withPhase(draft, 'Progressing', text), now + pollMs);
  return effects.length > 0 ? acting(next, effects) : stopped(next);
}
