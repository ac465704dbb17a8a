/** The last look before a blue-green revision loses its pods: which revision the active Service selects right now. */

import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import type { Observed } from './observed.ts';

/** The Service to ask for; undefined for another strategy. */
export function activeServiceKey({ rollout }: Observed): ObjectKey | undefined {
  const name = rollout.spec.strategy?.blueGreen?.activeService;
  return name ? { group: '', kind: 'Service', namespace: rollout.metadata.namespace, name } : undefined;
}

/** Why the revision must keep its pods by the Service as the API server has it; undefined when it need not. */
export function liveActiveText(observed: Observed, live: KubeObject, podHash: string): string | undefined {
  const { spec } = live as KubeObject & JsonObject;
  const selector = isJsonObject(spec) && isJsonObject(spec.selector) ? spec.selector : {};
  const selected = selector[observed.keys.podTemplateHash];
  const name = live.metadata.name;
  if (selected === undefined) return `the active Service ${name} selects the pods of every revision`;
  return selected === podHash ? `the active Service ${name} selects revision ${podHash}` : undefined;
}
