/** Which templates name an analysis template, directly or through others: a change of it concerns whoever uses one of them. */

import { type Json, objectIn } from '../../crds/schema/json.ts';
import type { JsonObject, KubeObject, Store } from '../../kube/api.ts';
import { keyOf, queueKey } from '../../kube/ref.ts';

type Template = KubeObject & JsonObject;

export interface TemplateStores {
  readonly analysisTemplates: Store<Template>;
  readonly clusterAnalysisTemplates: Store<Template>;
}

/** Name of the index `names` of both stores. */
export const namesIndex = 'names';

/** What a template's `spec.templates` refer to: `namespace/name`, a cluster template as `name`. Total: any JSON goes in. */
export function namedTemplates(template: Template): readonly string[] {
  const { templates } = objectIn(template.spec);
  if (!Array.isArray(templates)) return [];
  return templates.flatMap((one: Json) => {
    const { templateName, clusterScope } = objectIn(one);
    if (typeof templateName !== 'string') return [];
    // A cluster template may be used in any namespace, so its plain references are known by their name alone.
    return [clusterScope === true ? templateName : `${keyOf(template).namespace}/${templateName}`];
  });
}

/** The identity of a template in the index `template` of Rollouts. */
export function templateId({ metadata }: Pick<Template, 'metadata'>): string {
  return queueKey(metadata);
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
