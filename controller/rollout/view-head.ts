/** The head that every projection keeps: identity, versions, labels, annotations and owners; managed fields go. */

import type { JsonObject, KubeObject, ObjectMeta } from '../../kube/api.ts';

export function head({ apiVersion, kind, metadata }: KubeObject & JsonObject): KubeObject {
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } = metadata;
  const { labels, annotations, ownerReferences } = metadata;
  const all = { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp };
  const kept = Object.entries({ ...all, labels, annotations, ownerReferences }).filter(
    ([, value]) => value !== undefined,
  );
  return { apiVersion, kind, metadata: Object.fromEntries(kept) as unknown as ObjectMeta };
}
