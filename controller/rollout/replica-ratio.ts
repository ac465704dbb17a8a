/**
 * Traffic split by numbers of pods, without a router: how many stable and canary pods a weight means, and how far the
 * ReplicaSets may move now within maxSurge and maxUnavailable.
 */

export interface Limits {
  /** Pods above `replicas` that may exist. */
  readonly maxSurge: number;
  /** Pods below `replicas` that may be missing. */
  readonly maxUnavailable: number;
}

export interface Split {
  readonly canary: number;
  readonly stable: number;
}

/** Pods asked for, and how many of those are available. */
export interface Side {
  readonly replicas: number;
  readonly available: number;
}

/**
 * The split of pods that comes nearest to `weight` of `total`. With surge one more pod than `replicas` may be used. A
 * weight above 0 gets at least one canary pod and one below `total` leaves one stable pod, where that is possible.
 */
export function splitFor(replicas: number, weight: number, total: number, surge: number): Split {
  if (weight <= 0 || replicas === 0) return { canary: 0, stable: replicas };
  if (weight >= total) return { canary: replicas, stable: 0 };
  const best = candidates(replicas, weight, total, surge).reduce((one, other) =>
    isNearer(other, one, weight, total) ? other : one,
  );
  return { canary: best.canary, stable: best.pods - best.canary };
}

interface Candidate {
  readonly canary: number;
  readonly pods: number;
}

function candidates(replicas: number, weight: number, total: number, surge: number): readonly Candidate[] {
  const zeroAllowed = replicas === 1 && surge === 0;
  const sizes = surge > 0 ? [replicas, replicas + 1] : [replicas];
  const all = sizes.flatMap((pods) => {
    const exact = (pods * weight) / total;
    return [
      { canary: Math.ceil(exact), pods },
      { canary: Math.floor(exact), pods },
    ];
  });
  // Never empty: one pod without surge leaves "no canary"; with more pods the floor, the ceil or the surged pair remains.
  return all.filter((one) => (one.canary > 0 || zeroAllowed) && !(one.canary === replicas && one.pods === replicas));
}

/** In whole numbers: by fractions floor and ceil of an exact half would differ by a rounding error, and ceil has to win. */
function isNearer(one: Candidate, other: Candidate, weight: number, total: number): boolean {
  const gap = ({ canary, pods }: Candidate) => Math.abs(canary * total - weight * pods);
  return gap(one) * other.pods < gap(other) * one.pods;
}

export interface RatioInput {
  readonly replicas: number;
  readonly limits: Limits;
  readonly wanted: Split;
  readonly stable: Side;
  readonly canary: Side;
  /** Revisions that are neither; they go first. */
  readonly others: readonly Side[];
  /** Stable pods that must stay for now, such as one while a Service still selects them. */
  readonly stableFloor?: number;
}

export interface RatioMove {
  readonly stable: number;
  readonly canary: number;
  readonly others: readonly number[];
}

/**
 * Sizes to ask for now. Up: stable first, then canary, within replicas + surge. Down: pods that are not available go
 * freely, available ones only down to replicas - unavailable; others first, and nothing else shrinks while one is left.
 */
export function moveWithin(input: RatioInput): RatioMove {
  const up = raise(input);
  let spare = Math.max(0, availableOf(input) - (input.replicas - input.limits.maxUnavailable));
  const others = input.others.map((side) => {
    const [next, used] = lower(side, 0, spare);
    spare -= used;
    return next;
  });
  if (others.some((left) => left > 0)) return { ...up, others };
  const floor = Math.max(input.wanted.stable, Math.min(input.stableFloor ?? 0, input.stable.replicas));
  const [stable, used] = up.stable > input.stable.replicas ? [up.stable, 0] : lower(input.stable, floor, spare);
  const [canary] =
    up.canary > input.canary.replicas ? [up.canary, 0] : lower(input.canary, input.wanted.canary, spare - used);
  return { stable, canary, others };
}

function raise(input: RatioInput): Split {
  const { stable, canary, wanted } = input;
  const total = stable.replicas + canary.replicas + input.others.reduce((sum, side) => sum + side.replicas, 0);
  const room = Math.max(0, input.replicas + input.limits.maxSurge - total);
  const addStable = Math.min(room, Math.max(0, wanted.stable - stable.replicas));
  const addCanary = Math.min(room - addStable, Math.max(0, wanted.canary - canary.replicas));
  return { stable: stable.replicas + addStable, canary: canary.replicas + addCanary };
}

/** Next size and how many available pods that costs. The ReplicaSet controller removes pods that are not ready first. */
function lower(side: Side, wanted: number, spare: number): readonly [number, number] {
  const excess = side.replicas - wanted;
  if (excess <= 0) return [side.replicas, 0];
  const broken = Math.min(excess, Math.max(0, side.replicas - side.available));
  const used = Math.min(excess - broken, Math.max(0, spare));
  return [side.replicas - broken - used, used];
}

function availableOf(input: RatioInput): number {
  return [input.stable, input.canary, ...input.others].reduce((sum, side) => sum + side.available, 0);
}
