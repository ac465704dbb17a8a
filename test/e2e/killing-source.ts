/**
 * The source process behind a proxy on its socket that kills it with SIGKILL in the middle of chosen calls: the call has
 * been forwarded, its answer never comes back. Afterwards a new process is started, as its supervisor would.
 */

import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { type Child, startChild } from '../bed/child.ts';
import { eventually } from '../bed/eventually.ts';
import { program } from '../bed/programs.ts';

export interface KillingSource {
  /** What the controller is told as --source-socket. */
  readonly socketPath: string;
  /** Calls by name that came through, in order. */
  calls(): readonly string[];
  /** Calls in whose middle the process was killed, once each. */
  killed(): readonly string[];
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, '..', '..', 'controller', 'main.ts');

/** Kills in the first call of each of these names. */
export async function startKillingSource(folder: string, killIn: readonly string[]): Promise<KillingSource> {
  const behind = join(folder, 'source-real.sock');
  const socketPath = join(folder, 'source.sock');
  const calls: string[] = [];
  const killed: string[] = [];
  let child = await startSource(folder, behind);
  let restarting = Promise.resolve();

  const server = createServer((incoming, outgoing) => {
    const name = (incoming.url ?? '').split('/').at(-1) ?? '';
    calls.push(name);
    const kill = killIn.includes(name) && !killed.includes(name);
    const forward = request(
      { socketPath: behind, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    forward.on('error', () => outgoing.destroy());
    incoming.pipe(forward);
    if (!kill) return;
    killed.push(name);
    // The request is on its way and the process has begun on it, or not yet: both are "in the middle" to the caller.
    forward.on('finish', () => {
      restarting = restarting.then(async () => {
        await child.stop(0);
        outgoing.destroy();
        child = await startSource(folder, behind);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    calls: () => calls,
    killed: () => killed,
    async stop() {
      await restarting;
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await child.stop(1_000);
    },
  };
}

async function startSource(folder: string, socketPath: string): Promise<Child> {
  const child = await startChild({
    name: 'source',
    command: process.execPath,
    args: [
      main,
      'source',
      '--source-socket',
      socketPath,
      '--data-dir',
      join(folder, 'source-data'),
      '--allow-address',
      '127.0.0.0/8',
      '--kustomize-path',
      program('kustomize'),
    ],
    logDir: folder,
  });
  await eventually('the source process answers', () => answers(child, socketPath), { withinMs: 20_000 });
  return child;
}

function answers(child: Child, socketPath: string): Promise<boolean> {
  child.assertRunning();
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/v1/ping', method: 'POST' }, (answer) => {
      answer.resume();
      resolve(true);
    });
    call.on('error', () => resolve(false));
    call.end('{"deadlineMs":1000}');
  });
}
