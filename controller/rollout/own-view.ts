/** No decision on caches that lack our own last writes: waits for them, and asks the API server when they lag for long. */

import type { KubeClient } from '../../kube/api.ts';
import type { OwnWrites, Seen } from '../../kube/own-writes.ts';
import type { ReconcileResult } from '../decision.ts';

export interface OwnViewOptions {
  readonly client: KubeClient;
  readonly seen: Seen;
  readonly ownWrites: OwnWrites;
}

/** How to go on waiting, or undefined when the caches show everything. */
export async function behind(options: OwnViewOptions, uid: string): Promise<ReconcileResult | undefined> {
  const ready = options.ownWrites.ready(uid, options.seen);
  if (ready.kind === 'ready') return undefined;
  if (ready.kind === 'wait') return { kind: 'retry', why: `the cache lacks ${ready.on}`, afterMs: ready.forMs };
  const live = await Promise.all(ready.objects.map((key) => options.client.get(key)));
  // What is gone will never show in a cache; what is there will: the list-watch replaces a dead watch by itself.
  if (live.every((result) => result.kind === 'not-found')) options.ownWrites.forget(uid);
  return { kind: 'retry', why: 'a cache lags far behind', afterMs: 1_000 };
}
