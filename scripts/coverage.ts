/**
 * `npm run -s coverage`: which share of the branches of the rollout room its tests take, from the unit tests and the runs
 * with faults. Exit code 1 below the limit. The files with the most branches not taken are listed.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode, vitestProgram } from './programs.ts';

/** Percent of the branches of controller/rollout. */
const leastPct = 95;
const listed = 15;

interface Counts {
  readonly branches: { readonly total: number; readonly covered: number; readonly pct: number };
}

const folder = join(root, '.test-output', 'coverage');
const room = ['controller', 'test/pod-hash', 'test/faults/decide', 'test/faults/in-process'];
const testsCode = await runNode([
  vitestProgram,
  'run',
  '--project',
  'unit',
  '--project',
  'faults',
  ...room,
  '--reporter=dot',
  '--coverage.enabled',
  '--coverage.provider=v8',
  '--coverage.include=controller/rollout/**/*.ts',
  '--coverage.exclude=**/*.test.ts',
  '--coverage.exclude=**/testing/**',
  '--coverage.reporter=json-summary',
  '--coverage.reportOnFailure',
  `--coverage.reportsDirectory=${folder}`,
]);

// Written by vitest's reporter, whose shape this is.
const summary = JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8')) as Record<string, Counts>;
const files = Object.entries(summary).filter(([file]) => file !== 'total');
const missing = ({ branches }: Counts) => branches.total - branches.covered;
const worst = files.toSorted(([, one], [, other]) => missing(other) - missing(one)).slice(0, listed);
for (const [file, counts] of worst)
  if (missing(counts) > 0)
    process.stdout.write(`${missing(counts)} of ${counts.branches.total} not taken: ${file.replace(`${root}/`, '')}\n`);
const { total, covered, pct } = summary.total?.branches ?? { total: 0, covered: 0, pct: 0 };
process.stdout.write(`branches of controller/rollout: ${covered} of ${total}, ${pct} % (wanted: ${leastPct} %)\n`);
process.exitCode = testsCode === 0 && pct >= leastPct ? 0 : 1;
