/** The marks that an applied object carries: which GitSync it belongs to, and which release and commit applied it last. Pure. */

import type { Keys } from '../../crds/schema/keys.ts';
import { type Manifest, withMetadata } from './objects.ts';

export interface Stamp {
  readonly syncUid: string;
  readonly syncName: string;
  readonly release: string;
  readonly commit: string;
}

/** Labels and annotations are added to the object itself, never to a pod template: the template hash stays what Git says. */
export function stamped(object: Manifest, stamp: Stamp, keys: Keys): Manifest {
  const { metadata } = object;
  return withMetadata(object, {
    ...metadata,
    labels: { ...metadata.labels, [keys.gitSync]: stamp.syncUid },
    annotations: {
      ...metadata.annotations,
      [keys.gitSyncName]: stamp.syncName,
      [keys.release]: stamp.release,
      [keys.commit]: stamp.commit,
    },
  });
}
