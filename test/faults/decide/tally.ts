/** Counts what the sequences were about, by what an observer sees in the statuses that were written. */

import { nextState, type LifecycleState } from '../../../controller/rollout/machine.ts';
import { stateOf } from '../../../controller/rollout/lifecycle-status.ts';
import type { RolloutStatus } from '../../../crds/schema/rollout-status.ts';

export interface Tally {
  runs: number;
  events: number;
  faults: number;
  writes: number;
  passes: number;
  /** Sequences with at least one of each. */
  aborts: number;
  supersedes: number;
  promotions: number;
  /** Sequences per strategy. */
  strategies: Record<string, number>;
  /** Moves of the lifecycle, as `from event to`, and how many sequences made them. */
  moves: Record<string, number>;
}

export function newTally(): Tally {
  return {
    runs: 0,
    events: 0,
    faults: 0,
    writes: 0,
    passes: 0,
    aborts: 0,
    supersedes: 0,
    promotions: 0,
    strategies: {},
    moves: {},
  };
}

/** `into` with the numbers of `more`. */
export function addTally(into: Tally, more: Tally): void {
  for (const name of ['runs', 'events', 'faults', 'writes', 'passes', 'aborts', 'supersedes', 'promotions'] as const)
    into[name] += more[name];
  for (const part of ['strategies', 'moves'] as const)
    for (const [name, count] of Object.entries(more[part])) into[part][name] = (into[part][name] ?? 0) + count;
}

/** What one status write did to the lifecycle, as `from event to`; undefined when the state stayed and no revision came. */
export function moveOf(before: RolloutStatus, after: RolloutStatus): string | undefined {
  const [from, to] = [stateOf(before), stateOf(after)];
  const event = eventOf(from, to, before, after);
  return event === undefined ? undefined : `${from} ${event} ${to}`;
}

function eventOf(
  from: LifecycleState,
  to: LifecycleState,
  before: RolloutStatus,
  after: RolloutStatus,
): string | undefined {
  if (before.currentPodHash !== after.currentPodHash) return 'revision';
  const isStableNew = before.stableRS !== after.stableRS;
  if (from === to) return undefined;
  if (from === 'deploying') return 'available';
  if (isStableNew) return 'promoted';
  if (to === 'promoting') {
    if (from === 'stable') return 'rollback';
    return from === 'stepping' && after.promoteFull !== true ? 'steps-done' : 'promote-full';
  }
  if (to === 'aborting') return 'abort';
  if ((from === 'aborting' || from === 'aborted') && to === 'stepping') return 'retry';
  return 'settled';
}

/** Every move that the statechart knows, in the same words. */
export function knownMoves(): readonly string[] {
  const revision = {
    type: 'revision',
    hasStable: true,
    toStable: false,
    carrying: false,
    failedBefore: false,
  } as const;
  const revisions = [
    { ...revision, hasStable: false },
    { ...revision, failedBefore: true },
    { ...revision, toStable: true, carrying: true },
    { ...revision, toStable: true },
    { ...revision, carrying: true },
    { ...revision },
  ];
  const others = [
    { type: 'available' },
    { type: 'steps-done' },
    { type: 'promote-full' },
    { type: 'abort' },
    { type: 'retry' },
    { type: 'rollback' },
    { type: 'promoted', back: false },
    { type: 'promoted', back: true },
    { type: 'settled' },
  ] as const;
  const states = [
    'new',
    'deploying',
    'stable',
    'stepping',
    'promoting',
    'aborting',
    'aborted',
    'superseding',
    'returning',
  ];
  const moves = (states as LifecycleState[]).flatMap((from) =>
    [...revisions, ...others].flatMap((event) => {
      const next = nextState(from, event);
      return next === undefined || isImpossible(from, event.type, next.state)
        ? []
        : [`${from} ${event.type} ${next.state}`];
    }),
  );
  return [...new Set(moves)];
}

/**
 * The same handler stands in every state, but a state fixes whether there is a stable revision, and where that is the
 * current one a new revision is another one.
 */
function isImpossible(from: LifecycleState, event: string, to: LifecycleState): boolean {
  if (event !== 'revision') return false;
  const hasStable = from !== 'new' && from !== 'deploying';
  const isOnStable = from === 'stable' || from === 'returning';
  return hasStable === (to === 'deploying') || (isOnStable && (to === 'stable' || to === 'returning'));
}
