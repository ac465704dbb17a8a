/**
 * Revisions that failed and are not released again. The key is (Rollout, hash of its rewritten template), so it catches bad
 * config, a re-push and a bot's second bump alike, whatever else the commit changes. Pure.
 */

import type { QuarantineEntry } from '../../crds/schema/git-sync.ts';
import type { FailedRollout, ReleaseRollout } from '../../crds/schema/release.ts';

/** Older entries fall out: a list without end would fill the status. */
const mostEntries = 200;

function isFor(entry: QuarantineEntry, rollout: { name: string; templateHash: string }): boolean {
  return entry.rollout === rollout.name && entry.templateHash === rollout.templateHash;
}

/** Entries that a set with these Rollouts would release again. */
export function quarantineHits(
  quarantine: readonly QuarantineEntry[],
  rollouts: readonly ReleaseRollout[],
): readonly QuarantineEntry[] {
  return quarantine.filter((entry) => rollouts.some((rollout) => isFor(entry, rollout)));
}

/** The list with the failed revisions of one release added; the same failure twice stands there once. */
export function quarantineWith(
  quarantine: readonly QuarantineEntry[],
  failed: readonly FailedRollout[],
  commit: string,
  since: string,
): QuarantineEntry[] {
  const fresh = failed.filter(
    (one) => !quarantine.some((entry) => isFor(entry, { name: one.rollout, templateHash: one.templateHash })),
  );
  const added = fresh.map((one) => ({
    rollout: one.rollout,
    templateHash: one.templateHash,
    commit,
    since,
    reason: one.message,
  }));
  return [...quarantine, ...added].slice(-mostEntries);
}

/** The list without the revisions that somebody asked to try again. */
export function quarantineWithout(
  quarantine: readonly QuarantineEntry[],
  retried: readonly ReleaseRollout[],
): QuarantineEntry[] {
  return quarantine.filter((entry) => !retried.some((rollout) => isFor(entry, rollout)));
}

/** One sentence for a commit that is held whole because of `hit`. */
export function quarantineSentence(commit: string, hit: QuarantineEntry): string {
  return (
    `Commit ${commit.slice(0, 7)} is held: Rollout ${hit.rollout} renders to revision ${hit.templateHash}, which failed in ` +
    `commit ${hit.commit.slice(0, 7)} (${hit.reason}); push a commit that changes it, or give the Rollout the command retry.`
  );
}
