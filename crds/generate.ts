/** Writes crds/manifests and docs/api.md from the zod schemas: `npm run generate`. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generated-files.ts';

const root = join(import.meta.dirname, '..');

for (const file of generatedFiles()) {
  const path = join(root, file.path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, file.text);
  process.stdout.write(`${file.path}\n`);
}
