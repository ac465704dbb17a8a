/** `npm run generate`: writes every generated file anew; a test of each compares it with what is committed. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, runNode } from './programs.ts';

const generators = [
  'crds/generate.ts',
  'controller/rollout/diagram.ts',
  'controller/reasons-page.ts',
  'controller/rbac-yaml.ts',
  'scripts/argo-cd-config.ts',
];

for (const generator of generators) {
  if (!existsSync(join(root, generator))) continue;
  const code = await runNode([join(root, generator)]);
  if (code !== 0) process.exit(code);
}
