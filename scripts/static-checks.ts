/** The checks that run nothing of the product: types, lint and import rules, format. */

import { run, tool } from './programs.ts';

/** Resolves to the number of checks that failed. */
export async function staticChecks(): Promise<number> {
  const codes = [
    await run(tool('tsc'), ['-p', '.'], { quiet: true }),
    await run(tool('oxlint'), ['--type-aware', '--quiet', '.'], { quiet: true }),
    await run(tool('biome'), ['format', '.'], { quiet: true }),
  ];
  return codes.filter((code) => code !== 0).length;
}
