/** Which templates name an analysis template, directly or through others: a change of it concerns whoever uses one of them. */

import { isJsonObject, type Json } from '../../crds/schema/json.ts';
import type { JsonObject, KubeObject, Store } from '../../kube/api.ts';

type Template = KubeObject & JsonObject;

export interface TemplateStores {
  readonly analysisTemplates: Store<Template>;
  readonly clusterAnalysisTemplates: Store<Template>;
}

/** Name of the index `names` of both stores. */
export const namesIndex = 'names';

/** What a template's `spec.templates` refer to: `namespace/name`, a cluster template as `name`. Total: any JSON goes in. */
export function namedTemplates({ metadata, spec }: Template): readonly string[] {
  const list = isJsonObject(spec) ? spec['templates'] : undefined;
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: Json) => {
    if (!isJsonObject(one) || typeof one['templateName'] !== 'string') return [];
    if (one['clusterScope'] === true) return [one['templateName']];
    // A cluster template may be used in any namespace, so its plain references are known by their name alone.
    return [`${metadata.namespace ?? ''}/${one['templateName']}`];
  });
}

/** The identity of a template in the index `template` of Rollouts. */
export function templateId({ metadata }: Pick<Template, 'metadata'>): string {
  return metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
}

/** The changed template and all that lead to it. */
export function withDependents(stores: TemplateStores, changed: Template): readonly string[] {
  const found = new Set<string>();
  const open = [templateId(changed)];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    const plain = `/${id.slice(id.indexOf('/') + 1)}`;
    for (const store of [stores.analysisTemplates, stores.clusterAnalysisTemplates])
      for (const one of [...store.byIndex(namesIndex, id), ...store.byIndex(namesIndex, plain)])
        open.push(templateId(one));
  }
  return [...found];
}
