/** Pods of the simulated cluster. */

import type { PodView } from '../observed.ts';
import { timeText } from '../time-text.ts';

export interface WorldPod {
  readonly name: string;
  readonly podHash: string;
  readonly createdAt?: number;
  readyAt: number;
  endsAt: number | undefined;
  /** When a scale-down took it while it was ready. */
  lostAt?: number;
}

/** The pod as the controller's cache has it. */
export function podOf(pod: WorldPod, ready: boolean): PodView {
  const creationTimestamp = pod.createdAt === undefined ? {} : { creationTimestamp: timeText(pod.createdAt) };
  const metadata = { name: pod.name, namespace: 'shop', ...creationTimestamp };
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
