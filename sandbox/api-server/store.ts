/**
 * Every object there is and the log of how they came about: one global revision, one commit for each, objects by kind,
 * namespace and name. Nothing stored is ever changed; a commit puts a new object in the place of the old one.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Commit, Instant } from './contract.ts';
import { withMetadata } from './json-access.ts';

/** One change of a shelf. `before` is absent for a create, `after` for a removal. */
export interface Change {
  readonly rv: number;
  readonly namespace: string;
  readonly name: string;
  readonly before?: JsonObject | undefined;
  readonly after?: JsonObject | undefined;
}

/** A commit to be made: everything but what the store gives it. */
export type Draft = Omit<Commit, 'rv' | 'at' | 'before' | 'after'> & {
  /** Where objects of the kind are kept: the same for every served version of it. */
  readonly shelf: string;
  readonly after?: JsonObject | undefined;
};

export interface Store {
  revision(): number;
  /** The oldest revision that a watch or list may go back to. */
  floor(): number;
  get(shelf: string, namespace: string, name: string): JsonObject | undefined;
  /** In the order of namespace and name; namespace '' is all. */
  list(shelf: string, namespace: string): readonly JsonObject[];
  /** The same as it was at a revision that is not below `floor`. */
  listAt(shelf: string, namespace: string, rv: number): readonly JsonObject[];
  /** What changed after a revision, oldest first. */
  changesAfter(shelf: string, rv: number): readonly Change[];
  /** Stores it and tells watchers and listeners. Gives the object as stored, for a removal as it was with the new revision. */
  commit(draft: Draft): JsonObject;
  follow(shelf: string, follower: (change: Change) => void): () => void;
  onCommit(handler: (commit: Commit) => void): () => void;
  objects(): number;
}

interface Shelf {
  readonly rooms: Map<string, Room>;
  readonly followers: Set<(change: Change) => void>;
  log: Change[];
}

interface Room {
  readonly objects: Map<string, JsonObject>;
  /** Dropped when a name comes or goes. */
  sorted: readonly string[] | undefined;
}

/** A change is remembered for `historyMs` (0: as long as there is room) and no longer than `historySize` later ones. */
export interface History {
  readonly historySize: number;
  readonly historyMs: number;
}

export function makeStore(now: () => Instant, { historySize, historyMs }: History): Store {
  const shelves = new Map<string, Shelf>();
  const listeners = new Set<(commit: Commit) => void>();
  const tell = inOrder();
  let revision = 0;
  let objects = 0;
  const shelfOf = (name: string): Shelf => {
    const known = shelves.get(name);
    if (known !== undefined) return known;
    const made: Shelf = { rooms: new Map(), followers: new Set(), log: [] };
    shelves.set(name, made);
    return made;
  };
  const compacted = compactor(now, historyMs);
  const floor = (): number => Math.max(0, revision - historySize, compacted.rv());

  return {
    revision: () => revision,
    floor,
    objects: () => objects,
    get: (shelf, namespace, name) => shelves.get(shelf)?.rooms.get(namespace)?.objects.get(name),
    list: (shelf, namespace) => listShelf(shelfOf(shelf), namespace),
    listAt: (shelf, namespace, rv) => rewind(shelfOf(shelf), namespace, rv),
    changesAfter: (shelf, rv) => after(shelfOf(shelf).log, rv),
    commit(draft) {
      const { shelf: shelfName, after: wanted, ...commit } = draft;
      const shelf = shelfOf(shelfName);
      const room = roomOf(shelf, draft.namespace);
      const before = room.objects.get(draft.name);
      compacted.mark(revision);
      const resourceVersion = String(++revision);
      const stored = wanted === undefined ? undefined : withMetadata(wanted, { resourceVersion });
      objects += put(room, draft.name, stored);
      const change: Change = { rv: revision, namespace: draft.namespace, name: draft.name, before, after: stored };
      append(shelf, change, floor());
      const followers = [...shelf.followers];
      const made: Commit = {
        ...commit,
        rv: revision,
        at: now(),
        ...(before === undefined ? {} : { before }),
        ...(stored === undefined ? {} : { after: stored }),
      };
      tell(() => {
        for (const listener of listeners) listener(made);
        for (const follower of followers) if (shelf.followers.has(follower)) follower(change);
      });
      return stored ?? withMetadata(before ?? {}, { resourceVersion });
    },
    follow(shelfName, follower) {
      const { followers } = shelfOf(shelfName);
      followers.add(follower);
      return () => followers.delete(follower);
    },
    onCommit(handler) {
      listeners.add(handler);
      return () => listeners.delete(handler);
    },
  };
}

