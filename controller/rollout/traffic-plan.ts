/** The next weight to write: upwards only onto ready endpoints, back to stable as fast as stable is ready for it. */

import type { Destination, PlanScope, RouteState, WeightPlan } from '../traffic/router.ts';

export interface WeightQuestion {
  /** What the router holds now. */
  readonly state: RouteState;
  readonly canConfirm: boolean;
  /** The router would still change something for `wanted`: a rule or route is missing half of a write, or was edited. */
  readonly differs: boolean;
  /** Canary weight wanted, of `total`. */
  readonly wanted: number;
  readonly total: number;
  readonly replicas: number;
  /** Ready endpoints behind the canary Service that `wanted` needs. */
  readonly canaryNeeds: number;
  readonly canaryReady: number;
  readonly stableReady: number;
}

export type WeightMove =
  /** Written and, where the router can be asked, confirmed. */
  | { readonly kind: 'settled' }
  /** With scope 'lower' rules that hold less already keep it until all others are down, too. */
  | { readonly kind: 'write'; readonly canary: number; readonly scope?: PlanScope }
  | { readonly kind: 'unconfirmed'; readonly why: string }
  | { readonly kind: 'unreadable'; readonly why: string }
  | {
      readonly kind: 'canary-not-ready' | 'stable-not-ready' | 'nobody-ready';
      readonly ready: number;
      readonly needed: number;
    };

/** Canary weight that is written now, in parts of `total`, rounded up; undefined when the router holds none. */
export function writtenWeight({ written }: RouteState, total: number): number | undefined {
  return written && Math.ceil(shareOf(written, total));
}

/** The same where routes or rules disagree for the one with the least, rounded down. */
export function lowestWeight({ written, lowest = written }: RouteState, total: number): number | undefined {
  return lowest && Math.floor(shareOf(lowest, total));
}

function shareOf(plan: WeightPlan, total: number): number {
  const { weight = 0 } = { ...plan.destinations.find((one) => one.role === 'canary') };
  return partOf(plan, weight, total);
}

/** A weight of the plan in parts of `total`; 0 where all weights are 0. */
export function partOf(plan: WeightPlan, weight: number, total: number): number {
  return plan.total <= 0 ? 0 : (weight * total) / plan.total;
}

export function nextWeight(question: WeightQuestion): WeightMove {
  const { state, wanted, total } = question;
  const [written, lowest] = [writtenWeight(state, total), lowestWeight(state, total)];
  if (written === undefined || lowest === undefined)
    return { kind: 'unreadable', why: state.why ?? 'the router shows no weights' };
  if (written > wanted) return onlyLower(lower(question, written), lowest);
  if (lowest < wanted) return raise(question);
  // A plan with another total, such as 1 and 0, says the same thing but is not ours yet.
  if (question.differs) return { kind: 'write', canary: wanted };
  if (state.confirmed === 'yes' || (state.confirmed === 'unknown' && !question.canConfirm)) return { kind: 'settled' };
  return { kind: 'unconfirmed', why: state.why ?? 'the router has not confirmed the weights yet' };
}

/** On the way down no rule goes up: what holds less than the next weight stays as it is. */
function onlyLower(move: WeightMove, lowest: number): WeightMove {
  return move.kind === 'write' && lowest < move.canary ? { ...move, scope: 'lower' } : move;
}

function raise({ wanted, canaryReady, canaryNeeds }: WeightQuestion): WeightMove {
  if (canaryReady >= canaryNeeds) return { kind: 'write', canary: wanted };
  return { kind: 'canary-not-ready', ready: canaryReady, needed: canaryNeeds };
}

/** Stable gets what its ready endpoints carry; all at once if the canary has none and stable has at least one. */
function lower({ wanted, total, replicas, canaryReady, stableReady }: WeightQuestion, written: number): WeightMove {
  if (replicas === 0) return { kind: 'write', canary: wanted };
  if (canaryReady === 0 && stableReady === 0) return { kind: 'nobody-ready', ready: 0, needed: 1 };
  if (canaryReady === 0) return { kind: 'write', canary: wanted };
  const stableShare = Math.min(total, Math.floor((stableReady * total) / replicas));
  const next = Math.max(wanted, total - stableShare);
  if (next < written) return { kind: 'write', canary: next };
  return { kind: 'stable-not-ready', ready: stableReady, needed: Math.ceil((replicas * (total - wanted)) / total) };
}

/** The plan of both Services for a canary weight. */
export function weightPlan(
  stableService: string,
  canaryService: string,
  canary: number,
  total: number,
): WeightPlan & { readonly destinations: readonly [Destination, Destination] } {
  return {
    total,
    destinations: [
      { service: stableService, role: 'stable', weight: total - canary },
      { service: canaryService, role: 'canary', weight: canary },
    ],
  };
}
