/**
 * Serves the repositories of a Git server over SSH as well: a real sshd on loopback with keys of its own.
 *
 *   const ssh = await startSshServer(git.root);
 *   ssh.url('shop')            // ssh://root@127.0.0.1:PORT/shop.git
 *   ssh.privateKey             // the only key that may log in
 *   ssh.knownHosts             // the host's line for known_hosts; `ssh.otherHosts` is one with a wrong key
 */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { startChild } from './child.ts';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { missingProgram, program } from './programs.ts';
import { run } from './run-command.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';

export interface SshServer {
  readonly port: number;
  readonly privateKey: string;
  readonly knownHosts: string;
  /** A known_hosts line with another host's key: connecting with it must fail. */
  readonly otherHosts: string;
  url(repository: string): string;
  pids(): number[];
  stop(): Promise<void>;
}

/** Why sshd can't be started on this machine; undefined when it can. */
export function sshServerMissing(): string | undefined {
  return missingProgram(['sshd', 'ssh-keygen', 'git']);
}

/** Starts sshd for the folder of bare repositories; resolves when it takes connections. */
export async function startSshServer(root: string): Promise<SshServer> {
  const folder = makeTempDir('ssh');
  const port = await freePort();
  await Promise.all(['host', 'user', 'other'].map((name) => makeKey(folder, name)));
  const configPath = writeConfig(folder, root, port);
  // Debian's sshd gives up its rights in this folder; its service would make it.
  if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const sshd = await startChild({
    name: 'sshd',
    command: program('sshd'),
    args: ['-D', '-e', '-f', configPath],
    logDir: folder,
  });
  const stop = async (): Promise<void> => {
    await sshd.stop();
    removeTempDir(folder);
  };
  const greeted = async (): Promise<boolean> => {
    sshd.assertRunning();
    return greets(port);
  };
  await eventually('sshd greets', greeted, { withinMs: 15_000 }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const hostLine = (name: string): string =>
    `[127.0.0.1]:${port} ${readFileSync(join(folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')}\n`;
  return {
    port,
    privateKey: readFileSync(join(folder, 'user'), 'utf8'),
    knownHosts: hostLine('host'),
    otherHosts: hostLine('other'),
    url: (repository) => `ssh://${userInfo().username}@127.0.0.1:${port}/${repository}.git`,
    pids: () => (sshd.isRunning() ? [sshd.pid] : []),
    stop,
  };
}

async function makeKey(folder: string, name: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
}

/** One key, one forced command: git's two services below the root, nothing else. */
function writeConfig(folder: string, root: string, port: number): string {
  const commandPath = join(folder, 'serve');
  writeFileSync(
    commandPath,
    `#!/bin/sh\ncd '${root}' || exit 1\nexec git shell -c "$(echo "$SSH_ORIGINAL_COMMAND" | sed "s#'/#'#")"\n`,
  );
  chmodSync(commandPath, 0o755);
  const keysPath = join(folder, 'authorized_keys');
  writeFileSync(keysPath, `restrict,command="${commandPath}" ${readFileSync(join(folder, 'user.pub'), 'utf8')}`);
  const configPath = join(folder, 'sshd_config');
  const lines = [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${keysPath}`,
    'PermitRootLogin prohibit-password',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'UseDNS no',
    'StrictModes no',
    'PidFile none',
    'MaxStartups 100',
    'LogLevel VERBOSE',
  ];
  writeFileSync(configPath, `${lines.join('\n')}\n`);
  return configPath;
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setTimeout(1_000, () => socket.destroy(new Error('no greeting')));
    socket.once('error', reject);
    socket.once('data', (greeting: Buffer) => {
      socket.destroy();
      resolve(greeting.toString().startsWith('SSH-2.0'));
    });
  });
}
