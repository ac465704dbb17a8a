/** The releases that a revert is judged by. The failed one is read live where its cache could end the revert for good. */

import { ownGroup } from '../../crds/schema/dialect.ts';
import type { GitRevert } from '../../crds/schema/git-revert.ts';
import type { Release } from '../../crds/schema/release.ts';
import type { GitDeps } from '../git-sync/ports.ts';

/**
 * Releases of the revert's GitSync. A failed release that is a candidate again ends its revert; the cache of releases may be
 * behind that of reverts and still show it as it was before it failed, so that is asked of the server. Undefined when there was
 * no answer.
 */
export async function releasesOf(
  revert: GitRevert,
  { client, stores }: Pick<GitDeps, 'client' | 'stores'>,
): Promise<readonly Release[] | undefined> {
  const namespace = revert.metadata.namespace ?? '';
  const { bad, gitSync } = revert.spec;
  const cached = stores.releases
    .list(namespace)
    .filter((one) => one.spec.gitSync.uid === gitSync.uid && one.spec.partOf === undefined);
  const failed = cached.find((one) => one.metadata.name === bad.release);
  if (failed?.status?.phase !== 'Candidate') return cached;
  const live = await client.get({ group: ownGroup, kind: 'Release', namespace, name: bad.release });
  if (live.kind !== 'ok' && live.kind !== 'not-found') return undefined;
  const now = live.kind === 'ok' ? [live.object as unknown as Release] : [];
  return [...cached.filter((one) => one !== failed), ...now];
}
