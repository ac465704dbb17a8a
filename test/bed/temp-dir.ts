/** Temporary folders of the bed: removed by their owner, or at the latest when the process ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const alive = new Set<string>();
let hooked = false;

/** Makes a new folder under the system's temporary folder; its name starts with `tidegate-<part>-`. */
export function makeTempDir(part: string): string {
  const path = mkdtempSync(join(tmpdir(), `tidegate-${part}-`));
  alive.add(path);
  if (!hooked) {
    hooked = true;
    process.once('exit', () => {
      for (const left of alive) rmSync(left, { recursive: true, force: true });
    });
  }
  return path;
}

/** Removes a folder made by `makeTempDir`. Retries while a dying process still writes into it. */
export function removeTempDir(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  alive.delete(path);
}
