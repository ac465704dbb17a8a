/** Pods of the simulated cluster. */

import type { PodView } from '../observed.ts';

export interface WorldPod {
  readonly name: string;
  readonly podHash: string;
  readyAt: number;
  endsAt: number | undefined;
  /** When a scale-down took it while it was ready. */
  lostAt?: number;
}

/** The pod as the controller's cache has it. */
export function podOf(pod: WorldPod, ready: boolean): PodView {
  const metadata = { name: pod.name, namespace: 'shop' };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata,
    podHash: pod.podHash,
    ready,
    leaving: pod.endsAt !== undefined,
    troubles: [],
  };
}
