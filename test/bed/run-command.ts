/** Runs a program to its end and gives what it printed. */
import { spawn } from 'node:child_process';

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Written to the program's standard input. */
  input?: string;
  /** The program is ended after this many milliseconds (default 60 000). */
  timeoutMs?: number;
}

export interface RunResult {
  /** Exit code; -1 when a signal ended the program or it could not be started. */
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program; never throws for a failing one. */
export function tryRun(command: string, args: string[], options: RunOptions = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, so that a timeout also ends what the program has started.
      detached: true,
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    const killer = setTimeout(() => killGroup(child.pid), options.timeoutMs ?? 60_000);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.once('error', (error) => {
      clearTimeout(killer);
      resolve({ code: -1, stdout, stderr: error.message });
    });
    child.once('close', (code) => {
      clearTimeout(killer);
      resolve({ code: code ?? -1, stdout, stderr });
    });
    // A program that ends without reading its input breaks the pipe; its exit code tells the rest.
    child.stdin.on('error', () => undefined).end(options.input ?? '');
  });
}

/**
 * Runs a program that must succeed and gives its standard output.
 * @throws Error with the command and the end of what it printed.
 */
export async function run(command: string, args: string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(command, args, options);
  if (result.code === 0) return result.stdout;
  const said = `${result.stdout}\n${result.stderr}`.trim().slice(-3_000);
  throw new Error(`${command} ${args.join(' ')} failed (${result.code}):\n${said}`);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    // It ended by itself in the same moment.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
