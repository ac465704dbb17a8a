/** Whether applying would change an object, judged by the server's own dry-run. Pure. */

import type { Keys } from '../../crds/schema/keys.ts';
import { equalJson, type Manifest } from './objects.ts';

const serverSet = new Set(['managedFields', 'resourceVersion', 'generation', 'creationTimestamp', 'uid', 'selfLink']);

/**
 * Compares everything but what the server sets. The annotations that name release and commit don't count, or every commit would
 * write every object; on a Rollout they do, because its record says which commit brought it.
 */
export function isUnchanged(live: Manifest, dryRun: Manifest, keys: Keys): boolean {
  return equalJson(comparable(live, keys), comparable(dryRun, keys));
}

function comparable(object: Manifest, keys: Keys): Manifest {
  const { status: _status, ...rest } = object;
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([name]) => !serverSet.has(name)));
  const ignored = object.kind === 'Rollout' ? new Set<string>() : new Set<string>([keys.release, keys.commit]);
  const annotations = Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !ignored.has(key)),
  );
  return { ...rest, metadata: { ...metadata, annotations } } as unknown as Manifest;
}
