/** What the pods themselves counted, by revision and version, so that the split is judged from outside the controller. */

import type { World } from './world.ts';

export interface PodCounts {
  readonly byHash: ReadonlyMap<string, number>;
}

/** Requests answered so far per pod template hash, pods that are gone included. */
export function countsByHash(world: World, app: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const pod of world.kubelet.pods()) {
    if (pod.labels.app !== app) continue;
    counts.set(pod.hash, (counts.get(pod.hash) ?? 0) + pod.requests.total);
  }
  return counts;
}

export interface Share {
  readonly total: number;
  readonly ofHash: number;
}

/** Runs `send` and gives how many of the requests answered meanwhile went to pods of this hash. */
export async function shareDuring(
  world: World,
  app: string,
  hash: string,
  send: () => Promise<unknown>,
): Promise<Share> {
  const before = countsByHash(world, app);
  await send();
  const after = countsByHash(world, app);
  let total = 0;
  for (const [one, count] of after) total += count - (before.get(one) ?? 0);
  return { total, ofHash: (after.get(hash) ?? 0) - (before.get(hash) ?? 0) };
}

/** What each running pod of the app says it runs with; asked beside the gateway and not counted as a request. */
export async function answersOfPods(
  world: World,
  app: string,
): Promise<readonly { readonly hash: string; readonly greeting: string; readonly version: string }[]> {
  const pods = world.kubelet
    .pods()
    .filter((pod) => pod.labels.app === app && pod.running && Object.keys(pod.urls).length > 0);
  const answers = await Promise.all(
    pods.map(async (pod) => {
      // A pod that is shutting down refuses: it does not serve any more.
      const answer = await fetch(`${Object.values(pod.urls)[0] ?? ''}/about`).catch(() => undefined);
      const body = (await answer?.json()) as { version: string; config: Record<string, string> } | undefined;
      return body && { hash: pod.hash, greeting: body.config.GREETING ?? '', version: body.version };
    }),
  );
  return answers.filter((one) => one !== undefined);
}
