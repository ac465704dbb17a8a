/** Starts the source process as a child and starts it again whenever it dies, with back-off; ends it with the controller. */

import { type ChildProcess, spawn } from 'node:child_process';
import type { Clock, Log } from '../kube/api.ts';

export interface SourceProcessOptions {
  /** Program and arguments, e.g. `[process.execPath, 'source/main.ts', '--socket', path]`. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment of the child: it gets nothing of the controller's, so no Kubernetes credentials. */
  readonly env: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the child and stops restarting it. */
  readonly signal: AbortSignal;
  readonly firstDelayMs?: number;
  readonly maxDelayMs?: number;
  /** A child that lived this long counts as healthy: the next restart is quick again. */
  readonly settledMs?: number;
  /** How long the child has after SIGTERM before SIGKILL. */
  readonly graceMs?: number;
}

export interface SourceProcess {
  /** Process id of the running child, for tests and status; undefined while it is down. */
  pid(): number | undefined;
  restarts(): number;
  /** Resolves when the child has ended for good, after the signal was aborted. */
  readonly ended: Promise<void>;
}

interface Running {
  child: ChildProcess | undefined;
  starts: number;
}

/** Never rejects: a child that can't be started is retried like one that dies. */
export function startSourceProcess(options: SourceProcessOptions): SourceProcess {
  const state: Running = { child: undefined, starts: 0 };
  const ended = superviseChild(options, state);
  return { pid: () => state.child?.pid, restarts: () => Math.max(0, state.starts - 1), ended };
}

async function superviseChild(options: SourceProcessOptions, state: Running): Promise<void> {
  const first = options.firstDelayMs ?? 200;
  let delayMs = first;
  while (!options.signal.aborted) {
    const startedAt = options.clock.monotonicMs();
    state.starts += 1;
    const why = await runOnce(options, state);
    if (options.signal.aborted) return;
    const livedMs = options.clock.monotonicMs() - startedAt;
    if (livedMs >= (options.settledMs ?? 60_000)) delayMs = first;
    options.log.warn('source process ended, starting it again', { why, livedMs: Math.round(livedMs), delayMs });
    await options.clock.sleep(delayMs, options.signal);
    delayMs = Math.min(delayMs * 2, options.maxDelayMs ?? 30_000);
  }
}

function runOnce(options: SourceProcessOptions, state: Running): Promise<string> {
  const [program, ...args] = options.command;
  return new Promise((resolve) => {
    // Nothing is ever written to its stdin: the pipe ends when this process does, however it ends.
    const child = spawn(program, args, { env: { ...options.env }, stdio: ['pipe', 'inherit', 'inherit'] });
    state.child = child;
    const stop = (): void => endChild(child, options.graceMs ?? 5_000);
    options.signal.addEventListener('abort', stop, { once: true });
    const finish = (why: string): void => {
      options.signal.removeEventListener('abort', stop);
      state.child = undefined;
      resolve(why);
    };
    child.once('error', (error) => finish(error.message));
    child.once('exit', (code, signal) => finish(signal ?? `exit code ${code}`));
    if (options.signal.aborted) stop();
  });
}

function endChild(child: ChildProcess, graceMs: number): void {
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), graceMs);
  child.once('exit', () => clearTimeout(hard));
}
