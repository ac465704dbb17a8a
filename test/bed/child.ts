/** Starts programs of the bed so that they never outlive it: they die with the process that started them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hopeless } from './eventually.ts';

export interface ChildOptions {
  /** Short name, used for the log file and in messages. */
  name: string;
  command: string;
  args: string[];
  /** Folder that gets `<name>.log` with everything the program prints. */
  logDir: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly logPath: string;
  /** True until the program has ended. */
  isRunning(): boolean;
  /** Settles when the program has ended: its exit code or the signal that ended it. */
  readonly exited: Promise<string>;
  /** The last lines of its log. */
  logTail(lines?: number): string;
  /** @throws Hopeless with the end of the log if the program has already ended. */
  assertRunning(): void;
  signal(name: NodeJS.Signals): void;
  /** Ends the program: SIGTERM, after `graceMs` SIGKILL; with graceMs 0 SIGKILL at once. */
  stop(graceMs?: number): Promise<void>;
}

const SETPRIV = '/usr/bin/setpriv';

/** Starts a program in the background; its output goes to a file. Resolves once it has a pid. */
export async function startChild(options: ChildOptions): Promise<Child> {
  const logPath = join(options.logDir, `${options.name}.log`);
  const log = openSync(logPath, 'a');
  // The kernel ends the program when the thread that started it ends, whatever ends that one.
  const guarded = existsSync(SETPRIV);
  const [command, args] = guarded
    ? [SETPRIV, ['--pdeathsig', 'KILL', '--', options.command, ...options.args]]
    : [options.command, options.args];
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    env: options.env ?? process.env,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  closeSync(log);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  return describeChild(options.name, child, logPath);
}

function describeChild(name: string, child: ChildProcess, logPath: string): Child {
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${name} got no pid`);
  let ended: string | undefined;
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = signal ?? `exit code ${code}`;
      resolve(ended);
    });
  });
  const logTail = (lines = 15): string => readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  return {
    name,
    pid,
    logPath,
    exited,
    logTail,
    isRunning: () => ended === undefined,
    assertRunning() {
      if (ended !== undefined) throw new Hopeless(`${name} ended (${ended}); end of its log:\n${logTail()}`);
    },
    signal(signal) {
      if (ended === undefined) child.kill(signal);
    },
    async stop(graceMs = 2_000) {
      if (ended !== undefined) return;
      child.kill(graceMs === 0 ? 'SIGKILL' : 'SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMs);
      await exited;
      clearTimeout(killer);
    },
  };
}
