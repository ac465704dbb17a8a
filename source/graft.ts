/** Puts an entry of one tree into another, as new tree objects: the object database is all that is touched. */
import { ObjectId } from './contract.ts';
import { local, type Session } from './repository.ts';
import { entriesOf, entryAt, type TreeEntry } from './tree.ts';
import { treesAt } from './repository.ts';

const TREE = '040000';

/** The tree of `base` in which each of `paths` is what it is in `donor` (absent where `donor` has nothing). */
export async function graft(
  session: Session,
  base: ObjectId,
  donor: ObjectId,
  paths: readonly string[],
): Promise<ObjectId> {
  let tree = await rootTree(session, base);
  for (const path of paths) {
    if (path === '.') tree = await rootTree(session, donor);
    else
      tree =
        (await replaced(session, tree, path.split('/'), await entryAt(session, donor, path))) ??
        (await writeTree(session, []));
  }
  return tree;
}

async function rootTree(session: Session, commit: ObjectId): Promise<ObjectId> {
  const tree = (await treesAt(session, commit, ['.'])).get('.');
  return ObjectId.parse(tree);
}

/** A new tree with the entry at these path parts replaced; undefined when nothing is left in it, as git keeps no empty folders. */
async function replaced(
  session: Session,
  tree: ObjectId | undefined,
  parts: readonly string[],
  entry: TreeEntry | undefined,
): Promise<ObjectId | undefined> {
  const [name = '', ...rest] = parts;
  const entries = tree === undefined ? [] : await entriesOf(session, tree);
  const old = entries.find((candidate) => candidate.path === name);
  const others = entries.filter((candidate) => candidate.path !== name);
  let next: TreeEntry | undefined;
  if (rest.length === 0) next = entry === undefined ? undefined : { ...entry, path: name };
  else {
    const below = old?.mode === TREE ? old.id : undefined;
    if (below === undefined && entry === undefined) return tree;
    const id = await replaced(session, below, rest, entry);
    next = id === undefined ? undefined : { path: name, mode: TREE, id };
  }
  const all = next === undefined ? others : [...others, next];
  return all.length === 0 ? undefined : writeTree(session, all);
}

async function writeTree(session: Session, entries: readonly TreeEntry[]): Promise<ObjectId> {
  const lines = entries.map((entry) => `${entry.mode} ${typeOf(entry.mode)} ${entry.id}\t${entry.path}\0`);
  // --missing: contents that a blobless cache has not fetched are named, not read.
  const { stdout } = await local(session, { args: ['mktree', '-z', '--missing'], input: lines.join('') });
  return ObjectId.parse(stdout.toString('utf8').trim());
}

function typeOf(mode: string): string {
  if (mode === TREE) return 'tree';
  return mode === '160000' ? 'commit' : 'blob';
}
