/** Reads files of a closure with limits on how much one app may be. */
import type { Fetcher } from '../fetch.ts';
import { SourceFault } from '../fault.ts';
import type { Session } from '../repository.ts';
import { readBlobs, type TreeEntry } from '../tree.ts';

export interface InputLimits {
  readonly maxFileBytes: number;
  readonly maxTotalBytes: number;
}

/** Contents by path. What the cache lacks is fetched in one request. Throws SourceFault `too-large`. */
export async function readInputs(
  session: Session,
  fetcher: Fetcher,
  entries: readonly TreeEntry[],
  limits: InputLimits,
): Promise<Map<string, Buffer>> {
  const ids = entries.map((entry) => entry.id);
  await fetcher.blobs(session, ids);
  const blobs = await readBlobs(session, ids, limits.maxTotalBytes);
  const contents = new Map<string, Buffer>();
  for (const entry of entries) {
    const content = blobs.get(entry.id) ?? Buffer.alloc(0);
    if (content.length > limits.maxFileBytes) {
      throw new SourceFault(
        'too-large',
        `File ${entry.path} of ${session.repository.url} has ${content.length} bytes; at most ${limits.maxFileBytes} are read.`,
      );
    }
    contents.set(entry.path, content);
  }
  return contents;
}
