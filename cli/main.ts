/** Entry of `kubectl-tidegate`: the real terminal, the name it was called by, and the exit code. */

import { basename } from 'node:path';
import { systemClock } from '../kube/clock.ts';
import packageJson from '../package.json' with { type: 'json' };
import { runCommandLine } from './program.ts';

const interrupt = new AbortController();
process.on('SIGINT', () => interrupt.abort());
process.on('SIGTERM', () => interrupt.abort());

// A reader that closes the pipe early (head, less) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const calledAs = basename(process.argv[1] ?? 'kubectl-tidegate').replace(/\.m?[jt]s$/, '');

process.exitCode = await runCommandLine(process.argv.slice(2), {
  version: packageJson.version,
  program: calledAs === 'kubectl-tidegate' || calledAs === 'main' ? 'kubectl tidegate' : calledAs,
  terminal: {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    outIsTty: process.stdout.isTTY === true,
    env: process.env,
    clock: systemClock,
    signal: interrupt.signal,
  },
});
