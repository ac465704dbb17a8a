/** Runs tests on real servers inside a network namespace of the run's own. */

import { join } from 'node:path';
import { root, runNode, vitestProgram } from './programs.ts';

/** Files are paths or parts of paths of tests; none means all. Writes a JSON report when asked. Resolves to the exit code. */
export function runRealTests(files: readonly string[], report?: string): Promise<number> {
  const reporters =
    report === undefined
      ? ['--reporter=verbose']
      : ['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`];
  const inNamespace = join(root, 'test', 'bed', 'in-namespace.ts');
  return runNode([inNamespace, process.execPath, vitestProgram, 'run', '--project', 'real', ...reporters, ...files]);
}
