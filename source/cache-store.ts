/** The folder of repository caches: makes them, cleans up after a process that was killed, throws broken ones away, and keeps them under a disk cap. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loginScope, secretsOf, type AccessDeps, type Login } from './access.ts';
import { git, type GitTool } from './git.ts';
import { gitFault } from './git-fault.ts';
import { keyedPool } from './pool.ts';
import type { Session } from './repository.ts';
import type { Repository } from './url.ts';

/** Raised when the layout of a cache changes: older ones are made anew. */
const FORMAT = 'v1';

export interface CacheStore {
  /** The cache of this repository for this login, made when it isn't there yet. */
  open(repository: Repository, login: Login, signal: AbortSignal): Promise<Session>;
  /** Throws the cache away; the next `open` starts anew. */
  discard(key: string): Promise<void>;
  /** Throws away caches that were not used for longest until all are under the cap. */
  trim(): Promise<void>;
}

export interface CacheStoreOptions {
  readonly tool: GitTool;
  readonly accessDeps: AccessDeps;
  readonly cachesDir: string;
  readonly maxBytes: number;
}

/** Opens the folder; call `sweep` first. */
export function cacheStore(options: CacheStoreOptions): CacheStore {
  const making = keyedPool(1);
  const used = new Map<string, number>();
  let ticks = 0;
  const discard = async (key: string) => {
    const aside = await mkdtemp(join(options.accessDeps.tmpDir, 'discarded-'));
    // Renaming first: nobody ever works in a half-deleted cache.
    await rename(join(options.cachesDir, key), join(aside, 'cache')).catch(unlessMissing);
    await rm(aside, { recursive: true, force: true });
  };
  return {
    discard,
    async open(repository, login, signal) {
      const key = cacheKey(repository, login);
      const dir = join(options.cachesDir, key);
      await making.use(key, signal, () => ensure(options, dir, repository, login, signal));
      ticks += 1;
      used.set(key, ticks);
      return { tool: options.tool, accessDeps: options.accessDeps, repository, login, dir, key, signal };
    },
    async trim() {
      const caches = await Promise.all(
        (await readdir(options.cachesDir)).map(async (key) => ({
          key,
          ...(await sizeOf(join(options.cachesDir, key))),
        })),
      );
      let total = caches.reduce((sum, cache) => sum + cache.bytes, 0);
      const order = caches.toSorted((a, b) => (used.get(a.key) ?? 0) - (used.get(b.key) ?? 0) || a.usedAt - b.usedAt);
      // The one used last stays, or a single large repository would be fetched anew each time.
      for (const cache of order.slice(0, -1)) {
        if (total <= options.maxBytes) return;
        await discard(cache.key);
        total -= cache.bytes;
      }
    },
  };
}

/** Removes what a killed process left behind: temporary folders, half-made caches, lock files and half-received packs. Call once, before any other work. */
export async function sweep(cachesDir: string, tmpDir: string): Promise<void> {
  await rm(tmpDir, { recursive: true, force: true });
  await mkdir(tmpDir, { recursive: true, mode: 0o700 });
  await mkdir(cachesDir, { recursive: true, mode: 0o700 });
  for (const key of await readdir(cachesDir)) {
    const dir = join(cachesDir, key);
    if (!key.startsWith(`${FORMAT}-`)) await rm(dir, { recursive: true, force: true });
    else
      for (const name of await readdir(dir, { recursive: true }))
        if (isLeftover(name)) await rm(join(dir, name), { force: true });
  }
}

function isLeftover(name: string): boolean {
  return name.endsWith('.lock') || /(?:^|\/)(?:tmp_|\.tmp-)/.test(name);
}

function cacheKey(repository: Repository, login: Login): string {
  return `${FORMAT}-${createHash('sha256')
    .update(`${repository.key}\0${loginScope(login)}`)
    .digest('hex')
    .slice(0, 40)}`;
}

async function ensure(
  options: CacheStoreOptions,
  dir: string,
  repository: Repository,
  login: Login,
  signal: AbortSignal,
): Promise<void> {
  const now = new Date();
  const known = await utimes(join(dir, 'tidegate'), now, now).then(() => true, unlessMissing);
  if (known === true) return;
  const scratch = await mkdtemp(join(options.accessDeps.tmpDir, 'init-'));
  const result = await git(options.tool, {
    dir: scratch,
    // HEAD points at a branch that never exists: nothing in the cache depends on a name the server chose.
    args: ['init', '--bare', '--quiet', '--template=', '--initial-branch=none', scratch],
    signal,
  });
  if (result.kind !== 'done' || result.code !== 0) throw gitFault(result, repository.url, secretsOf(login), 'git init');
  await writeFile(join(scratch, 'tidegate'), `${repository.url}\n`);
  await rm(dir, { recursive: true, force: true });
  await rename(scratch, dir);
}

async function sizeOf(dir: string): Promise<{ bytes: number; usedAt: number }> {
  let bytes = 0;
  let usedAt = 0;
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => [])) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const found = await stat(path).catch(unlessMissing);
    bytes += found?.size ?? 0;
    if (entry.name === 'tidegate') usedAt = found?.mtimeMs ?? 0;
  }
  return { bytes, usedAt };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
