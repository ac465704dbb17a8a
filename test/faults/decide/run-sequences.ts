/** Runs many sequences from one seed; the first one that fails is shrunk by fast-check and told in full. */

import fc from 'fast-check';
import { play, type Sequence, sequence } from './play.ts';
import { addTally, newTally, type Tally } from './tally.ts';

export interface BatchResult {
  readonly seed: number;
  readonly tally: Tally;
  /** Absent when every sequence kept the rules. */
  readonly failure?: {
    readonly found: readonly string[];
    /** The place of the shrunk sequence, for `fc.assert(..., {seed, path})`. */
    readonly path: string;
    readonly sequence: Sequence;
    readonly shrinks: number;
  };
}

export function runSequences(seed: number, numRuns: number): BatchResult {
  const tally = newTally();
  let isShrinking = false;
  const details = fc.check(
    fc.property(sequence, (one) => {
      const { violations, tally: more } = play(one);
      if (!isShrinking) addTally(tally, more);
      if (violations.length === 0) return;
      isShrinking = true;
      throw new Error([...new Set(violations)].slice(0, 8).join('\n'));
    }),
    { seed, numRuns, interruptAfterTimeLimit: 600_000 },
  );
  const [shrunk] = details.counterexample ?? [];
  if (!details.failed || shrunk === undefined) return { seed, tally };
  const found = foundIn(shrunk);
  return {
    seed,
    tally,
    failure: { found, path: details.counterexamplePath ?? '', sequence: shrunk, shrinks: details.numShrinks },
  };
}

function foundIn(one: Sequence): readonly string[] {
  try {
    return [...new Set(play(one).violations)];
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}
