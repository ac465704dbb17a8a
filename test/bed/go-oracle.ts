/** Builds a small Go program of the tests that says what another project's own code says, with the toolchain of the machine. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const oracleBuildMs = 400_000;

/**
 * Builds the package in `source` (a folder with its go.mod) as `program`. The answer is why that can't be: only a missing
 * toolchain or missing modules, which `fetch` gets, excuse an oracle. @throws when its source does not build.
 */
export async function buildOracle(
  source: string,
  program: string,
  fetch: readonly string[] = ['mod', 'download'],
): Promise<string | undefined> {
  const options = { cwd: source, timeout: oracleBuildMs, maxBuffer: 16 * 1024 * 1024 };
  const steps = [
    [['version'], 'no Go toolchain'],
    [fetch, 'the Go modules cannot be downloaded'],
  ] as const;
  for (const [args, why] of steps) {
    const failed = await run('go', args, options).then(
      () => false,
      () => true,
    );
    if (failed) return why;
  }
  await run('go', ['build', '-o', program, '.'], options);
  return undefined;
}
