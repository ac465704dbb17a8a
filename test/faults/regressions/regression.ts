/** What a regression scenario is: a bug that users of another controller met, played on this one, and the mutant that has it. */

import type { InvariantId } from '../observer/invariant.ts';
import type { PlannedFault } from '../plan/plan.ts';
import type { Patch } from '../mutants/mutant.ts';
import type { Stage } from './stage.ts';

/** How a broken controller is found out: by an invariant, by what a user notices, or because the story does not come to its end. */
export type Evidence = InvariantId | 'user' | 'stuck';

export interface Regression {
  /** Row of the list of bugs, such as R04. */
  readonly id: string;
  /** What went wrong elsewhere, in a sentence. */
  readonly wrong: string;
  /** The faults of the row that strike at writes; the rest is in the story. */
  readonly faults?: readonly PlannedFault[];
  readonly play: (stage: Stage) => Promise<void>;
  /** Controllers hold a lease, so that there may be two of them. */
  readonly leaderElect?: boolean;
  /** What the controller gets from the API server is frozen: a write into its caches throws. */
  readonly frozen?: boolean;
  /** What the end must be; `settled` (healthy, aborted, or waiting for a person) unless said otherwise. */
  readonly end?: 'healthy' | 'settled';
  /** The controller with that bug, as changes of its source. */
  readonly mutant: { readonly patches: readonly Patch[]; readonly shows: readonly Evidence[] };
}
