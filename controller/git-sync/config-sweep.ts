/** Which config copies nobody needs any more: no ReplicaSet, no Job and no kept release refers to them. Pure. */

import { referencedIn } from './config-references.ts';
import type { Manifest } from './objects.ts';

/** `keep`: `kind/name` of copies that kept releases need. `users`: live ReplicaSets and Jobs of the namespace. */
export function unusedCopies(
  copies: readonly Manifest[],
  users: readonly Manifest[],
  keep: ReadonlySet<string>,
): readonly Manifest[] {
  const used = new Set(users.flatMap((user) => referencedIn(user, ['spec', 'template'])));
  return copies.filter((copy) => {
    const id = `${copy.kind}/${copy.metadata.name}`;
    return !keep.has(id) && !used.has(id);
  });
}
