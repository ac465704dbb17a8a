/** How the scripts run programs: the pinned tools from node_modules and this Node, output passed through. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..');

export interface RunOptions {
  readonly quiet?: boolean;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end; resolves to its exit code (1 when a signal ended it). With `quiet` its output is shown only on failure. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<number> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', options.quiet ? 'pipe' : 'inherit', options.quiet ? 'pipe' : 'inherit'],
    // Escape codes are for people at a terminal, not for logs.
    env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1', FORCE_COLOR: '0' }), ...options.env },
  });
  const output: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (options.quiet && code !== 0) process.stderr.write(Buffer.concat(output));
      if (options.quiet)
        process.stdout.write(`${code === 0 ? 'ok    ' : 'FAILED'} ${named(command, args)} (${seconds(started)} s)\n`);
      resolve(code ?? 1);
    });
  });
}

/** Runs a script of ours or of a package with this Node. */
export function runNode(args: readonly string[], options: RunOptions = {}): Promise<number> {
  return run(process.execPath, args, options);
}

export function tool(name: string): string {
  return join(root, 'node_modules', '.bin', name);
}

export const vitestProgram = join(root, 'node_modules', 'vitest', 'vitest.mjs');

function named(command: string, args: readonly string[]): string {
  return [command, ...args]
    .map((word) => word.split('/').at(-1))
    .slice(command === process.execPath ? 1 : 0)
    .join(' ')
    .slice(0, 100);
}

function seconds(started: number): string {
  return ((performance.now() - started) / 1000).toFixed(1);
}
