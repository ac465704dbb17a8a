/** An API server in memory for tests of the Git rooms: resourceVersions, uids, server-side apply in its simplest form, dry-run, refusals on demand. */

import { isJsonObject } from '../../../crds/schema/json.ts';
import type {
  ApiResult,
  Identity,
  Json,
  JsonObject,
  KubeClient,
  KubeObject,
  ObjectKey,
  Store,
  StoreChange,
} from '../../../kube/api.ts';
import { equalJson, groupOf, idOf, keyOf, type Manifest } from '../objects.ts';

export interface FakeCluster {
  readonly client: KubeClient;
  store<T extends KubeObject>(group: string, kind: string, project?: (object: Manifest) => T): Store<T>;
  get(kind: string, name: string): Manifest | undefined;
  all(kind: string): readonly Manifest[];
  /** Writes as somebody else. */
  put(object: Manifest): Manifest;
  /** Changes the status as the controller that owns it. */
  setStatus(kind: string, name: string, change: JsonObject): void;
  remove(kind: string, name: string): void;
  /** Called before each write with verb and object; a result is answered instead. */
  intercept:
    | ((
        verb: string,
        key: ObjectKey,
        options: { readonly as?: Identity; readonly dryRun?: boolean },
      ) => ApiResult | undefined)
    | undefined;
  /** Every write that was stored: `verb Kind/name`. */
  readonly writes: string[];
}

const ok = (object: Manifest): ApiResult => ({ kind: 'ok', object });
const missing = (key: ObjectKey): ApiResult => ({ kind: 'not-found', message: `${key.kind} "${key.name}" not found` });

