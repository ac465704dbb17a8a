/** Counts writes by identity, and finds the faults of a plan that strike at each. */

import type { PlannedFault } from './plan.ts';

export interface CountedWrite {
  readonly identity: string;
  /** The how-manieth write of this identity, from 1. */
  readonly occurrence: number;
  /** The how-manieth write of all, from 1. */
  readonly nth: number;
  /** The how-manieth write of a process that was started again, from 1; undefined in the first one. */
  readonly afterRestart: number | undefined;
}

export interface Occurrences {
  count(identity: string): CountedWrite;
  /** A new process has begun. */
  restarted(): void;
  /** All so far, in order. */
  readonly writes: readonly CountedWrite[];
}

export function occurrences(): Occurrences {
  const counts = new Map<string, number>();
  const writes: CountedWrite[] = [];
  let restartedAt: number | undefined;
  return {
    writes,
    restarted: () => {
      restartedAt = writes.length;
    },
    count(identity) {
      const occurrence = (counts.get(identity) ?? 0) + 1;
      counts.set(identity, occurrence);
      const nth = writes.length + 1;
      const afterRestart = restartedAt === undefined ? undefined : nth - restartedAt;
      const write = { identity, occurrence, nth, afterRestart };
      writes.push(write);
      return write;
    },
  };
}

export function strikesAt(fault: PlannedFault, write: CountedWrite): boolean {
  if ('write' in fault.at) return fault.at.write === write.identity && fault.at.occurrence === write.occurrence;
  if ('writeAfterRestart' in fault.at) return fault.at.writeAfterRestart === write.afterRestart;
  return 'nthWrite' in fault.at && fault.at.nthWrite === write.nth;
}
