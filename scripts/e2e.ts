/** `npm run e2e -- <topic>`: one end-to-end topic on real servers, or all of them without a topic. */

import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { root } from './programs.ts';
import { namedTests } from './named-tests.ts';
import { runRealTests } from './real-tests.ts';
import { taggedTests } from './compat/tags.ts';
import { skippedBelow } from './test-totals.ts';

const folder = join(root, 'test', 'e2e');
const topics = process.argv.slice(2).filter((word) => word !== '--');
const fileOf = (topic: string): string | undefined =>
  [`${topic}.test.ts`, `${topic}/`].find((name) => existsSync(join(folder, name)));
const unknown = topics.find((topic) => fileOf(topic) === undefined);
if (unknown !== undefined) {
  const known = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() || /^[a-z]+(-job)?\.test\.ts$/.test(entry.name))
    .map((entry) => entry.name.replace('.test.ts', ''));
  process.stderr.write(`There is no end-to-end topic "${unknown}". Topics: ${known.join(', ')}.\n`);
  process.exit(2);
}

await ensureTools((part) => {
  if (part.kind === 'skipped') process.stderr.write(`${partLine(part)}\n`);
});
const files = topics.length === 0 ? ['test/e2e/'] : topics.map((topic) => `test/e2e/${fileOf(topic) ?? ''}`);
const report = join(root, '.test-output', 'e2e.json');
mkdirSync(join(root, '.test-output'), { recursive: true });
const code = await runRealTests(files, report);
const unshown = skippedBelow('/test/e2e/', report);
for (const { title, rows } of taggedTests(join(root, 'test', 'e2e')).filter(({ file }) => isOf(file)))
  process.stdout.write(`${rows.join(', ')} → ${title}\n`);
for (const { title, names } of namedTests(folder).filter(({ file }) => isOf(file)))
  process.stdout.write(`${names.join(', ')} → ${title}\n`);
if (unshown.length > 0)
  process.stderr.write(`${unshown.length} tests were skipped, so this machine has not shown them.\n`);

/** True for a test file of the topics that were asked for, by its path below test/e2e. */
function isOf(file: string): boolean {
  return topics.length === 0 || topics.some((topic) => file.startsWith(`${topic}.`) || file.startsWith(`${topic}/`));
}

process.exitCode = code !== 0 || unshown.length > 0 ? 1 : 0;
