/** Paths that several GitSyncs of one branch read: a revert for one of them would change what the others release. Pure. */

import type { GitSync } from '../../crds/schema/git-sync.ts';
import { closureOf } from '../git-sync/revert-draft.ts';

/** `.` is the root of the repository. */
export function isInside(file: string, path: string): boolean {
  const clean = path.replace(/^\.\//, '').replace(/\/+$/, '');
  return clean === '.' || clean === '' || file === clean || file.startsWith(`${clean}/`);
}

/** Why the revert of `sync` may not change these files, as one sentence; undefined when nobody else reads them. */
export function sharedWith(sync: GitSync, all: readonly GitSync[], changed: readonly string[]): string | undefined {
  for (const other of all.filter((one) => isBeside(sync, one))) {
    const path = closureOf(other).find((each) => changed.some((file) => isInside(file, each)));
    if (path === undefined) continue;
    const file = changed.find((each) => isInside(each, path)) ?? '';
    return `The revert would change ${file}, which GitSync ${other.metadata.namespace ?? ''}/${other.metadata.name} reads as well (its path ${path}): revert by hand, or give each GitSync paths of its own.`;
  }
  return undefined;
}

function isBeside(sync: GitSync, other: GitSync): boolean {
  return (
    other.metadata.uid !== sync.metadata.uid &&
    other.metadata.deletionTimestamp === undefined &&
    other.spec.branch === sync.spec.branch &&
    bare(other.spec.repository) === bare(sync.spec.repository)
  );
}

/** The same repository is often written with and without the ending. */
function bare(repository: string): string {
  return repository.replace(/\/+$/, '').replace(/\.git$/, '');
}
