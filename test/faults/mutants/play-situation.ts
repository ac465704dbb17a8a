/** Plays one situation in this process and says what the observer found. */

import { silentLog } from '../../../kube/silent-log.ts';
import { observing, requestSeen } from '../in-process/observing.ts';
import { RanOut, type RunWorld, runWorld } from '../in-process/world.ts';
import type { InvariantId, Observer, Violation } from '../observer/observe.ts';
import { situations } from './situations.ts';
import type { Plan } from '../plan/plan.ts';
import type { SituationName } from './situation-names.ts';

export interface Outcome {
  /** False when the people of the situation waited for something in vain, or the run was stopped. */
  readonly isComplete: boolean;
  readonly violations: readonly Violation[];
}

/** The controller comes to rest, and its slowest polls have their turn. */
const restMs = 40_000;
const someSeed = 11;

/** `enough` is called as soon as one of `wanted` is found: the run need not go on then. */
export async function playSituation(
  name: SituationName,
  wanted: readonly InvariantId[],
  enough: (outcome: Outcome) => void,
): Promise<Outcome> {
  const { faults = [], play } = situations[name];
  const plan: Plan = { scenario: 'main-job', seed: someSeed, faults: [...faults] };
  let observer: Observer | undefined;
  const look = (): void => {
    const violations = observer?.violations() ?? [];
    if (violations.some(({ invariant }) => wanted.includes(invariant))) enough({ isComplete: false, violations });
  };
  const world = await runWorld({
    plan,
    log: () => silentLog,
    watch: (watched) => {
      observer = observing(plan, watched);
      watched.api.onCommit(look);
      watched.git.onUpdate(look);
    },
    seen: (request, userAgent) => observer?.request(requestSeen(request, userAgent)),
  });
  const isComplete = await played(world, play);
  await world.pass(restMs);
  return { isComplete, violations: observer?.finish() ?? [] };
}

async function played(world: RunWorld, play: (world: RunWorld) => Promise<void>): Promise<boolean> {
  try {
    await play(world);
    return true;
  } catch (error) {
    if (error instanceof RanOut) return false;
    throw error;
  }
}
