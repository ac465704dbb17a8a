/** Programs that the demo starts: their output goes to a file or is gathered, and none outlives the demo. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface RunningChild {
  readonly pid: number;
  readonly logPath: string;
  /** Settles when it has ended: its exit code or the signal. */
  readonly ended: Promise<string>;
  /** Undefined while it runs. */
  endedBy(): string | undefined;
  /** SIGTERM, after `graceMs` SIGKILL. */
  stop(graceMs?: number): Promise<void>;
  /** At once and without waiting, for the last moment of the process. */
  kill(): void;
}

/**
 * Starts this Node with a script of the checkout. In a process group of its own, so that a Ctrl-C meant for the demo does
 * not end it first. Its standard input ends when the demo does, however it ends.
 */
export function startNode(name: string, args: readonly string[], folder: string): RunningChild {
  const logPath = join(folder, `${name}.log`);
  const log = openSync(logPath, 'a', 0o600);
  const child = spawn(process.execPath, [...args], {
    cwd: folder,
    env: childEnv(),
    stdio: ['pipe', log, log],
    detached: true,
  });
  closeSync(log);
  let by: string | undefined;
  const ended = new Promise<string>((resolve) => {
    const end = (how: string): void => {
      by ??= how;
      resolve(how);
    };
    child.once('error', (error) => end(error.message));
    child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
  });
  return {
    pid: child.pid ?? -1,
    logPath,
    ended,
    endedBy: () => by,
    stop: (graceMs = 5_000) => stopChild(child, ended, graceMs),
    kill: () => {
      if (by === undefined) child.kill('SIGKILL');
    },
  };
}

async function stopChild(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await ended;
  clearTimeout(hard);
}

export interface NodeOutput {
  readonly code: number;
  readonly text: string;
}

/** Runs this Node with a script of the checkout to its end. */
export function runNode(args: readonly string[], timeoutMs: number): Promise<NodeOutput> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    env: childEnv(),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
  });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.stderr.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, text: error.message }));
    child.once('close', (code) => resolve({ code: code ?? 1, text: Buffer.concat(parts).toString('utf8').trim() }));
  });
}

/** No settings of another Tidegate or cluster, and no flags for Node, reach what the demo starts. */
function childEnv(): NodeJS.ProcessEnv {
  const keep = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LC_ALL', 'TZ'];
  const kept = Object.fromEntries(
    keep.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
  return { ...kept, NO_COLOR: '1' };
}

/** The last lines of its log that warn or complain, for a person to read. */
export function troubleIn(logPath: string, most: number): readonly string[] {
  const lines = readFileSync(logPath, 'utf8').trim().split('\n');
  const bad = lines.filter((line) => /"level":("(warn|error|fatal)"|[456]0)/.test(line) || !line.startsWith('{'));
  return (bad.length === 0 ? lines : bad).slice(-most);
}
