/** `npm run -s compat`: writes docs/compatibility.md from the schemas and the tags of the tests, and says what is missing. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coverageOf, page, unknownRows } from './compat/page.ts';
import { taggedTests } from './compat/tags.ts';
import { root } from './programs.ts';

const tests = taggedTests(root);
const unknown = unknownRows(tests);
for (const line of unknown) process.stderr.write(`${line}\n`);
writeFileSync(join(root, 'docs', 'compatibility.md'), page(tests));
const open = coverageOf(tests).filter(({ row, test }) => test === undefined && row.refused === undefined);
for (const { row } of open) process.stdout.write(`no test of its own yet: ${row.id}\n`);
process.stdout.write(`docs/compatibility.md: ${tests.length} tests, ${open.length} rows without a test\n`);
process.exitCode = unknown.length > 0 ? 1 : 0;
