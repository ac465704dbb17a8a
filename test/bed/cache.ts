/** Keeps what is expensive to make (built programs) outside the repository; two processes never make the same thing twice. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  closeSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** The folder of all cached parts: TIDEGATE_CACHE_DIR, else XDG_CACHE_HOME/tidegate, else ~/.cache/tidegate. */
export function cacheRoot(): string {
  const { TIDEGATE_CACHE_DIR, XDG_CACHE_HOME } = process.env;
  return TIDEGATE_CACHE_DIR || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'tidegate');
}

/** Where the part with this key lies once it has been made. */
export function cachedPath(key: string): string {
  return join(cacheRoot(), key);
}

/** Whether the part has been made. */
export function isCached(key: string): boolean {
  return existsSync(cachedPath(key));
}

/**
 * Gives the folder of a part, making it first if it isn't there. `make` fills a scratch folder, which gets its final
 * name only when `make` has succeeded: nobody ever sees half a part. Other processes wait for the one that makes it.
 */
export async function cached(key: string, make: (folder: string) => Promise<void>): Promise<string> {
  const path = cachedPath(key);
  if (existsSync(path)) return path;
  mkdirSync(cacheRoot(), { recursive: true });
  const release = await lock(`${path}.lock`);
  try {
    if (existsSync(path)) return path;
    removeScratch(path);
    const scratch = mkdtempSync(`${path}.making-`);
    try {
      await make(scratch);
      renameSync(scratch, path);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    return path;
  } finally {
    release();
  }
}

/** What a process that was killed while making the part left behind; only the lock's owner may clean it up. */
function removeScratch(path: string): void {
  const prefix = `${basename(path)}.making-`;
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(path), name), { recursive: true, force: true });
  }
}

/** Takes a lock file that holds the owner's pid; one whose owner is gone is taken over. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      const file = openSync(path, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    if (ownerIsGone(path)) moveAway(path);
    else await delay(250);
  }
}

function ownerIsGone(path: string): boolean {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    // Between its creation and its first byte the file is empty: the owner is alive.
    if (!Number.isInteger(pid) || pid <= 0) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return isCode(error, 'ESRCH');
  }
}

/** Renaming lets only one of several waiting processes take the stale lock away. */
function moveAway(path: string): void {
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    rmSync(aside, { force: true });
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
