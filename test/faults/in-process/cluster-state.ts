/** The cluster of a run as a reader sees it, kept from the commit log: objects by kind, namespace and name. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { ApiServer } from '../../../sandbox/api-server/contract.ts';

export interface ClusterState {
  get(kind: string, name: string): JsonObject | undefined;
  list(kind: string): readonly JsonObject[];
  /** Grows with every commit. */
  revision(): number;
}

/** Names are unique per kind in a run, so the namespace is not asked for. */
export function clusterState(api: ApiServer): ClusterState {
  const kinds = new Map<string, Map<string, JsonObject>>();
  let revision = 0;
  api.onCommit(({ kind, name, after }) => {
    revision += 1;
    const objects = kinds.get(kind) ?? new Map<string, JsonObject>();
    kinds.set(kind, objects);
    if (after === undefined) objects.delete(name);
    else objects.set(name, after);
  });
  return {
    get: (kind, name) => kinds.get(kind)?.get(name),
    list: (kind) => [...(kinds.get(kind)?.values() ?? [])],
    revision: () => revision,
  };
}

/** The value at a dotted path; undefined when a step is missing. Numbers are places in a list. */
export function at(object: JsonObject | undefined, path: string): unknown {
  let value: unknown = object;
  for (const step of path.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}

export function textAt(object: JsonObject | undefined, path: string): string {
  const value = at(object, path);
  return typeof value === 'string' ? value : '';
}

export function numberAt(object: JsonObject | undefined, path: string): number {
  const value = at(object, path);
  return typeof value === 'number' ? value : 0;
}

export function listAt(object: JsonObject | undefined, path: string): readonly JsonObject[] {
  const value = at(object, path);
  return Array.isArray(value) ? (value as readonly JsonObject[]) : [];
}