export function fakeCluster(namespace = 'shop'): FakeCluster {
  const objects = new Map<string, Manifest>();
  const applied = new Map<string, JsonObject>();
  const handlers = new Set<(change: StoreChange<Manifest>) => void>();
  const writes: string[] = [];
  let version = 100;
  const find = (kind: string, name: string) =>
    [...objects.values()].find((one) => one.kind === kind && one.metadata.name === name);
  const tell = (change: StoreChange<Manifest>): void => {
    for (const handler of handlers) handler(change);
  };
  const save = (next: Manifest, old: Manifest | undefined): Manifest => {
    if (old !== undefined && equalJson(next, old)) return old;
    version += 1;
    const specChanged = old === undefined || !equalJson(bodyOf(old), bodyOf(next));
    const metadata = {
      uid: `uid-${version}`,
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      ...next.metadata,
      ...(old === undefined
        ? {}
        : { uid: old.metadata.uid, generation: (old.metadata.generation ?? 1) + (specChanged ? 1 : 0) }),
      resourceVersion: String(version),
    };
    const stored = { ...next, metadata } as unknown as Manifest;
    objects.set(idOf(keyOf(stored)), stored);
    tell(old === undefined ? { kind: 'added', object: stored } : { kind: 'updated', object: stored, old });
    return stored;
  };
  const drop = (key: ObjectKey): void => {
    const old = objects.get(idOf(key));
    if (old === undefined) return;
    objects.delete(idOf(key));
    applied.delete(idOf(key));
    tell({ kind: 'deleted', object: old });
  };
  const refuse = (verb: string, key: ObjectKey, options: { as?: Identity; dryRun?: boolean } = {}) =>
    cluster.intercept?.(verb, key, options);
  const stale = (
    old: Manifest | undefined,
    wanted: { resourceVersion?: string; uid?: string },
  ): ApiResult | undefined => {
    const wrong = (field: 'resourceVersion' | 'uid') =>
      wanted[field] !== undefined && wanted[field] !== '' && old?.metadata[field] !== wanted[field];
    return wrong('resourceVersion') || wrong('uid')
      ? { kind: 'conflict', message: 'the object has been modified', reason: 'Conflict' }
      : undefined;
  };

  /** A change that would also hit a newer version, or another object of the same name, is a defect of the caller. */
  const demand = (
    verb: string,
    key: ObjectKey,
    wanted: { resourceVersion?: string; uid?: string },
    uidOnly = false,
  ) => {
    const isBound = (wanted.resourceVersion ?? '') !== '' || (uidOnly && (wanted.uid ?? '') !== '');
    if (!isBound) throw new Error(`${verb} ${key.kind}/${key.name} has no precondition (docs/preconditions.md)`);
  };

  const client: KubeClient = {
    served: async ({ group, kind }) => ({
      group,
      kind,
      version: 'v1',
      plural: `${kind.toLowerCase()}s`,
      namespaced: !['Namespace', 'ClusterRole'].includes(kind),
      subresources: new Set(),
    }),
    get: async (key, options = {}) => {
      const refused = refuse('get', key, options);
      if (refused) return refused;
      const found = objects.get(idOf(key));
      return found ? ok(found) : missing(key);
    },
    list: async ({ group, kind }, options = {}) => {
      const items = [...objects.values()].filter((one) => one.kind === kind && groupOf(one.apiVersion) === group);
      const [label] = (options.labelSelector ?? '').split(',');
      return {
        kind: 'ok',
        items: label ? items.filter((one) => one.metadata.labels?.[label] !== undefined) : items,
        resourceVersion: String(version),
      };
    },
    create: async (object, options = {}) => {
      const key = keyOf(object);
      const refused = refuse('create', key, options);
      if (refused) return refused;
      if (options.dryRun === true) return ok(object as Manifest);
      if (objects.has(idOf(key))) return { kind: 'conflict', message: 'already exists', reason: 'AlreadyExists' };
      writes.push(`create ${key.kind}/${key.name}`);
      return ok(save(stored(object as Manifest), undefined));
    },
    apply: async (object, options) => {
      const key = keyOf(object);
      const refused = refuse('apply', key, options);
      if (refused) return refused;
      const old = objects.get(idOf(key));
      if (old !== undefined && options.dryRun !== true) demand('apply', key, object.metadata);
      const conflict = stale(old, object.metadata);
      if (conflict) return conflict;
      const { resourceVersion: _rv, uid: _uid, ...metadata } = object.metadata;
      const payload = { ...object, metadata } as unknown as Manifest;
      const next = stored(merged(old, payload, applied.get(idOf(key))) as unknown as Manifest);
      if (options.dryRun === true) return ok(next);
      applied.set(idOf(key), payload);
      const before = objects.get(idOf(key))?.metadata.resourceVersion;
      const done = save(next, old);
      if (done.metadata.resourceVersion !== before) writes.push(`apply ${key.kind}/${key.name}`);
      return ok(done);
    },
    merge: async (key, patch, options) => {
      demand('merge', key, options);
      const refused = refuse(options.subresource === 'status' ? 'status' : 'merge', key, options);
      if (refused) return refused;
      const old = objects.get(idOf(key));
      if (old === undefined) return missing(key);
      const conflict = stale(old, options);
      if (conflict) return conflict;
      const next = mergePatch(old, patch as JsonObject) as unknown as Manifest;
      const done = save(next, old);
      if (done !== old) writes.push(`${options.subresource ?? 'merge'} ${key.kind}/${key.name}`);
      if (done.metadata.deletionTimestamp !== undefined && (done.metadata.finalizers ?? []).length === 0) drop(key);
      return ok(done);
    },
    delete: async (key, options = {}) => {
      demand('delete', key, options, true);
      const refused = refuse('delete', key, options);
      if (refused) return refused as ApiResult<JsonObject>;
      const old = objects.get(idOf(key));
      if (old === undefined) return missing(key) as ApiResult<JsonObject>;
      const conflict = stale(old, options);
      if (conflict) return conflict as ApiResult<JsonObject>;
      writes.push(`delete ${key.kind}/${key.name}`);
      drop(key);
      return { kind: 'ok', object: {} };
    },
    createSub: async (key, subresource) => {
      const refused = refuse(subresource, key);
      if (refused) return refused as ApiResult<JsonObject>;
      return {
        kind: 'ok',
        object: { status: { token: `token-of-${key.name}`, expirationTimestamp: '2030-01-01T00:00:00Z' } },
      };
    },
  };

  const cluster: FakeCluster = {
    client,
    writes,
    intercept: undefined,
    get: find,
    all: (kind) => [...objects.values()].filter((one) => one.kind === kind),
    put: (object) => {
      const placed = { ...object, metadata: { namespace, ...object.metadata } } as unknown as Manifest;
      return save(placed, objects.get(idOf(keyOf(placed))));
    },
    setStatus(kind, name, change) {
      const old = find(kind, name);
      if (old === undefined) throw new Error(`${kind} ${name} does not exist`);
      save(mergePatch(old, { status: change }) as unknown as Manifest, old);
    },
    remove(kind, name) {
      const old = find(kind, name);
      if (old === undefined) return;
      if ((old.metadata.finalizers ?? []).length === 0) drop(keyOf(old));
      else
        save(
          { ...old, metadata: { ...old.metadata, deletionTimestamp: '2026-01-01T01:00:00Z' } } as unknown as Manifest,
          old,
        );
    },
    store: <T extends KubeObject>(
      group: string,
      kind: string,
      project: (object: Manifest) => T = (one) => one as unknown as T,
    ): Store<T> => {
      const list = (ns?: string) =>
        [...objects.values()]
          .filter(
            (one) =>
              one.kind === kind &&
              groupOf(one.apiVersion) === group &&
              (ns === undefined || ns === '' || one.metadata.namespace === ns),
          )
          .map(project);
      return {
        synced: () => true,
        get: (ns, name) => list(ns).find((one) => one.metadata.name === name),
        list,
        byOwner: () => [],
        byIndex: () => [],
        onChange: (handler) => {
          const own = (change: StoreChange<Manifest>): void => {
            if (change.object.kind === kind) handler({ kind: change.kind, object: project(change.object) });
          };
          handlers.add(own);
          return () => handlers.delete(own);
        },
      };
    },
  };
  return cluster;
}

function bodyOf(object: Manifest): JsonObject {
  const { status: _status, metadata: _metadata, ...rest } = object;
  return rest as JsonObject;
}

/** As the server stores it: stringData becomes data. */
function stored(object: Manifest): Manifest {
  if (!isJsonObject(object['stringData'])) return object;
  const { stringData, data, ...rest } = object;
  const encoded = Object.entries(stringData as JsonObject).map(([key, value]) => [
    key,
    Buffer.from(JSON.stringify(value).slice(1, -1)).toString('base64'),
  ]);
  return {
    ...rest,
    data: { ...(isJsonObject(data) ? data : {}), ...Object.fromEntries(encoded) },
  } as unknown as Manifest;
}

/** What the applier no longer names goes, what it names wins, what others own stays; lists are atomic. */
function merged(live: Json | undefined, payload: Json, last: Json | undefined): Json {
  if (!isJsonObject(payload)) return payload;
  const base: Record<string, Json | undefined> = isJsonObject(live) ? { ...live } : {};
  for (const key of Object.keys(isJsonObject(last) ? last : {})) if (!(key in payload)) delete base[key];
  for (const [key, value] of Object.entries(payload)) {
    if (value !== undefined) base[key] = merged(base[key], value, isJsonObject(last) ? last[key] : undefined);
  }
  return base;
}

function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isJsonObject(patch)) return patch;
  const next: Record<string, Json | undefined> = isJsonObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete next[key];
    else if (value !== undefined) next[key] = mergePatch(next[key], value);
  }
  return next;
}
