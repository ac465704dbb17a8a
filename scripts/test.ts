/** `npm test`: static checks, unit tests and runs with faults, then everything on real servers; sets up what the servers need meanwhile. The last line is the count. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { root, runNode, vitestProgram } from './programs.ts';
import { runRealTests } from './real-tests.ts';
import { staticChecks } from './static-checks.ts';
import { add, line, none, skippedBelow, skippedRows, totalsOf } from './test-totals.ts';

const output = join(root, '.test-output');
mkdirSync(output, { recursive: true });
const unitReport = join(output, 'unit.json');
const integrationReport = join(output, 'integration.json');
const e2eReport = join(output, 'e2e.json');

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
// One after the other: the end-to-end tests have deadlines, and what runs beside them takes their time.
const integrationCode = await runRealTests(['test/integration/', 'test/conformance/'], integrationReport);
const e2eCode = await runRealTests(['test/e2e/'], e2eReport);

for (const part of parts) if (part.kind === 'skipped') process.stdout.write(`${partLine(part)}\n`);
// CI is a machine on which all of it can run: there the end-to-end tests, and those that show a
// row of the compatibility page, may not be skipped, since a skip shows nothing.
const rows = [unitReport, integrationReport].flatMap(skippedRows);
const unshown = process.env.CI ? [...skippedBelow('/test/e2e/', e2eReport), ...rows] : [];
for (const name of unshown) process.stdout.write(`NOT SHOWN, counted as failed: ${name}\n`);
const checks = { ...none, passed: 3 - failedChecks, failed: failedChecks + unshown.length, skipped: -unshown.length };
const totals = [unitReport, integrationReport, e2eReport].map(totalsOf).reduce(add, checks);
process.stdout.write(`${line(totals)}\n`);
process.exitCode = totals.failed > 0 || [unitCode, integrationCode, e2eCode].some((code) => code !== 0) ? 1 : 0;
