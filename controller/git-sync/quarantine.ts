/**
 * Revisions that failed and are not released again. The key is (Rollout, hash of its rewritten template), so it catches bad
 * config, a re-push and a bot's second bump alike, whatever else the commit changes. Pure.
 */

import type { QuarantineEntry } from '../../crds/schema/git-sync.ts';
import type { FailedRollout, ReleaseRollout } from '../../crds/schema/release.ts';
import { bounded } from './problems.ts';

/** Older entries fall out: a list without end would fill the status. */
const mostEntries = 200;

/** As an entry names a Rollout: `namespace/name` where it is not in `home`, the GitSync's own namespace. */
function nameFor(rollout: { name: string; namespace?: string | undefined }, home: string): string {
  const { name, namespace = home } = rollout;
  return namespace === home ? name : `${namespace}/${name}`;
}

type Revision = { name: string; namespace?: string | undefined; templateHash: string };

function isFor(entry: QuarantineEntry, rollout: Revision, home: string): boolean {
  return entry.rollout === nameFor(rollout, home) && entry.templateHash === rollout.templateHash;
}

/** Entries that a set with these Rollouts would release again. */
export function quarantineHits(
  quarantine: readonly QuarantineEntry[],
  rollouts: readonly ReleaseRollout[],
  home: string,
): readonly QuarantineEntry[] {
  return quarantine.filter((entry) => rollouts.some((rollout) => isFor(entry, rollout, home)));
}

/** The list with the failed revisions of one release added; the same failure twice stands there once. */
export function quarantineWith(
  quarantine: readonly QuarantineEntry[],
  failed: readonly FailedRollout[],
  found: { readonly commit: string; readonly since: string; readonly home: string },
): QuarantineEntry[] {
  const { commit, since, home } = found;
  const added = failed
    .map(({ rollout: name, namespace, templateHash, message }) => ({ name, namespace, templateHash, message }))
    .filter((one) => !quarantine.some((entry) => isFor(entry, one, home)))
    .map((one) => ({
      rollout: nameFor(one, home),
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
  home: string,
): QuarantineEntry[] {
  return quarantine.filter((entry) => !retried.some((rollout) => isFor(entry, rollout, home)));
}

/** One sentence for a commit that is held whole because of `hit`; it names the author, who may be a bot that bumps again. */
export function quarantineSentence(
  tip: { readonly commit: string; readonly author: string },
  hit: QuarantineEntry,
): string {
  const author = bounded(tip.author, 100);
  return (
    `Commit ${tip.commit.slice(0, 7)}${author === '' ? '' : ` by ${author}`} is held: Rollout ${hit.rollout} renders to revision ${hit.templateHash}, which failed in ` +
    `commit ${hit.commit.slice(0, 7)} (${hit.reason}); push a commit that changes it, or give the Rollout the command retry.`
  );
}
