/** Reading and comparing raw manifests: keys, paths, deep equality. Pure. */

import type { Json, JsonObject, KubeObject, ObjectKey, ObjectMeta } from '../../kube/api.ts';
import { isJsonObject } from '../../crds/schema/json.ts';

/** An object as it was rendered or read, nothing dropped. */
export type Manifest = KubeObject & JsonObject;

export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

export function keyOf(object: KubeObject): ObjectKey {
  return {
    group: groupOf(object.apiVersion),
    kind: object.kind,
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  };
}

/** Text identity of an object, for maps. The version of the API is not part of it. */
export function idOf(key: ObjectKey): string {
  return `${key.group}/${key.kind}/${key.namespace}/${key.name}`;
}

export function objectId(object: KubeObject): string {
  return idOf(keyOf(object));
}

/** `Kind namespace/name`, for sentences. */
export function keyText(key: Pick<ObjectKey, 'kind' | 'namespace' | 'name'>): string {
  return `${key.kind} ${key.namespace === '' ? '' : `${key.namespace}/`}${key.name}`;
}

/** The value at a path, undefined where the path ends early. Numbers index lists. */
export function valueAt(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  let here: Json | undefined = value;
  for (const step of path) {
    if (Array.isArray(here)) here = here[Number(step)] as Json | undefined;
    else if (isJsonObject(here)) here = here[step];
    else return undefined;
  }
  return here;
}

/** A copy with `next` at `path`; missing objects on the way are made, a list index must exist. */
export function withValueAt<T extends Json>(value: T, path: readonly (string | number)[], next: Json | undefined): T {
  const [step, ...rest] = path;
  if (step === undefined) return next as T;
  if (Array.isArray(value)) {
    return value.map((item: Json, index) =>
      index === Number(step) ? withValueAt(item, rest, next) : item,
    ) as Json as T;
  }
  const object: JsonObject = isJsonObject(value) ? value : {};
  return { ...object, [step]: rest.length === 0 ? next : withValueAt(object[step] ?? {}, rest, next) } as Json as T;
}

export function listAt(value: Json | undefined, path: readonly (string | number)[]): readonly Json[] {
  const found = valueAt(value, path);
  return Array.isArray(found) ? found : [];
}

export function textAt(value: Json | undefined, path: readonly (string | number)[]): string | undefined {
  const found = valueAt(value, path);
  return typeof found === 'string' ? found : undefined;
}

export function numberAt(value: Json | undefined, path: readonly (string | number)[]): number | undefined {
  const found = valueAt(value, path);
  return typeof found === 'number' ? found : undefined;
}

/** Deep equality of JSON; a member that is undefined counts as absent. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return (
      Array.isArray(b) && a.length === b.length && a.every((item: Json, index) => equalJson(item, b[index] as Json))
    );
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => equalJson(a[name], b[name]));
}

/** A copy with other metadata. An interface has no index signature, so only here a manifest is put together from its parts. */
export function withMetadata(manifest: Manifest, metadata: ObjectMeta): Manifest {
  return { ...manifest, metadata } as unknown as Manifest;
}

export function annotationOf(object: KubeObject, key: string): string | undefined {
  return object.metadata.annotations?.[key];
}

export function labelOf(object: KubeObject, key: string): string | undefined {
  return object.metadata.labels?.[key];
}
