/**
 * A Rollout's CRD keeps unknown fields of the pod template, so a typo in there is found by a dry-run create of the ReplicaSet
 * that would carry it, with strict field validation, before anything moves.
 */

import type { Keys } from '../../crds/schema/keys.ts';
import { isJsonObject } from '../../crds/schema/json.ts';
import type { JsonObject, KubeClient } from '../../kube/api.ts';
import { keyOf, keyText, type Manifest, valueAt, withValueAt } from './objects.ts';
import { refusalOf, refusedSentences, type Refused } from './problems.ts';

/** What is wrong with the template, in sentences that name the Rollout; undefined when the server takes it. */
export async function podTemplateRefusal(
  rollout: Manifest,
  client: KubeClient,
  keys: Keys,
): Promise<Refused | undefined> {
  const template = valueAt(rollout, ['spec', 'template']);
  if (!isJsonObject(template)) return undefined;
  const label = { [keys.podTemplateHash]: 'template-check' };
  const labels = valueAt(template, ['metadata', 'labels']);
  const labelled = withValueAt(template, ['metadata', 'labels'], { ...(isJsonObject(labels) ? labels : {}), ...label });
  const replicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { generateName: 'template-check-', name: '', namespace: rollout.metadata.namespace ?? '' },
    spec: { replicas: 0, selector: { matchLabels: label }, template: labelled as JsonObject },
  };
  const result = await client.create(replicaSet, { dryRun: true, strict: true });
  if (result.kind === 'ok') return undefined;
  const refused = refusalOf(keyOf(rollout), result, 'the controller');
  if (refused === undefined || result.kind !== 'invalid') return refused?.kind === 'passing' ? refused : undefined;
  const sentences = refusedSentences(keyText(keyOf(rollout)), result, replicaSet);
  return { kind: 'refused', sentences };
}
