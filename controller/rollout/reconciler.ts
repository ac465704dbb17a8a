/** Glue of the rollout room: observe, decide, act for one key; tells the work queue when to look again. */

import type { Dialect } from '../../crds/schema/dialect.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { Clock, EventRecorder, KubeClient, KubeObject, Leadership } from '../../kube/api.ts';
import type { OwnWrites, Seen } from '../../kube/own-writes.ts';
import { splitQueueKey } from '../../kube/ref.ts';
import type { ReconcileResult } from '../decision.ts';
import type { TrafficRouter } from '../traffic/router.ts';
import { act } from './act.ts';
import { decide } from './decide.ts';
import { fence } from './fence.ts';
import { observe } from './observe.ts';
import { behind } from './own-view.ts';
import { recordWriter } from './record-writer.ts';
import type { RolloutStores } from './stores.ts';
import { tell } from './tell.ts';
import { templateCheck } from './template-check.ts';

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

/** One reconciler per leadership: what was fenced is remembered for its term. */
export function rolloutReconciler(options: RolloutReconcilerOptions): ReconcileRollout {
  const { client, stores, clock, keys, leadership, ownWrites, log } = options;
  const fences = fence(client, leadership);
  const templates = templateCheck(client);
  const records = recordWriter({
    client,
    stores,
    clock,
    wrote: ownWrites.wrote,
    trouble: (rollout, why) => log.warn('a record was not written', { rollout, why }),
  });
  return async (key, signal) => {
    const { namespace, name } = splitQueueKey(key);
    const object = stores.rollouts.get(namespace, name);
    const uid = object?.metadata.uid ?? '';
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return { kind: 'done' };
    const late = await behind(options, uid);
    if (late !== undefined) return late;

    const wrote = (written: KubeObject) => ownWrites.wrote(uid, written);
    const seen = observe(options, object, clock.now());
    const fenced = await fences.check(seen, wrote);
    if (fenced.kind === 'retry') return fenced;
    if (fenced.kind === 'stamped') return { kind: 'retry', why: 'the caches lack the stamps', afterMs: 20 };
    const answer = await templates.check(seen, signal);
    if (answer.kind === 'retry') return answer;

    const observed = { ...seen, problems: [...seen.problems, ...answer.problems] };
    const decision = decide(observed);
    const effectDone = options.metrics?.effect;
    const outcome = await act({ client, keys, wrote, ...(effectDone ? { effectDone } : {}), ...(signal ? { signal } : {}) }, observed, decision);
    tell(options, observed, outcome.facts);
    const status = outcome.stopped ? (observed.rollout.status ?? {}) : decision.status;
    const recordAt = await records.follow(observed, status, outcome.facts);
    if (outcome.stopped) {
      log.debug('a pass was stopped', { rollout: key, why: outcome.stopped.why });
      return { kind: 'retry', ...outcome.stopped };
    }
    const times = [decision.lookAgainAt, recordAt].filter((at) => at !== undefined);
    return times.length === 0 ? { kind: 'done' } : { kind: 'done', lookAgainAt: Math.min(...times) };
  };
}
