/**
 * What all workload controllers share: client, time, chance, caches, and who is told what happened.
 */

import type { Clock, KubeClient, KubeObject, Log, Transport } from '../../kube/api.ts';
import type { Discovery } from '../../kube/discovery.ts';
import type { OwnWrites } from '../../kube/own-writes.ts';
import type { Caches } from './caches.ts';

export interface Room {
  readonly transport: Transport;
  readonly discovery: Discovery;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly caches: Caches;
  /** Writes that the caches may not show yet, by the uid of the object they were made for. */
  readonly writes: OwnWrites;
  /** An Event about an object, as `kubectl describe` shows it. */
  tell(regarding: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void;
}
