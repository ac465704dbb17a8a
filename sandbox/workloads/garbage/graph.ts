/**
 * Who owns whom, over all kinds: every object's metadata by uid, and the dependents of each owner, also of owners that
 * nobody has seen.
 */

import type { KubeObject } from '../../../kube/api.ts';

const foregroundFinalizer = 'foregroundDeletion';
const orphanFinalizer = 'orphan';

export interface Graph {
  get(uid: string): KubeObject | undefined;
  put(item: KubeObject): void;
  remove(item: KubeObject): void;
  /** Objects with an owner reference to this uid. */
  dependents(uid: string): readonly KubeObject[];
  inNamespace(namespace: string): readonly KubeObject[];
}

export function ownerGraph(): Graph {
  const items = new Map<string, KubeObject>();
  const dependents = index();
  const namespaces = index();
  const find = (uids: ReadonlySet<string>): KubeObject[] => [...uids].flatMap((uid) => items.get(uid) ?? []);
  const remove = (uid: string): void => {
    const old = items.get(uid);
    if (old === undefined) return;
    items.delete(uid);
    for (const owner of old.metadata.ownerReferences ?? []) dependents.remove(owner.uid, uid);
    namespaces.remove(old.metadata.namespace ?? '', uid);
  };
  return {
    get: (uid) => items.get(uid),
    put(item) {
      const { uid = '', namespace = '', ownerReferences = [] } = item.metadata;
      remove(uid);
      items.set(uid, item);
      for (const owner of ownerReferences) dependents.add(owner.uid, uid);
      namespaces.add(namespace, uid);
    },
    remove: (item) => remove(item.metadata.uid ?? ''),
    dependents: (uid) => find(dependents.under(uid)),
    inNamespace: (namespace) => find(namespaces.under(namespace)),
  };
}

interface Index {
  add(key: string, value: string): void;
  remove(key: string, value: string): void;
  under(key: string): ReadonlySet<string>;
}

function index(): Index {
  const sets = new Map<string, Set<string>>();
  const none: ReadonlySet<string> = new Set();
  return {
    add(key, value) {
      const set = sets.get(key) ?? new Set();
      sets.set(key, set.add(value));
    },
    remove(key, value) {
      const set = sets.get(key);
      set?.delete(value);
      if (set?.size === 0) sets.delete(key);
    },
    under: (key) => sets.get(key) ?? none,
  };
}

export function isDeleting(item: KubeObject): boolean {
  return item.metadata.deletionTimestamp !== undefined;
}

/** Deleted in the foreground: it waits until its dependents are gone. */
export function waitsForDependents(item: KubeObject): boolean {
  return isDeleting(item) && item.metadata.finalizers?.includes(foregroundFinalizer) === true;
}

/** Deleted with its dependents to be left alone. */
export function orphansDependents(item: KubeObject): boolean {
  return isDeleting(item) && item.metadata.finalizers?.includes(orphanFinalizer) === true;
}

/** How an object is deleted whose finalizers already say it. */
export function propagationOf(item: KubeObject): 'Orphan' | 'Foreground' | 'Background' {
  if (item.metadata.finalizers?.includes(orphanFinalizer) === true) return 'Orphan';
  return item.metadata.finalizers?.includes(foregroundFinalizer) === true ? 'Foreground' : 'Background';
}

/** The finalizers without the one that the garbage collector has seen to. */
export function withoutFinalizer(item: KubeObject, which: 'foreground' | 'orphan'): readonly string[] {
  const done = which === 'foreground' ? foregroundFinalizer : orphanFinalizer;
  return (item.metadata.finalizers ?? []).filter((one) => one !== done);
}
