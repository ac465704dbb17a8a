/** A process that plays runs one after the other as its parent sends them, and sends back what each showed. */

import { playRun, type RunOptions } from './process-run.ts';

process.on('message', (options: RunOptions) => {
  playRun(options).then(
    (result) => process.send?.({ kind: 'played', result }),
    (error: unknown) => process.send?.({ kind: 'failed', why: error instanceof Error ? error.message : String(error) }),
  );
});
process.once('disconnect', () => process.exit());
