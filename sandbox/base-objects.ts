/**
 * What a sandbox has from the start: the definitions of Tidegate and of the Gateway API, and one Gateway.
 */

import { crdManifests } from '../crds/manifests.ts';
import { argoDialect, tidegateDialect } from '../crds/schema/dialect.ts';
import type { JsonObject, KubeObject, Transport } from '../kube/api.ts';
import { kubeClient, sentenceOf } from '../kube/client.ts';
import { discovery } from '../kube/discovery.ts';
import { isKubeObject } from '../kube/json.ts';
import { gatewayCrds } from './gateway/crds.ts';
import { gatewayObjects } from './gateway/objects.ts';

/** Rejects with the server's sentence when an object is refused. */
export async function createBaseObjects(transport: Transport, apiGroup: 'tidegate.io' | 'argoproj.io'): Promise<void> {
  const definitions = [...crdManifests(apiGroup === 'argoproj.io' ? argoDialect : tidegateDialect), ...gatewayCrds()];
  for (const object of [...definitions.map(whole), ...gatewayObjects()]) {
    // A client of its own each time: what was not served a moment ago may be now.
    const result = await kubeClient(transport, discovery(transport)).create(object);
    if (result.kind !== 'ok') throw new Error(`${object.kind} ${object.metadata.name}: ${sentenceOf(result)}`);
  }
}

function whole(object: JsonObject): KubeObject {
  if (isKubeObject(object)) return object;
  throw new Error('a definition without a name');
}
