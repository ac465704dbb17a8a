/**
 * Names of objects: key, reference and owner reference out of an object, and the text forms used in queues and messages.
 */

import type { KindRef, KubeObject, ObjectKey, OwnerRef, Ref } from './api.ts';

/** The group of an apiVersion: '' for the core group ("v1"). */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** The version of an apiVersion. */
export function versionOf(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf('/') + 1);
}

/** `apps` and `v1` to "apps/v1", the core group to "v1". */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

export function kindOf(object: Pick<KubeObject, 'apiVersion' | 'kind'>): KindRef {
  return { group: groupOf(object.apiVersion), kind: object.kind };
}

export function keyOf(object: KubeObject): ObjectKey {
  const { namespace, name } = object.metadata;
  return { group: groupOf(object.apiVersion), kind: object.kind, namespace: namespace ?? '', name };
}

/** A reference to one state of one object. Throws for an object that the API server has never seen. */
export function refOf(object: KubeObject): Ref {
  const { uid, resourceVersion } = object.metadata;
  if (uid === undefined || resourceVersion === undefined) {
    throw new Error(`${describeKey(keyOf(object))} has no uid or resourceVersion: it was not read from the API server`);
  }
  return { ...keyOf(object), uid, resourceVersion };
}

/** The reference that makes `owner` the controller of another object. */
export function controllerOf(owner: KubeObject): OwnerRef {
  const { uid, name } = owner.metadata;
  if (uid === undefined) throw new Error(`${describeKey(keyOf(owner))} has no uid: it cannot own anything yet`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** Key of an object within its kind, as queues and stores use it: "namespace/name", or "name" for cluster-scoped ones. */
export function queueKey(object: { readonly namespace?: string; readonly name: string }): string {
  return object.namespace ? `${object.namespace}/${object.name}` : object.name;
}

/** The reverse of `queueKey`. */
export function splitQueueKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/');
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** For people: "Service shop/web". */
export function describeKey(key: ObjectKey): string {
  return `${key.kind} ${queueKey(key)}`;
}
