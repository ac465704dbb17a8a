/** A process that plays each plan it is sent, or that of a seed, and tells what came of it. */

import { planOf, reportOf } from './judged-run.ts';
import type { Job, RunReport, WorkerMessage } from './run-many.ts';

const tell = (message: WorkerMessage): void => void process.send?.(message);

/** The plan goes out before it is played: a run that hangs or kills the process leaves it. */
async function play(job: Job): Promise<RunReport> {
  const plan = await planOf(job);
  tell({ plan });
  return reportOf(plan);
}

process.on('message', (job: Job) => {
  void play(job).then(
    (report) => tell({ report }),
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
tell({ ready: true });
