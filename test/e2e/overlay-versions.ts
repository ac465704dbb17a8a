/** Every version of some objects, as an independent watch of the API server shows them, in order. */

import { request } from 'node:https';
import { createInterface } from 'node:readline';
import { eventually } from '../bed/eventually.ts';
import { type Kind, type Live, paths, type World } from './world.ts';

export interface Version {
  readonly kind: Kind;
  readonly name: string;
  readonly resourceVersion: string;
  readonly deleted: boolean;
  readonly object: Live;
}

export interface Versions {
  /** Versions of one object, oldest first; of all objects of the kind without a name. */
  of(kind: Kind, name?: string): readonly Version[];
  /** The newest version of each object that is there. */
  current(): readonly Version[];
  count(): number;
  /** Called for every version from now on; the returned function ends it. */
  onVersion(listener: (version: Version) => void): () => void;
  /** Watches that ended before `stop`: what is recorded is then not whole. */
  gaps(): readonly string[];
  stop(): void;
}

interface List {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Live[];
}

interface WatchLine {
  readonly type: string;
  readonly object: Live;
}

/** Starts to watch these kinds in the tenant's namespace, beginning with what is there. */
export async function recordVersions(world: World, kinds: readonly Kind[]): Promise<Versions> {
  const all: Version[] = [];
  const gaps: string[] = [];
  const listeners = new Set<(version: Version) => void>();
  const stops = await Promise.all(
    kinds.map((kind) =>
      watchKind(world, kind, {
        line: ({ type, object }) => {
          const { name, resourceVersion } = object.metadata;
          const version = { kind, name, resourceVersion, deleted: type === 'DELETED', object };
          all.push(version);
          for (const listener of listeners) listener(version);
        },
        gap: (why) => gaps.push(`${kind}: ${why}`),
      }),
    ),
  );
  return {
    of: (kind, name) => all.filter((one) => one.kind === kind && (name === undefined || one.name === name)),
    current: () =>
      [...new Map(all.map((one) => [`${one.kind}/${one.name}`, one])).values()].filter((one) => !one.deleted),
    count: () => all.length,
    onVersion(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    gaps: () => gaps,
    stop: () => {
      for (const stop of stops) stop();
    },
  };
}

interface Heard {
  line(line: WatchLine): void;
  gap(why: string): void;
}

/** A plain watch on a list's version; resolves when the server has answered. */
async function watchKind(world: World, kind: Kind, heard: Heard): Promise<() => void> {
  const { api, server, caData, adminToken } = world.bed.cluster;
  // The server fills its cache of a kind that was defined just now.
  const list = await eventually(`${kind}s can be listed`, async () => {
    const answer = await api.request('GET', `/${paths[kind]}`);
    return answer.status === 200 ? (answer.body as List) : undefined;
  });
  for (const object of list.items) heard.line({ type: 'ADDED', object });
  const from = `/${paths[kind]}?watch=1&resourceVersion=${list.metadata.resourceVersion}`;
  let stopped = false;
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${adminToken}`, accept: 'application/json' };
    const call = request(new URL(from, server), { ca: Buffer.from(caData, 'base64'), headers }, (answer) => {
      const lines = createInterface({ input: answer });
      lines.on('line', (text) => {
        const line = JSON.parse(text) as WatchLine;
        if (line.type === 'ERROR') heard.gap(text);
        else heard.line(line);
      });
      const ended = (why: string) => {
        if (!stopped) heard.gap(why);
      };
      lines.on('error', (error) => ended(error.message));
      lines.on('close', () => ended('the watch ended early'));
      if (answer.statusCode !== 200) reject(new Error(`watching ${kind} was answered ${answer.statusCode}`));
      resolve(() => {
        stopped = true;
        call.destroy();
      });
    });
    call.on('error', (error) => {
      if (!stopped) heard.gap(error.message);
      reject(error);
    });
    call.end();
  });
}
