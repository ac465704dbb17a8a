/** Glue of the rollout room: observe, decide, act for one key; tells the work queue when to look again. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { Clock, EventRecorder, KubeClient, Leadership } from '../../kube/api.ts';
import type { ReconcileResult } from '../decision.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import type { RolloutStores } from './stores.ts';

/** The part of a pino logger that this room uses. */
export interface RoomLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/** Counters that the room bumps; label values come from closed sets, never from object names. */
export interface RolloutMetrics {
  fact(reason: string): void;
  effect(kind: string, outcome: string): void;
}

export interface RolloutReconcilerOptions {
  readonly client: KubeClient;
  readonly stores: RolloutStores;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly routers: readonly TrafficRouter[];
  readonly log: RoomLog;
  readonly metrics?: RolloutMetrics;
}

/** `key` is `namespace/name` of a Rollout. Never throws for an answer of the API server. */
export type ReconcileRollout = (key: string, signal?: AbortSignal) => Promise<ReconcileResult>;

export declare function rolloutReconciler(options: RolloutReconcilerOptions): ReconcileRollout;
