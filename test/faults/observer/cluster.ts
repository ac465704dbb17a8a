/** S(rv): every object as it stands after a commit. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { Commit } from '../../../sandbox/api-server/contract.ts';

export interface Cluster {
  readonly rv: number;
  get(kind: string, namespace: string, name: string): JsonObject | undefined;
  /** Of one namespace, or of all. */
  list(kind: string, namespace?: string): readonly JsonObject[];
  /** By group and plural name, as requests say it. */
  byResource(group: string, resource: string, namespace: string, name: string): StoredObject | undefined;
}

export interface StoredObject {
  readonly object: JsonObject;
  /** When it was created, by the time of its commit. */
  readonly createdAt: number;
}

export interface GrowingCluster extends Cluster {
  add(commit: Commit): void;
}

/** Kinds are told apart by name alone but for Events, which are stored twice and never asked for. */
export function cluster(): GrowingCluster {
  const kinds = new Map<string, Map<string, StoredObject>>();
  const resources = new Map<string, string>();
  let rv = 0;
  const objects = (kind: string) => kinds.get(kind) ?? new Map<string, StoredObject>();
  return {
    get rv() {
      return rv;
    },
    get: (kind, namespace, name) => objects(kind).get(`${namespace}/${name}`)?.object,
    list(kind, namespace) {
      const all = [...objects(kind).entries()];
      const own = namespace === undefined ? all : all.filter(([key]) => key.startsWith(`${namespace}/`));
      return own.map(([, stored]) => stored.object);
    },
    byResource(group, resource, namespace, name) {
      return objects(resources.get(`${group}/${resource}`) ?? '').get(`${namespace}/${name}`);
    },
    add(commit) {
      ({ rv } = commit);
      const { kind, namespace, name, group, resource, before, after, at } = commit;
      resources.set(`${group}/${resource}`, kind);
      const known = kinds.get(kind) ?? new Map<string, StoredObject>();
      kinds.set(kind, known);
      const key = `${namespace}/${name}`;
      if (after === undefined) known.delete(key);
      else known.set(key, { object: after, createdAt: before === undefined ? at : (known.get(key)?.createdAt ?? at) });
    },
  };
}
