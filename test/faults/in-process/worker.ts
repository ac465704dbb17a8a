/** A process that plays each plan it is sent, or that of a seed, and tells what came of it. */

import { reportOf } from './judged-run.ts';
import type { Job } from './run-many.ts';

process.on('message', (job: Job) => {
  void reportOf(job).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      process.stderr.write(
        `${JSON.stringify(job)}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      process.exit(1);
    },
  );
});
// Every abort makes an error, and nobody reads where it was made.
Error.stackTraceLimit = 0;
process.send?.('ready');
