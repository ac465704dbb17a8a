/** A process that sweeps one scenario: plays it undisturbed, then once per crash point, and keeps what it found after each. */

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { FaultKind, PlannedFault } from '../plan/plan.ts';
import { regressionOf } from './all-regressions.ts';
import { Swept } from './crash-sweep.ts';
import { type Outcome, playRegression } from './play-regression.ts';

const [id = '', file = ''] = process.argv.slice(2);
const regression = regressionOf(id);
const sides: readonly FaultKind[] = ['before-commit', 'reply-lost', 'after-reply'];
// Every abort makes an error, and nobody reads where it was made.
Error.stackTraceLimit = 0;

function findingsOf({ stuck, complaints, violations }: Outcome): readonly string[] {
  const broken = violations.map(({ invariant, sentence }) => `${invariant}: ${sentence}`);
  return [...broken, ...complaints, ...(stuck === undefined ? [] : [stuck])];
}

function keep(swept: Swept): void {
  const next = `${file}.next`;
  writeFileSync(next, `${JSON.stringify(swept, undefined, 2)}\n`);
  renameSync(next, file);
}

async function sweep(): Promise<void> {
  const calm = await playRegression(regression);
  const own = Math.min(regression.faults?.length ?? 0, calm.struck);
  const points = calm.writes.flatMap(({ identity, occurrence }) =>
    sides.map((kind) => ({ identity, occurrence, kind })),
  );
  const before = existsSync(file) ? Swept.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
  const isSame = before?.writes === calm.writes.length;
  const found = isSame ? [...before.found] : findingsOf(calm).map((text) => `undisturbed: ${text}`);
  let [crashes, missed, cpuMs] = isSame ? [before.crashes, before.missed, before.cpuMs] : [0, 0, 0];
  for (const { identity, occurrence, kind } of points.slice(crashes)) {
    const fault: PlannedFault = { at: { write: identity, occurrence }, kind, crash: true };
    const start = process.cpuUsage();
    const outcome = await playRegression(regression, { faults: [fault] });
    const { user, system } = process.cpuUsage(start);
    cpuMs += Math.round((user + system) / 1_000);
    crashes += 1;
    if (outcome.struck <= own) missed += 1;
    found.push(...findingsOf(outcome).map((text) => `${kind} of ${identity} ${occurrence}: ${text}`));
    keep({ id, writes: calm.writes.length, crashes, missed, cpuMs, found });
  }
}

// Whoever started it is gone: nobody waits for the result.
process.once('disconnect', () => process.exit(1));

await sweep();
process.exit(0);
