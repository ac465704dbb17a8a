/**
 * The one place of the product that starts programs. Arguments are a list (no shell), the environment is made from nothing,
 * output is capped, and a program that takes too long is ended together with everything it started.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const STDERR_HEAD_BYTES = 64 * 1024;
const STDERR_TAIL_BYTES = 64 * 1024;
/** What a program gets to tidy up its lock files after SIGTERM, before SIGKILL. */
const TERMINATION_GRACE_MS = 500;

export interface RunSpec {
  readonly program: string;
  readonly args: readonly string[];
  /** The whole environment of the program: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Standard output beyond this ends the program. */
  readonly maxOutputBytes?: number;
  /** Limits of the kernel, where `prlimit` is there: the largest file it may write, and its private memory. */
  readonly maxFileBytes?: number;
  readonly maxMemoryBytes?: number;
}

export type RunResult =
  /** The program ended by itself. `code` is 128 + signal number when a signal ended it. */
  | { readonly kind: 'done'; readonly code: number; readonly stdout: Buffer; readonly stderr: string }
  | { readonly kind: 'timeout' | 'aborted' | 'too-large' }
  | { readonly kind: 'no-program'; readonly why: string };

/** Runs a program to its end. Never rejects. */
export function run(spec: RunSpec): Promise<RunResult> {
  if (spec.signal.aborted) return Promise.resolve({ kind: 'aborted' });
  return new Promise((resolve) => {
    const [program, ...args] = [...launchPrefix(spec), spec.program, ...spec.args];
    // A process group of its own: ending the group ends what the program started (git-remote-http, ssh, ...).
    const child = spawn(program ?? spec.program, args, {
      cwd: spec.cwd,
      env: { ...spec.env },
      detached: true,
      stdio: 'pipe',
    });
    const out = collector(spec.maxOutputBytes ?? DEFAULT_MAX_OUTPUT_BYTES);
    const err = headAndTail();
    let ended: 'timeout' | 'aborted' | 'too-large' | undefined;
    let lastResort: NodeJS.Timeout | undefined;
    const end = (why: 'timeout' | 'aborted' | 'too-large') => {
      if (ended !== undefined) return;
      ended = why;
      endGroup(child.pid, 'SIGTERM');
      lastResort = setTimeout(() => {
        endGroup(child.pid, 'SIGKILL');
        // Something that left the group may still hold the pipes open: the answer doesn't wait for it.
        for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      }, TERMINATION_GRACE_MS);
    };
    const onAbort = () => end('aborted');
    const timer = setTimeout(() => end('timeout'), spec.timeoutMs);
    spec.signal.addEventListener('abort', onAbort, { once: true });
    const settle = (result: RunResult) => {
      clearTimeout(timer);
      clearTimeout(lastResort);
      spec.signal.removeEventListener('abort', onAbort);
      resolve(ended === undefined ? result : { kind: ended });
    };
    child.stdout.on('data', (chunk: Buffer) => {
      if (!out.add(chunk)) end('too-large');
    });
    child.stderr.on('data', (chunk: Buffer) => err.add(chunk));
    // A program that ends before it has read its input closes the pipe: its exit code says what was wrong.
    child.stdin.on('error', () => child.stdin.destroy());
    child.on('error', (error) =>
      settle({ kind: 'no-program', why: `${spec.program} can't be started: ${error.message}` }),
    );
    child.on('close', (code, signalName) => {
      if (signalName === 'SIGXFSZ') settle({ kind: 'too-large' });
      else
        settle({
          kind: 'done',
          code: code ?? 255,
          stdout: out.bytes(),
          stderr: signalName === null ? err.text() : `${err.text()}ended by ${signalName}`,
        });
    });
    child.stdin.end(spec.input ?? '');
  });
}

/** Small programs of util-linux that set kernel limits, and let a program die with us, before they become the program. */
function launchPrefix(spec: RunSpec): string[] {
  const prefix: string[] = [];
  if (existsSync('/usr/bin/prlimit') && (spec.maxFileBytes !== undefined || spec.maxMemoryBytes !== undefined)) {
    prefix.push('/usr/bin/prlimit');
    if (spec.maxFileBytes !== undefined) prefix.push(`--fsize=${spec.maxFileBytes}`);
    if (spec.maxMemoryBytes !== undefined) prefix.push(`--data=${spec.maxMemoryBytes}`);
    prefix.push('--');
  }
  if (existsSync('/usr/bin/setpriv')) prefix.push('/usr/bin/setpriv', '--pdeathsig', 'KILL', '--');
  return prefix;
}

function endGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: everything in the group has ended already, which is what was wanted.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

function collector(maxBytes: number) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  return {
    add(chunk: Buffer): boolean {
      bytes += chunk.length;
      if (bytes > maxBytes) return false;
      chunks.push(chunk);
      return true;
    },
    bytes: () => Buffer.concat(chunks),
  };
}

/** A talkative server must not fill our memory, and the line that matters is the first or the last. */
function headAndTail() {
  let head = Buffer.alloc(0);
  let tail = Buffer.alloc(0);
  return {
    add(chunk: Buffer): void {
      const room = STDERR_HEAD_BYTES - head.length;
      if (room > 0) head = Buffer.concat([head, chunk.subarray(0, room)]);
      if (chunk.length > room)
        tail = Buffer.concat([tail, chunk.subarray(Math.max(0, room))]).subarray(-STDERR_TAIL_BYTES);
    },
    text: () => Buffer.concat([head, tail]).toString('utf8'),
  };
}
