/** Checks of a whole rendered set that need no cluster: foreign namespaces, duplicates, encrypted Secrets, missing names. Pure. */

import type { Problem } from '../../crds/schema/problem.ts';
import type { Manifest } from './objects.ts';

/** What a check is told besides the set. */
export interface CheckContext {
  /** Namespace of the GitSync: the only one that its objects may be in. */
  readonly namespace: string;
}

/** Looks at the whole set as it would be applied; each problem is one whole sentence. */
export type SetCheck = (objects: readonly Manifest[], context: CheckContext) => readonly Problem[];
