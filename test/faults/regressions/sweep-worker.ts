/** A process that sweeps one scenario: plays it undisturbed, then once per crash point, and tells what it found. */

import type { FaultKind, PlannedFault } from '../plan/plan.ts';
import { regressionOf } from './all-regressions.ts';
import type { Swept } from './crash-sweep.ts';
import { type Outcome, playRegression } from './play-regression.ts';

const [id = ''] = process.argv.slice(2);
const regression = regressionOf(id);
const sides: readonly FaultKind[] = ['before-commit', 'reply-lost', 'after-reply'];
// Every abort makes an error, and nobody reads where it was made.
Error.stackTraceLimit = 0;

function findingsOf({ stuck, complaints, violations }: Outcome): readonly string[] {
  const broken = violations.map(({ invariant, sentence }) => `${invariant}: ${sentence}`);
  return [...broken, ...complaints, ...(stuck === undefined ? [] : [stuck])];
}

async function sweep(): Promise<Swept> {
  const calm = await playRegression(regression);
  const own = regression.faults?.length ?? 0;
  const found = findingsOf(calm).map((text) => `undisturbed: ${text}`);
  let [crashes, missed] = [0, 0];
  for (const { identity, occurrence } of calm.writes) {
    for (const kind of sides) {
      const fault: PlannedFault = { at: { write: identity, occurrence }, kind, crash: true };
      const outcome = await playRegression(regression, { faults: [fault] });
      crashes += 1;
      if (outcome.struck <= Math.min(own, calm.struck)) missed += 1;
      found.push(...findingsOf(outcome).map((text) => `${kind} of ${identity} ${occurrence}: ${text}`));
    }
  }
  return { id, writes: calm.writes.length, crashes, missed, found };
}

// Whoever started it is gone: nobody waits for the result.
process.once('disconnect', () => process.exit(1));

process.send?.(await sweep());
process.exit(0);
