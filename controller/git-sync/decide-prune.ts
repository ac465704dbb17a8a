/** What left Git goes, but only once the release without it is good; old ledger entries and unused config copies go too. Pure. */

import { ownGroup } from '../../crds/schema/dialect.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { Instant } from '../../kube/api.ts';
import { acting, type Draft, lookingAgain, normalFact, recorded, waitingFor, withStatus } from './draft.ts';
import type { GitSyncEffect } from './effects.ts';
import { entryKey, inventoryWithout, isOurs, type LeavingObject } from './inventory.ts';
import { keyOf, keyText, type Manifest } from './objects.ts';
import type { Observed } from './observed.ts';
import { newestFirst } from './releases.ts';
import { settleCommand, settledState } from './settle.ts';

const keptReleases = 20;
const keptGood = 3;
const pollMs = 2_000;

export function pruning(observed: Observed, draft: Draft, now: Instant): Draft {
  const { candidate, restore, lastGood } = draft.status;
  if (candidate !== undefined || restore !== undefined || lastGood === undefined) return draft;
  const pruned = observed.sync.spec.prune === false ? draft : pruningLeft(observed, draft, now);
  if (pruned.phase !== undefined) return pruned;
  const ledger = trimming(observed, lastGood.release);
  if (ledger.length > 0) return acting(pruned, ledger);
  if (observed.swept || observed.tenant.kind !== 'ok') return pruned;
  return acting(pruned, [{ kind: 'SweepCopies', keep: copiesToKeep(observed) }]);
}

function pruningLeft(observed: Observed, draft: Draft, now: Instant): Draft {
  const uid = observed.sync.metadata.uid ?? '';
  const left = observed.leaving ?? [];
  const gone = left.filter((one) => !isOurs(one, uid, observed.keys));
  if (gone.length > 0) {
    const inventory = inventoryWithout(
      draft.status.inventory ?? [],
      gone.map((one) => one.entry),
    );
    return recorded(withStatus(draft, { inventory }));
  }
  if (left.length === 0) return draft;
  const { effects, waiting } = departures(observed, left);
  if (effects.length > 0) {
    const names = effects.flatMap((one) => (one.kind === 'Delete' ? [keyText(one.key)] : []));
    const facts = names.length > 0 ? [normalFact('Pruned', now, `Left Git and deleted: ${names.join(', ')}.`)] : [];
    return lookingAgain(acting(draft, effects, ...facts), now + pollMs);
  }
  const on = waiting[0] ?? 'the API server';
  const moves = `${on} left Git and is deleted when its traffic is settled.`;
  return lookingAgain(waitingFor(draft, { reason: 'Pruning', on, moves }), now + pollMs);
}

/** A Rollout that left Git in the middle of a release is settled on stable before it is deleted. */
export function departures(
  observed: Observed,
  left: readonly LeavingObject[],
): { readonly effects: readonly GitSyncEffect[]; readonly waiting: readonly string[] } {
  const effects: GitSyncEffect[] = [];
  const waiting: string[] = [];
  for (const one of left) {
    const { live } = one;
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) continue;
    const state = live.kind === 'Rollout' ? settledState(whole(observed, live)) : 'settled';
    if (state === 'settled') effects.push({ kind: 'Delete', key: keyOf(live), uid: live.metadata.uid ?? '' });
    else waiting.push(keyText(entryKey(one.entry)));
    const command = state === 'moving' ? settleCommand(live, observed, 'left Git') : undefined;
    if (command !== undefined) effects.push(command);
  }
  return { effects, waiting };
}

/** In argoproj.io half of a Rollout's status stands in its RolloutRun; the cached view has both halves. */
function whole(observed: Observed, live: Manifest): Manifest {
  if (observed.group === ownGroup) return live;
  const joined = observed.rollouts.find((one) => one.metadata.uid === live.metadata.uid);
  return joined?.['status'] === undefined ? live : ({ ...live, status: joined['status'] } as unknown as Manifest);
}

/** Sets are kept for the last good release, two good ones before it, and the newest that failed (for retry). */
function trimming(observed: Observed, lastGood: string): readonly GitSyncEffect[] {
  const newest = newestFirst(observed.releases);
  const good = newest.filter((one) => one.status?.phase === 'Good').slice(0, keptGood);
  const bad = newest.find((one) => one.status?.phase === 'Bad');
  const kept = new Set([lastGood, ...good.map((one) => one.metadata.name), ...(bad ? [bad.metadata.name] : [])]);
  const old = newest.filter((one, index) => index >= keptReleases && !kept.has(one.metadata.name));
  const packed = newest.filter((one) => one.spec.data && !kept.has(one.metadata.name) && !old.includes(one));
  return [
    ...old.map((one) => ({
      kind: 'DeleteRelease' as const,
      release: one.metadata.name,
      uid: one.metadata.uid ?? '',
      parts: partsOf(one),
    })),
    ...packed.map((one) => ({
      kind: 'TrimRelease' as const,
      release: one.metadata.name,
      uid: one.metadata.uid ?? '',
      resourceVersion: one.metadata.resourceVersion ?? '',
      parts: partsOf(one),
    })),
  ];
}

function partsOf(release: Release): number {
  return release.spec.parts ?? 1;
}

/** Copies of every release whose set is still kept, as `kind/name`. */
function copiesToKeep(observed: Observed): readonly string[] {
  const kept = observed.releases.filter((one) => one.spec.data);
  return [...new Set(kept.flatMap((one) => (one.spec.copies ?? []).map((copy) => `${copy.kind}/${copy.copyName}`)))];
}
