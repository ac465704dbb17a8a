/** A process that plays each batch of sequences it is sent, and tells what came of it. */

import { type BatchResult, runSequences } from './run-sequences.ts';
import type { Batch } from './sweep-decide.ts';

process.on('message', ({ seed, runs }: Batch) => {
  const result: BatchResult = runSequences(seed, runs);
  process.send?.({ result });
});
process.send?.({ ready: true });
