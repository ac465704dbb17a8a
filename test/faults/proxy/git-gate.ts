/**
 * Hooks of a repository that ask before each push is taken and tell once it is, so that a run can be killed on either side
 * of the one write that leaves the cluster.
 */

import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

export type PushMoment = 'before' | 'after';

/** One ref as the push moves it; an id of zeros stands for no ref. */
export interface RefMove {
  readonly from: string;
  readonly to: string;
  /** Such as `refs/heads/main`. */
  readonly ref: string;
}

export interface GitGateOptions {
  /** The bare repository. */
  readonly repository: string;
  /** Called at each moment; the push stands still until the promise settles, and is not taken when it gives false. */
  readonly ask: (moment: PushMoment, moves: readonly RefMove[]) => Promise<boolean>;
}

export interface GitGate {
  close(): Promise<void>;
}

/** Commits that are made in the repository itself pass no hook. */
export async function startGitGate({ repository, ask }: GitGateOptions): Promise<GitGate> {
  const socketPath = join(repository, 'gate.sock');
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    socket.once('error', () => socket.destroy());
    let told = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      told += part;
      if (!told.endsWith('\n\n')) return;
      const [word = '', ...lines] = told.trim().split('\n');
      const moment = word === 'after' ? 'after' : 'before';
      void ask(moment, lines.map(moveOf)).then((yes) => socket.writable && socket.end(yes ? 'yes' : 'no'));
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  writeHook(repository, 'pre-receive', hookProgram(socketPath, 'before'));
  writeHook(repository, 'post-receive', hookProgram(socketPath, 'after'));
  return {
    close: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function moveOf(line: string): RefMove {
  const [from = '', to = '', ref = ''] = line.split(' ');
  return { from, to, ref };
}

function writeHook(repository: string, name: string, text: string): void {
  const path = join(repository, 'hooks', name);
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** Git tells a hook each ref on a line of its own. */
function hookProgram(socketPath: string, moment: PushMoment): string {
  return `#!${process.execPath}
const { connect } = require('node:net');
const moves = require('node:fs').readFileSync(0, 'utf8').trim();
const socket = connect(${JSON.stringify(socketPath)}, () => socket.write('${moment}\\n' + moves + '\\n\\n'));
let answer = '';
socket.setEncoding('utf8').on('data', (part) => { answer += part; });
socket.on('close', () => process.exit(answer === 'yes' ? 0 : 1));
socket.on('error', () => process.exit(1));
`;
}
