/**
 * Paths of objects and collections on the API server, and the items of a list as whole objects. Pure.
 */

import { isJsonObject } from '../crds/schema/json.ts';
import type { JsonObject, KubeObject, ServedKind } from './api.ts';
import { isKubeObject, listOf } from './json.ts';
import { apiVersionOf } from './ref.ts';

/** `namespace` '' asks for the collection of all namespaces (or of a cluster-scoped kind). */
export function collectionPath(served: ServedKind, namespace: string): string {
  const root = served.group === '' ? `/api/${served.version}` : `/apis/${served.group}/${served.version}`;
  const scope = served.namespaced && namespace !== '' ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${root}${scope}/${served.plural}`;
}

export function objectPath(served: ServedKind, namespace: string, name: string, subresource?: string): string {
  const path = `${collectionPath(served, namespace)}/${encodeURIComponent(name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Built-in kinds come without apiVersion and kind inside a list: they are put back. */
export function itemsOf(served: ServedKind, list: JsonObject): (KubeObject & JsonObject)[] {
  const apiVersion = apiVersionOf(served.group, served.version);
  return listOf(list, 'items')
    .filter(isJsonObject)
    .map((item) => ({ apiVersion, kind: served.kind, ...item }))
    .filter(isKubeObject);
}
