/** What the objects of an application are, without what every write changes: to show that adopt and eject leave nothing behind. */

import { field } from '../app-in-world.ts';
import type { Live } from '../world.ts';
import type { App, Kind } from './app.ts';

const kinds: readonly Kind[] = ['Deployment', 'ReplicaSet', 'Pod', 'Service', 'HTTPRoute', 'Rollout'];
const changing = new Set(['resourceVersion', 'generation', 'managedFields']);
/** Sizes that the Deployment's controller writes when it scales, and that adopt takes away: absent is as good. */
const bookkeeping = new Set(['deployment.kubernetes.io/desired-replicas', 'deployment.kubernetes.io/max-replicas']);

/** Every object by kind and name: metadata and spec. The names that a Deployment had to make up count as well. */
export async function snapshot(app: App): Promise<Readonly<Record<string, unknown>>> {
  const lists = await Promise.all(kinds.map(async (kind) => [kind, await app.list(kind)] as const));
  const objects = lists.flatMap(([kind, list]) => list.map((one) => [`${kind} ${one.metadata.name}`, plain(one)]));
  const collisions = field(await app.read('Deployment'), 'status.collisionCount') ?? 0;
  return { ...Object.fromEntries(objects), collisions };
}

function plain({ metadata, spec }: Live): unknown {
  const kept = Object.entries(metadata).filter(([name]) => !changing.has(name));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => !bookkeeping.has(name));
  return { metadata: { ...Object.fromEntries(kept), annotations: Object.fromEntries(annotations) }, spec };
}
