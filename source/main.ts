/** Composition root of the source process. Reads neither arguments nor environment, and nothing of Kubernetes: no kubeconfig, no account token. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { AddressPolicy } from '../outbound/address-policy.ts';
import type { AccessDeps } from './access.ts';
import { cacheStore, sweep } from './cache-store.ts';
import { handlers, type SourceLog } from './calls.ts';
import { fetcher } from './fetch.ts';
import type { GitTool } from './git.ts';
import { hostCheck } from './host-check.ts';
import { pool } from './pool.ts';
import type { KustomizeTool } from './render/kustomize.ts';
import { renderer } from './render/render.ts';
import { run } from './run.ts';
import { serve } from './server.ts';

export interface SourceConfig {
  /** At most some 100 characters, as Unix sockets have it. */
  readonly socketPath: string;
  /** Caches and temporary files; survives restarts if it can, need not. */
  readonly dataDir: string;
  readonly version: string;
  /** Folder with the operator's key files. */
  readonly keysDir?: string;
  readonly allowFile?: boolean;
  readonly addresses: AddressPolicy;
  /** PATH on which git, ssh and kustomize are looked for. */
  readonly programPath?: string;
  /** A path, or a name on `programPath`. */
  readonly kustomizePath?: string;
  readonly maxCacheBytes?: number;
  readonly maxRepositoryBytes?: number;
  readonly maxDeadlineMs?: number;
  /** How long one fetch may last although its caller has given up. */
  readonly fetchTimeoutMs?: number;
  readonly renderTimeoutMs?: number;
  readonly log?: SourceLog;
}

const PROGRAM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const MIN_GIT = [2, 38] as const;
const ASKPASS = `#!/bin/sh
case "$1" in
  Username*) printf '%s\\n' "$TIDEGATE_GIT_USERNAME" ;;
  *) printf '%s\\n' "$TIDEGATE_GIT_PASSWORD" ;;
esac
`;

/** Serves the contract until the signal ends. Rejects when git is missing or too old, or the socket is taken. */
export async function runSource(config: SourceConfig, signal: AbortSignal): Promise<void> {
  const log: SourceLog = config.log ?? (() => undefined);
  const paths = {
    caches: join(config.dataDir, 'caches'),
    tmp: join(config.dataDir, 'tmp'),
    home: join(config.dataDir, 'home'),
  };
  const programPath = config.programPath ?? PROGRAM_PATH;
  const tool = gitTool(config, programPath, paths.home);
  await mkdir(paths.home, { recursive: true, mode: 0o700 });
  const git = await gitVersion(tool, signal);
  const kustomize = await kustomizeTool(config, programPath, paths.tmp, signal);
  const versions = {
    version: config.version,
    git,
    ...(kustomize.version === undefined ? {} : { kustomize: kustomize.version }),
  };

  const accessDeps: AccessDeps = {
    tmpDir: paths.tmp,
    askpassPath: join(paths.home, 'askpass'),
    sshPath: 'ssh',
    checkHost: hostCheck(config.addresses),
  };
  const store = cacheStore({ tool, accessDeps, cachesDir: paths.caches, maxBytes: config.maxCacheBytes ?? 10 * GIB });
  const fetching = fetcher({ signal, timeoutMs: config.fetchTimeoutMs ?? 600_000, onGrown: () => store.trim() });
  const limits = { maxFileBytes: 4 * MIB, maxTotalBytes: 32 * MIB };
  const rendering = renderer({ fetcher: fetching, kustomize, limits, maxCachedChars: 64 * MIB });
  const served = handlers({
    store,
    fetcher: fetching,
    renderer: rendering,
    keysDir: config.keysDir,
    allowFile: config.allowFile ?? false,
    versions,
    log,
  });

  const server = await serve({
    socketPath: config.socketPath,
    handlers: served,
    maxCalls: 128,
    maxDeadlineMs: config.maxDeadlineMs ?? 600_000,
    signal,
    // After the socket is ours and before the first call: nobody else works in these folders.
    prepare: async () => {
      await sweep(paths.caches, paths.tmp);
      await writeFile(accessDeps.askpassPath, ASKPASS, { mode: 0o700 });
    },
  });
  log('info', 'source process serves', { socket: config.socketPath, git });
  await new Promise<void>((resolve) => server.once('close', resolve));
}

function gitTool(config: SourceConfig, programPath: string, homeDir: string): GitTool {
  return {
    gitPath: findProgram('git', programPath) ?? 'git',
    programPath,
    homeDir,
    localPool: pool(8),
    networkPool: pool(16),
    localTimeoutMs: 120_000,
    maxFileBytes: config.maxRepositoryBytes ?? 4 * GIB,
  };
}

async function gitVersion(tool: GitTool, signal: AbortSignal): Promise<string> {
  const result = await run({
    program: tool.gitPath,
    args: ['version'],
    env: { PATH: tool.programPath },
    cwd: tool.homeDir,
    timeoutMs: 10_000,
    signal,
  });
  const text = result.kind === 'done' ? result.stdout.toString('utf8').trim() : '';
  const [, major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(text)?.map(Number) ?? [];
  if (major > MIN_GIT[0] || (major === MIN_GIT[0] && minor >= MIN_GIT[1])) return text.replace(/^git version /, '');
  throw new Error(
    `The source process needs git ${MIN_GIT.join('.')} or later; ${text === '' ? `${tool.gitPath} can't be run` : `found ${text}`}.`,
  );
}

async function kustomizeTool(
  config: SourceConfig,
  programPath: string,
  tmpDir: string,
  signal: AbortSignal,
): Promise<KustomizeTool> {
  const path = findProgram(config.kustomizePath ?? 'kustomize', programPath);
  const base = {
    tmpDir,
    pool: pool(2),
    timeoutMs: config.renderTimeoutMs ?? 60_000,
    maxOutputBytes: 32 * MIB,
    maxMemoryBytes: 2 * GIB,
  };
  if (path === undefined) return { ...base, path, version: undefined };
  const result = await run({
    program: path,
    args: ['version'],
    env: { PATH: '', HOME: '/nonexistent' },
    cwd: '/',
    timeoutMs: 20_000,
    signal,
  });
  const text = result.kind === 'done' && result.code === 0 ? result.stdout.toString('utf8').trim() : undefined;
  return { ...base, path: text === undefined ? undefined : path, version: text };
}

function findProgram(name: string, programPath: string): string | undefined {
  if (isAbsolute(name)) return existsSync(name) ? name : undefined;
  return programPath
    .split(':')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}
