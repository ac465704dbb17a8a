/** Plays one regression scenario in this process, and says what was found. */

import type { Log } from '../../../kube/api.ts';
import { silentLog } from '../../../kube/silent-log.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';
import { observing, requestSeen } from '../in-process/observing.ts';
import { RanOut, type RunWorld, runWorld } from '../in-process/world.ts';
import type { InvariantId, Observer } from '../observer/observe.ts';
import type { CountedWrite } from '../plan/occurrences.ts';
import type { Plan, PlannedFault } from '../plan/plan.ts';
import type { Regression } from './regression.ts';
import { Stage } from './stage.ts';

export interface Outcome {
  /** What the people of the story waited for in vain. */
  readonly stuck?: string;
  readonly complaints: readonly string[];
  readonly violations: readonly { readonly invariant: InvariantId; readonly sentence: string }[];
  readonly writes: readonly CountedWrite[];
  readonly struck: number;
  readonly starts: number;
  readonly virtualMs: number;
}

export interface PlayOptions {
  /** On top of the scenario's own. */
  readonly faults?: readonly PlannedFault[];
  readonly onCommit?: (commit: Commit) => void;
  readonly log?: (room: string) => Log;
  /** Called as soon as a mutant has shown itself: the run need not go on then. */
  readonly enough?: (outcome: Pick<Outcome, 'complaints' | 'violations'>) => void;
}

/** After the story: the longest drains and deadlines of the scenarios end, and then nothing may be written any more. */
const restMs = 90_000;
const quietMs = 45_000;
const someSeed = 11;

export async function playRegression(regression: Regression, options: PlayOptions = {}): Promise<Outcome> {
  const extra = options.faults ?? [];
  const plan: Plan = { scenario: 'main-job', seed: someSeed, faults: [...(regression.faults ?? []), ...extra] };
  const crashes = plan.faults.some(({ crash }) => crash);
  let observer: Observer | undefined;
  const world = await runWorld({
    plan,
    log: options.log ?? (() => silentLog),
    ...(regression.leaderElect === undefined ? {} : { leaderElect: regression.leaderElect }),
    ...(regression.frozen === undefined ? {} : { frozen: regression.frozen }),
    watch: (watched) => {
      observer = observing(plan, watched, { expect: regression.end ?? 'settled', quietMs });
      if (options.onCommit !== undefined) watched.api.onCommit(options.onCommit);
    },
    seen: (request, userAgent) => observer?.request(requestSeen(request, userAgent)),
  });
  const stage = new Stage(world, crashes);
  world.api.onCommit(() => {
    const found = { complaints: stage.complaints, violations: observer?.violations() ?? [] };
    if (isShown(regression, found)) options.enough?.(found);
  });
  const stuck = await played(world, stage, regression);
  const ends = world.endedByThemselves();
  if (ends > 0) stage.complain(`${ends} controller processes ended by themselves`);
  return {
    ...(stuck === undefined ? {} : { stuck }),
    complaints: stage.complaints,
    violations: (observer?.finish() ?? []).map(({ invariant, sentence }) => ({ invariant, sentence })),
    writes: world.trouble.writes.writes,
    struck: world.trouble.struck().length,
    starts: world.starts(),
    virtualMs: world.time.elapsedMs(),
  };
}

function isShown({ mutant }: Regression, found: Pick<Outcome, 'complaints' | 'violations'>): boolean {
  const isSeen = mutant.shows.includes('user') && found.complaints.length > 0;
  return isSeen || found.violations.some(({ invariant }) => mutant.shows.includes(invariant));
}

async function played(world: RunWorld, stage: Stage, { play }: Regression): Promise<string | undefined> {
  try {
    await play(stage);
    await world.pass(restMs + quietMs);
    return undefined;
  } catch (error) {
    if (!(error instanceof RanOut)) throw error;
    return error.message;
  }
}
