/**
 * A new pod as a controller makes it out of its template.
 */

import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { controllerOf } from '../../kube/ref.ts';
import { objectOf } from './views.ts';

/** A body for a create: the server makes the name. Finalizers and labels of the caller come on top of the template's. */
export function podFromTemplate(
  owner: KubeObject,
  template: JsonObject,
  more: { readonly finalizers?: readonly string[] } = {},
): KubeObject {
  const { labels, annotations, finalizers = [] } = objectOf(template, 'metadata');
  const all = [...(Array.isArray(finalizers) ? finalizers : []), ...(more.finalizers ?? [])];
  const metadata = {
    generateName: `${owner.metadata.name}-`,
    namespace: owner.metadata.namespace,
    labels,
    annotations,
    ...(all.length === 0 ? {} : { finalizers: all }),
    ownerReferences: [controllerOf(owner)],
  };
  // The API server names it, so there is no name yet.
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: objectOf(template, 'spec') } as unknown as KubeObject;
}
