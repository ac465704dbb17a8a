/** `npm test`: static checks, unit tests and runs with faults, then everything on real servers; sets up what the servers need meanwhile. The last line is the count. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { root, runNode, vitestProgram } from './programs.ts';
import { runRealTests } from './real-tests.ts';
import { staticChecks } from './static-checks.ts';
import { add, line, none, skippedBelow, totalsOf } from './test-totals.ts';

const output = join(root, '.test-output');
mkdirSync(output, { recursive: true });
const unitReport = join(output, 'unit.json');
const realReport = join(output, 'real.json');

const settingUp = ensureTools((part) => process.stdout.write(`${partLine(part)}\n`));
const failedChecks = await staticChecks();
const unitCode = await runNode([
  vitestProgram,
  'run',
  '--project',
  'unit',
  '--project',
  'faults',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${unitReport}`,
]);
const parts = await settingUp;
const realCode = await runRealTests([], realReport);

for (const part of parts) if (part.kind === 'skipped') process.stdout.write(`${partLine(part)}\n`);
// CI is a machine on which all of it can run: there the end-to-end tests may not be skipped, since a skip shows nothing.
const unshown = process.env.CI ? skippedBelow('/test/e2e/', realReport) : [];
for (const name of unshown) process.stdout.write(`NOT SHOWN, counted as failed: ${name}\n`);
const checks = { ...none, passed: 3 - failedChecks, failed: failedChecks + unshown.length, skipped: -unshown.length };
const totals = [totalsOf(unitReport), totalsOf(realReport)].reduce(add, checks);
process.stdout.write(`${line(totals)}\n`);
process.exitCode = totals.failed > 0 || unitCode !== 0 || realCode !== 0 ? 1 : 0;
