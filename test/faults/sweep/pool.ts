/** Plays runs on several worker processes at once; each run has a worker for itself. */

import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { RunOptions, RunResult } from './process-run.ts';

type Answer =
  | { readonly kind: 'played'; readonly result: RunResult }
  | { readonly kind: 'failed'; readonly why: string };

const program = join(import.meta.dirname, 'worker.ts');

/**
 * Calls `done` after each run, in the order in which they end. A run whose worker fails is played once more; one that
 * fails twice rejects, since nothing is known of it.
 */
export async function playAll(
  runs: readonly RunOptions[],
  workers: number,
  done: (result: RunResult) => void,
): Promise<void> {
  const waiting = [...runs];
  const work = async (): Promise<void> => {
    const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) done(await playOn(child, next));
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, runs.length) }, work));
}

async function playOn(child: ReturnType<typeof fork>, run: RunOptions): Promise<RunResult> {
  const first = await ask(child, run);
  const answer = first.kind === 'failed' ? await ask(child, run) : first;
  if (answer.kind === 'failed') throw new Error(`a run of the ${run.release} release failed: ${answer.why}`);
  return answer.result;
}

function ask(child: ReturnType<typeof fork>, run: RunOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('a worker ended in the middle of a run'));
    child.once('exit', ended);
    child.once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer as Answer);
    });
    child.send(run);
  });
}
