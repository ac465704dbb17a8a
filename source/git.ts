/** Runs git: every option that keeps a hostile repository or server from steering it, an environment made from nothing, and network only with an Access. */
import type { Access } from './access.ts';
import type { Pool } from './pool.ts';
import { run, type RunResult } from './run.ts';

export interface GitTool {
  readonly gitPath: string;
  /** PATH for git's own helpers. */
  readonly programPath: string;
  /** A private, empty folder. */
  readonly homeDir: string;
  readonly localPool: Pool;
  readonly networkPool: Pool;
  readonly localTimeoutMs: number;
  /** The largest file git may write: bounds the packs that a server can send. */
  readonly maxFileBytes: number;
}

export interface GitCall {
  /** The bare repository. */
  readonly dir: string;
  readonly args: readonly string[];
  readonly signal: AbortSignal;
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  readonly maxOutputBytes?: number;
  /** Without it no transport is allowed, and an object that is missing is an error instead of a download. */
  readonly access?: Access;
}

const HARDENING = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'core.attributesFile=/dev/null',
  'core.excludesFile=/dev/null',
  'core.autocrlf=false',
  'credential.helper=',
  'credential.interactive=false',
  'protocol.allow=never',
  'transfer.fsckObjects=true',
  // Old, harmless faults that real histories have; hosts accept them too.
  'fetch.fsck.zeroPaddedFilemode=ignore',
  'fetch.fsck.badTimezone=ignore',
  'fetch.fsck.missingSpaceBeforeDate=ignore',
  'gc.auto=0',
  'maintenance.auto=false',
  'submodule.recurse=false',
  'fetch.recurseSubmodules=false',
  'push.recurseSubmodules=no',
  'push.followTags=false',
  'http.followRedirects=false',
  'http.lowSpeedLimit=1',
  'http.lowSpeedTime=30',
  'merge.renames=true',
  'log.showSignature=false',
  'advice.pushUpdateRejected=false',
  'advice.fetchShowForcedUpdates=false',
  'fetch.showForcedUpdates=false',
] as const;

/**
 * A blobless cache is told of its promisor remote only while it talks to it: so no local command can start a download
 * by itself, and nothing about the remote is written to the cache's configuration.
 */
const PROMISOR = ['remote.origin.promisor=true', 'remote.origin.partialclonefilter=blob:none'] as const;

/** Runs one git command. `done` with any exit code is an answer; callers say which codes they expect. */
export function git(tool: GitTool, call: GitCall): Promise<RunResult> {
  const config = [...HARDENING, ...(call.access === undefined ? [] : [...PROMISOR, ...call.access.config])];
  const spec = {
    program: tool.gitPath,
    args: [
      `--git-dir=${call.dir}`,
      '--literal-pathspecs',
      '--no-replace-objects',
      ...config.flatMap((entry) => ['-c', entry]),
      ...call.args,
    ],
    env: { ...baseEnv(tool), ...call.env, ...call.access?.env },
    cwd: call.dir,
    timeoutMs: call.timeoutMs ?? tool.localTimeoutMs,
    signal: call.signal,
    maxFileBytes: tool.maxFileBytes,
    ...(call.input === undefined ? {} : { input: call.input }),
    ...(call.maxOutputBytes === undefined ? {} : { maxOutputBytes: call.maxOutputBytes }),
  };
  const places = call.access === undefined ? tool.localPool : tool.networkPool;
  return places
    .use(call.signal, () => run(spec))
    .catch((error: unknown) => {
      if (call.signal.aborted) return { kind: 'aborted' } as const;
      throw error;
    });
}

/** Repacks a cache: it needs to know that blobs may be missing, and still must not fetch them. */
export function gitMaintenance(tool: GitTool, call: GitCall): Promise<RunResult> {
  return git(tool, {
    ...call,
    args: [...PROMISOR.flatMap((entry) => ['-c', entry]), '-c', 'remote.origin.url=none:', ...call.args],
  });
}

function baseEnv(tool: GitTool): Record<string, string> {
  return {
    PATH: tool.programPath,
    HOME: tool.homeDir,
    LC_ALL: 'C',
    LANGUAGE: 'C',
    TZ: 'UTC',
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_NO_LAZY_FETCH: '1',
    // `none` is no protocol: whatever tries to reach a server without an Access fails.
    GIT_ALLOW_PROTOCOL: 'none',
  };
}
