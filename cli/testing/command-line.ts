/** Runs a command line against an API double: a kubeconfig in a temporary folder, and both streams kept apart. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../kube/api.ts';
import { systemClock } from '../../kube/clock.ts';
import { runCommandLine } from '../program.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly tty?: boolean;
  readonly clock?: Clock;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  readonly onOut?: (text: string) => void;
}

export interface CommandLine {
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<Ran>;
  remove(): void;
}

/** The kubeconfig names the cluster `server`, the user's token and the namespace shop. */
export function commandLine(server: string): CommandLine {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
  const kubeconfig = join(folder, 'config');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'dev',
      clusters: [{ name: 'c', cluster: { server } }],
      users: [{ name: 'u', user: { token: 'secret-token' } }],
      contexts: [{ name: 'dev', context: { cluster: 'c', user: 'u', namespace: 'shop' } }],
    }),
  );
  return {
    folder,
    run: (args, options = {}) => run(args, options, { KUBECONFIG: kubeconfig, ...options.env }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function run(args: readonly string[], options: RunOptions, env: Readonly<Record<string, string>>): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(args, {
    version: '1.2.3',
    program: 'kubectl tidegate',
    terminal: {
      out: (text) => {
        out.push(text);
        options.onOut?.(text);
      },
      err: (text) => err.push(text),
      outIsTty: options.tty ?? false,
      env,
      clock: options.clock ?? systemClock,
      signal: options.signal ?? new AbortController().signal,
    },
  });
  return { code, out: out.join(''), err: err.join('') };
}
