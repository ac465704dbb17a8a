/** What one part of the room wants to happen now; `decide` joins the parts into one decision. */

import type { RolloutStatus } from '../../crds/schema/rollout-status.ts';
import type { Instant } from '../../kube/api.ts';
import type { Fact, Waiting } from '../decision.ts';
import type { RolloutEffect } from './effects.ts';
import type { LifecycleEvent } from './machine.ts';

export interface Moves {
  readonly effects: readonly RolloutEffect[];
  /** Told once the pass succeeded. Facts of an effect travel in the effect. */
  readonly facts: readonly Fact[];
  /** Intent to record before anything else is written; undefined values remove a field. */
  readonly patch?: Partial<RolloutStatus>;
  readonly event?: LifecycleEvent;
  readonly waiting?: Waiting;
  readonly lookAgainAt?: Instant;
}

export const noMoves: Moves = { effects: [], facts: [] };

/** All effects and facts in order; the first event and the first wait win; patches add up; the earliest time counts. */
export function together(...all: readonly Moves[]): Moves {
  const event = all.find((one) => one.event)?.event;
  const waiting = all.find((one) => one.waiting)?.waiting;
  const times = all.flatMap((one) => one.lookAgainAt ?? []);
  const patches = all.flatMap((one) => one.patch ?? []);
  return {
    effects: all.flatMap((one) => one.effects),
    facts: all.flatMap((one) => one.facts),
    ...(event ? { event } : {}),
    ...(waiting ? { waiting } : {}),
    ...(patches.length > 0 ? { patch: Object.assign({}, ...patches) as Partial<RolloutStatus> } : {}),
    ...(times.length > 0 ? { lookAgainAt: Math.min(...times) } : {}),
  };
}

export function effects(...list: readonly RolloutEffect[]): Moves {
  return { effects: list, facts: [] };
}

export function waitFor(waiting: Waiting): Moves {
  return { effects: [], facts: [], waiting, ...(waiting.until === undefined ? {} : { lookAgainAt: waiting.until }) };
}
