/** What the rollout room is given by the composition root. Types only. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import type { Problem } from '../../crds/schema/problem.ts';
import type { Clock, EventRecorder, KubeClient, Leadership, Store } from '../../kube/api.ts';
import type { OwnWrites, Seen } from '../../kube/own-writes.ts';
import type { ReconcileResult } from '../decision.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import type { Caller } from './caller.ts';
import type { GitRevertObject } from './revert-record.ts';
import type { RolloutStores } from './stores.ts';

/** The part of a logger that this room uses. */
export interface RoomLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Counters that the room bumps; label values come from closed sets, never from object names. */
export interface RolloutMetrics {
  fact(reason: string): void;
  effect(kind: string, outcome: string): void;
}

export interface RolloutReconcilerOptions {
  readonly client: KubeClient;
  readonly stores: RolloutStores;
  /** Up to which version each cache is complete, and the memory of our own writes: no decision on a cache that lacks them. */
  readonly seen: Seen;
  readonly ownWrites: OwnWrites;
  /** What became of failed releases in Git, to be copied into their records; absent: not copied. */
  readonly gitReverts?: Store<GitRevertObject>;
  readonly clock: Clock;
  readonly dialect: Dialect;
  readonly keys: Keys;
  /** The instance id label of what is served; '' or absent: none. */
  readonly instanceId?: string;
  readonly events: EventRecorder;
  readonly leadership: Leadership;
  readonly routers: readonly TrafficRouter[];
  /** What is wrong with a template beyond the schema's rules, such as a query that does not parse. */
  readonly lintTemplate?: (template: AnyTemplate) => readonly Problem[];
  /** Calls of gates and step plugins; absent: none are made. */
  readonly calls?: Caller;
  /** Step plugins that the operator has named. */
  readonly stepPlugins?: ReadonlyMap<string, { readonly disabled: boolean }>;
  /** AWS is asked whether load balancers and target groups have what was written; `calls` carries the questions. */
  readonly verifiesAws?: boolean;
  readonly log: RoomLog;
  readonly metrics?: RolloutMetrics;
}

/** `key` is `namespace/name` of a Rollout. Never throws for an answer of the API server. */
export type ReconcileRollout = (key: string, signal?: AbortSignal) => Promise<ReconcileResult>;
