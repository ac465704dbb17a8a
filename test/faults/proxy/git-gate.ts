/**
 * A `git` for the source process that asks before each push and tells after it, so that a run can be killed on either side
 * of the one write that leaves the cluster. Everything else goes straight to the real git.
 */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export type PushMoment = 'before' | 'after';

export interface GitGateOptions {
  /** A folder of the gate's own. */
  readonly folder: string;
  readonly git: string;
  /** Called at each moment; the push stands still until the promise settles, and is not made when it gives false. */
  readonly ask: (moment: PushMoment) => Promise<boolean>;
}

export interface GitGate {
  /** The folder to put first on the PATH. */
  readonly programs: string;
  close(): Promise<void>;
}

/** A push that is refused by the gate ends like a lost connection. */
const refusedText = 'fatal: unable to access the repository: Connection reset by peer';

export async function startGitGate(options: GitGateOptions): Promise<GitGate> {
  const programs = join(options.folder, 'programs');
  mkdirSync(programs, { recursive: true });
  const socketPath = join(options.folder, 'gate.sock');
  writeFileSync(join(programs, 'gate.mjs'), gateProgram(socketPath, options.git));
  writeFileSync(
    join(programs, 'git'),
    `#!/bin/sh\nfor word in "$@"; do [ "$word" = push ] && exec '${process.execPath}' '${join(programs, 'gate.mjs')}' "$@"; done\nexec '${options.git}' "$@"\n`,
  );
  chmodSync(join(programs, 'git'), 0o755);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.once('error', () => socket.destroy());
    socket.setEncoding('utf8').on('data', (word: string) => {
      const moment = word.trim() === 'after' ? 'after' : 'before';
      void options.ask(moment).then((yes) => socket.writable && socket.write(yes ? 'yes' : 'no'));
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    programs,
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function gateProgram(socketPath: string, git: string): string {
  return `import { connect } from 'node:net';
import { spawnSync } from 'node:child_process';
const socket = connect(${JSON.stringify(socketPath)});
const ask = (word) => new Promise((resolve) => { socket.once('data', (data) => resolve(String(data) === 'yes')); socket.write(word); });
if (!(await ask('before'))) { process.stderr.write(${JSON.stringify(`${refusedText}\n`)}); process.exit(128); }
const done = spawnSync(${JSON.stringify(git)}, process.argv.slice(2), { stdio: 'inherit' });
if (!(await ask('after'))) { process.stderr.write(${JSON.stringify(`${refusedText}\n`)}); process.exit(128); }
socket.end();
process.exit(done.status ?? 1);
`;
}
