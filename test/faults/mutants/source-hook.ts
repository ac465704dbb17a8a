/** Loads the controller's modules with the patches of a mutant. Nothing on disk changes. */

import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Mutant, patched } from './mutant.ts';

export const repositoryRoot = join(import.meta.dirname, '..', '..', '..');

/** Must be called before the first of the mutant's files is imported. */
export function loadWith(mutant: Mutant): void {
  const files = new Set(mutant.patches.map((one) => one.file));
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const file = url.startsWith('file:') ? relative(repositoryRoot, fileURLToPath(url)) : '';
      if (!files.has(file) || loaded.source === undefined || loaded.source === null) return loaded;
      const { source } = loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      return { ...loaded, source: patched(mutant, file, text) };
    },
  });
}
