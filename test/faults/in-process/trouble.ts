/** Carries out the faults of a plan: counts what happens over all restarts and says what strikes at each point. */

import { occurrences, type Occurrences, strikesAt } from '../plan/occurrences.ts';
import type { Plan, PlannedFault } from '../plan/plan.ts';

export type GitCall = 'sync' | 'render' | 'compare' | 'merge' | 'push';

export interface Trouble {
  readonly writes: Occurrences;
  /** The faults that strike at this write; each strikes once. */
  atWrite(identity: string): readonly PlannedFault[];
  atGit(call: GitCall): PlannedFault | undefined;
  atReading(): PlannedFault | undefined;
  readonly calls: ReadonlyMap<GitCall, number>;
  readonly readings: () => number;
  /** Faults that found their place. */
  readonly struck: () => readonly PlannedFault[];
  /** When the last of them did; 0 when none has. */
  readonly lastStruckAt: () => number;
}

export function trouble(plan: Plan, now: () => number): Trouble {
  const writes = occurrences();
  const open = new Set(plan.faults);
  const struck: PlannedFault[] = [];
  const calls = new Map<GitCall, number>();
  let readings = 0;
  let lastStruckAt = 0;
  const take = (faults: readonly PlannedFault[]): readonly PlannedFault[] => {
    for (const fault of faults) {
      open.delete(fault);
      struck.push(fault);
      lastStruckAt = now();
    }
    return faults;
  };
  return {
    writes,
    calls,
    readings: () => readings,
    struck: () => struck,
    lastStruckAt: () => lastStruckAt,
    atWrite(identity) {
      const write = writes.count(identity);
      return take([...open].filter((fault) => strikesAt(fault, write)));
    },
    atGit(call) {
      const nth = (calls.get(call) ?? 0) + 1;
      calls.set(call, nth);
      return take([...open].filter(({ at }) => 'git' in at && at.git === call && at.nth === nth).slice(0, 1))[0];
    },
    atReading() {
      readings += 1;
      return take([...open].filter(({ at }) => 'reading' in at && at.reading === readings).slice(0, 1))[0];
    },
  };
}
