/** Reads trees and file contents of a cache: entries with mode and id, and blobs in one batch. Nothing is ever checked out. */
import { ObjectId } from './contract.ts';
import { SourceFault } from './fault.ts';
import { local, type Session } from './repository.ts';

export interface TreeEntry {
  /** Full path from the root of the repository. */
  readonly path: string;
  /** Six octal digits: 100644, 100755 (executable), 120000 (symlink), 160000 (submodule), 040000 (tree). */
  readonly mode: string;
  readonly id: ObjectId;
}

/** More files than this under one closure is a mistake in spec.path, not an app. */
const MAX_FILES = 20_000;
const MAX_LISTING_BYTES = 16 * 1024 * 1024;

/** All files below a tree, `prefix` put before their paths. Submodules come as entries of mode 160000. */
export async function filesBelow(session: Session, tree: ObjectId, prefix: string): Promise<TreeEntry[]> {
  const { stdout } = await local(session, {
    args: ['ls-tree', '-r', '-z', '--full-tree', tree],
    maxOutputBytes: MAX_LISTING_BYTES,
  });
  const entries = parseEntries(stdout, prefix === '.' ? '' : `${prefix}/`);
  if (entries.length > MAX_FILES) {
    throw new SourceFault(
      'too-large',
      `Path ${prefix} of ${session.repository.url} has ${entries.length} files; at most ${MAX_FILES} are allowed under one GitSync.`,
    );
  }
  return entries;
}

/** The entries of one tree, not below. */
export async function entriesOf(session: Session, tree: ObjectId): Promise<TreeEntry[]> {
  const { stdout } = await local(session, {
    args: ['ls-tree', '-z', '--full-tree', tree],
    maxOutputBytes: MAX_LISTING_BYTES,
  });
  return parseEntries(stdout, '');
}

/** What stands at a path of a commit or tree; undefined when nothing does. `path` is not `.`. */
export async function entryAt(session: Session, treeish: ObjectId, path: string): Promise<TreeEntry | undefined> {
  const { stdout } = await local(session, { args: ['ls-tree', '-z', '--full-tree', treeish, '--', path] });
  return parseEntries(stdout, '').find((entry) => entry.path === path);
}

function parseEntries(listing: Buffer, prefix: string): TreeEntry[] {
  const records = decode(listing)
    .split('\0')
    .filter((record) => record !== '');
  return records.map((record) => {
    const match = /^(\d{6}) (?:blob|tree|commit) ([0-9a-f]+)\t(.+)$/s.exec(record);
    if (match === null) throw new SourceFault('internal', 'git listed a tree in a form that is not known.');
    const [, mode = '', id = '', name = ''] = match;
    return { path: prefix + name, mode, id: ObjectId.parse(id) };
  });
}

/** Contents of blobs by id. They must be in the cache already. Throws SourceFault `too-large` beyond `maxBytes` in sum. */
export async function readBlobs(
  session: Session,
  ids: readonly ObjectId[],
  maxBytes: number,
): Promise<Map<ObjectId, Buffer>> {
  const unique = [...new Set(ids)];
  if (unique.length === 0) return new Map();
  const { stdout } = await local(session, {
    args: ['cat-file', '--batch', '--buffer'],
    input: `${unique.join('\n')}\n`,
    maxOutputBytes: maxBytes + unique.length * 128,
  });
  const blobs = new Map<ObjectId, Buffer>();
  let at = 0;
  for (const id of unique) {
    const end = stdout.indexOf(0x0a, at);
    const header = stdout.subarray(at, end).toString('latin1');
    const size = Number(/^[0-9a-f]+ blob (\d+)$/.exec(header)?.[1] ?? Number.NaN);
    if (end < 0 || !Number.isInteger(size))
      throw new SourceFault(
        'internal',
        `The cache of ${session.repository.url} lacks file contents that its tree names.`,
        { suspectsCache: true },
      );
    blobs.set(id, stdout.subarray(end + 1, end + 1 + size));
    at = end + 1 + size + 1;
  }
  return blobs;
}

/** Git's names are bytes. One that is not UTF-8 would come out as another name, so it is refused instead. */
function decode(listing: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(listing);
  } catch (error) {
    throw new SourceFault(
      'refused',
      `The tree has a file name that is not UTF-8 (${error instanceof Error ? error.message : 'unreadable'}); rename it.`,
    );
  }
}
