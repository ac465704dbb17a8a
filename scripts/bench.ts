/** `npm run bench -- core`: measures on the real bed and writes JSON with the figures and the conditions; never passes or fails. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureTools, partLine } from '../test/bed/set-up.ts';
import { root, runNode } from './programs.ts';

const [topic = 'core', ...rest] = process.argv.slice(2).filter((word) => word !== '--');
const file = join(root, 'test', 'bench', `${topic}.ts`);
if (!existsSync(file)) {
  process.stderr.write(`There is no bench "${topic}". Benches: core, sandbox.\n`);
  process.exit(2);
}
await ensureTools((part) => {
  if (part.kind === 'skipped') process.stderr.write(`${partLine(part)}\n`);
});
process.exitCode = await runNode([join(root, 'test', 'bed', 'in-namespace.ts'), process.execPath, file, ...rest]);
