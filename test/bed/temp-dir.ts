/** Temporary folders of the bed: removed by their owner, or at the latest when the process ends. */
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const alive = new Set<string>();
let prepared = false;

/** Makes a new folder under the system's temporary folder; its name starts with `tidegate-<part>-`. */
export function makeTempDir(part: string): string {
  if (!prepared) prepare();
  prepared = true;
  const path = mkdtempSync(join(tmpdir(), `tidegate-${part}-${owner()}-`));
  alive.add(path);
  return path;
}

/** Removes a folder made by `makeTempDir`. Retries while a dying process still writes into it. */
export function removeTempDir(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  alive.delete(path);
}

/** Removes this process' folders at its end, and now those of processes that were killed before they could. */
function prepare(): void {
  process.once('exit', () => {
    for (const left of alive) rmSync(left, { recursive: true, force: true });
  });
  for (const name of readdirSync(tmpdir())) {
    const [, pid, space] = /^tidegate-.+-p(\d+)n(\d+)-[^-]+$/.exec(name) ?? [];
    if (pid === undefined || space !== pidSpace() || isAlive(Number(pid))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function owner(): string {
  return `p${process.pid}n${pidSpace()}`;
}

/** Pids mean something only within one pid namespace; the temporary folder may be shared between several. */
function pidSpace(): string {
  try {
    return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
  } catch {
    return '0';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything but "no such process" means that there is one.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
