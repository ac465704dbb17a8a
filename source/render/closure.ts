/** The files a GitSync may read: everything under spec.path and spec.alsoPaths of one commit, and where a path or symlink inside leads. */
import type { ObjectId, RenderProblem } from '../contract.ts';
import type { Fetcher } from '../fetch.ts';
import { isUnder, outermost } from '../refs.ts';
import { type Session, treesAt } from '../repository.ts';
import { entryAt, filesBelow, readBlobs, type TreeEntry } from '../tree.ts';

const SYMLINK = '120000';
const SUBMODULE = '160000';
const MAX_LINK_STEPS = 40;
const MAX_LINK_BYTES = 1024 * 1024;

export interface Closure {
  /** spec.path and spec.alsoPaths without what lies inside another. */
  readonly roots: readonly string[];
  /** Regular files and symlinks by path. Submodules are left out: their content is not in this repository. */
  readonly files: ReadonlyMap<string, TreeEntry>;
  readonly folders: ReadonlySet<string>;
  /** What each symlink says. */
  readonly links: ReadonlyMap<string, string>;
}

export type Located =
  /** `through`: the symlinks on the way, which are inputs too. */
  | { readonly kind: 'file' | 'folder'; readonly path: string; readonly through: readonly string[] }
  | { readonly kind: 'outside'; readonly path: string }
  | { readonly kind: 'missing'; readonly path: string };

/** Lists the closure. A path that the commit does not have is a problem of the user's, not a fault. */
export async function listClosure(
  session: Session,
  fetcher: Fetcher,
  commit: ObjectId,
  paths: readonly string[],
): Promise<{ kind: 'ok'; closure: Closure } | { kind: 'invalid'; problems: RenderProblem[] }> {
  const roots = outermost(paths);
  const trees = await treesAt(session, commit, paths);
  const gone = paths.filter((path) => (trees.get(path) ?? null) === null);
  if (gone.length > 0)
    return {
      kind: 'invalid',
      problems: gone.map((path) => ({
        path,
        message: `Path ${path} does not exist in commit ${commit.slice(0, 12)}.`,
      })),
    };
  const files = new Map<string, TreeEntry>();
  for (const root of roots) {
    for (const entry of await entriesUnder(session, commit, root, trees.get(root) ?? null))
      if (entry.mode !== SUBMODULE) files.set(entry.path, entry);
  }
  const symlinks = [...files.values()].filter((entry) => entry.mode === SYMLINK);
  await fetcher.blobs(
    session,
    symlinks.map((entry) => entry.id),
  );
  const targets = await readBlobs(
    session,
    symlinks.map((entry) => entry.id),
    MAX_LINK_BYTES,
  );
  const links = new Map(symlinks.map((entry) => [entry.path, targets.get(entry.id)?.toString('utf8') ?? '']));
  return { kind: 'ok', closure: { roots, files, folders: foldersOf(files.keys()), links } };
}

async function entriesUnder(
  session: Session,
  commit: ObjectId,
  root: string,
  id: ObjectId | null,
): Promise<TreeEntry[]> {
  const own = root === '.' ? undefined : await entryAt(session, commit, root);
  if (own !== undefined && own.mode !== '040000') return [own];
  return id === null ? [] : filesBelow(session, id, root);
}

function foldersOf(paths: Iterable<string>): Set<string> {
  const folders = new Set<string>(['.']);
  for (const path of paths) {
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
}

/** Where `target`, written in folder `from`, leads, with every symlink on the way followed inside the closure only. */
export function locate(closure: Closure, from: string, target: string): Located {
  if (target.startsWith('/')) return { kind: 'outside', path: target };
  const queue = [...(from === '.' ? [] : from.split('/')), ...target.split('/')];
  const at: string[] = [];
  const through: string[] = [];
  for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (at.pop() === undefined) return { kind: 'outside', path: target };
      continue;
    }
    at.push(part);
    const link = closure.links.get(at.join('/'));
    if (link === undefined) continue;
    through.push(at.join('/'));
    if (link.startsWith('/') || through.length > MAX_LINK_STEPS) return { kind: 'outside', path: at.join('/') };
    at.pop();
    queue.unshift(...link.split('/'));
  }
  const path = at.length === 0 ? '.' : at.join('/');
  if (!closure.roots.some((root) => isUnder(path, root))) return { kind: 'outside', path };
  if (closure.files.has(path)) return { kind: 'file', path, through };
  return closure.folders.has(path) ? { kind: 'folder', path, through } : { kind: 'missing', path };
}

/** The folder a path lies in. */
export function folderOf(path: string): string {
  const end = path.lastIndexOf('/');
  return end < 0 ? '.' : path.slice(0, end);
}