/** Which revision was the newest `historyMs` ago, to about a tenth of that time. */
function compactor(now: () => Instant, historyMs: number): { rv(): number; mark(rv: number): void } {
  let marks: readonly { readonly at: Instant; readonly rv: number }[] = [];
  let oldest = 0;
  return {
    mark(rv) {
      const at = now();
      if (historyMs > 0 && at - (marks.at(-1)?.at ?? Number.NEGATIVE_INFINITY) > historyMs / 10)
        marks = [...marks, { at, rv }];
    },
    rv() {
      const limit = now() - historyMs;
      while (marks[0] !== undefined && marks[0].at < limit) {
        oldest = marks[0].rv;
        marks = marks.slice(1);
      }
      return oldest;
    },
  };
}

/** Runs what it is given one after the other, also when a listener itself causes the next commit. */
function inOrder(): (job: () => void) => void {
  const waiting: (() => void)[] = [];
  let busy = false;
  return (job) => {
    waiting.push(job);
    if (busy) return;
    busy = true;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    } finally {
      busy = false;
    }
  };
}

function roomOf(shelf: Shelf, namespace: string): Room {
  const known = shelf.rooms.get(namespace);
  if (known !== undefined) return known;
  const made: Room = { objects: new Map(), sorted: undefined };
  shelf.rooms.set(namespace, made);
  return made;
}

/** Puts or takes away an object; gives by how many there are more. */
function put(room: Room, name: string, object: JsonObject | undefined): number {
  const had = room.objects.has(name);
  if (object !== undefined) room.objects.set(name, object);
  else room.objects.delete(name);
  if (had === (object !== undefined)) return 0;
  room.sorted = undefined;
  return had ? -1 : 1;
}

/** Entries below the floor go, but only when they are half of the log, so that it is seldom moved. */
function append(shelf: Shelf, change: Change, floor: number): void {
  shelf.log.push(change);
  const middle = shelf.log[shelf.log.length >> 1];
  if (middle !== undefined && middle.rv <= floor) shelf.log = [...after(shelf.log, floor)];
}

function after(log: readonly Change[], rv: number): readonly Change[] {
  let start = log.length;
  while (start > 0 && (log[start - 1]?.rv ?? 0) > rv) start -= 1;
  return log.slice(start);
}

function listShelf(shelf: Shelf, namespace: string): readonly JsonObject[] {
  const names = namespace === '' ? sortedRooms(shelf) : [namespace];
  return names.flatMap((name) => listRoom(shelf.rooms.get(name)));
}

function listRoom(room: Room | undefined): readonly JsonObject[] {
  if (room === undefined) return [];
  room.sorted ??= [...room.objects.keys()].sort(byText);
  return present(room.sorted, room.objects);
}

/** By the keys of etcd, where a `/` ends the namespace: `a-b/` comes before `a/`. */
function sortedRooms(shelf: Shelf): readonly string[] {
  return [...shelf.rooms.keys()].sort((left, right) => byText(`${left}/`, `${right}/`));
}

function byText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Takes the later changes back. */
function rewind(shelf: Shelf, namespace: string, rv: number): readonly JsonObject[] {
  const later = after(shelf.log, rv).filter((change) => namespace === '' || change.namespace === namespace);
  if (later.length === 0) return listShelf(shelf, namespace);
  const then = new Map<string, JsonObject>();
  for (const [room, { objects }] of shelf.rooms) {
    if (namespace !== '' && room !== namespace) continue;
    for (const [name, object] of objects) then.set(`${room}/${name}`, object);
  }
  for (const { namespace: room, name, before } of later.toReversed()) {
    if (before === undefined) then.delete(`${room}/${name}`);
    else then.set(`${room}/${name}`, before);
  }
  return present([...then.keys()].sort(byText), then);
}

function present(keys: readonly string[], objects: ReadonlyMap<string, JsonObject>): readonly JsonObject[] {
  const found: JsonObject[] = [];
  for (const key of keys) {
    const object = objects.get(key);
    if (object !== undefined) found.push(object);
  }
  return found;
}
