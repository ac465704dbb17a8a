/** `npm run e2e -- <topic>`: one end-to-end topic on real servers, or all of them without a topic. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { root } from './programs.ts';
import { runRealTests } from './real-tests.ts';

const folder = join(root, 'test', 'e2e');
const topics = process.argv.slice(2).filter((word) => word !== '--');
const unknown = topics.find((topic) => !existsSync(join(folder, `${topic}.test.ts`)));
if (unknown !== undefined) {
  const known = readdirSync(folder)
    .filter((file) => /^[a-z]+(-job)?\.test\.ts$/.test(file))
    .map((file) => file.replace('.test.ts', ''));
  process.stderr.write(`There is no end-to-end topic "${unknown}". Topics: ${known.join(', ')}.\n`);
  process.exit(2);
}

await ensureTools((part) => {
  if (part.kind === 'skipped') process.stderr.write(`${partLine(part)}\n`);
});
const files = topics.length === 0 ? ['test/e2e/'] : topics.map((topic) => `test/e2e/${topic}`);
process.exitCode = await runRealTests(files);
