/** The defaults of Services; addresses are given later, by the store. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { at, each, fill } from './fill.ts';

export function serviceDefaults(service: JsonObject): JsonObject {
  return at(service, 'spec', (spec) => {
    const filled = fill(spec, { sessionAffinity: 'None', type: 'ClusterIP' });
    const type = filled['type'];
    const isOutside = type === 'NodePort' || type === 'LoadBalancer';
    const routed = fill(filled, {
      ...(type === 'ClusterIP' || isOutside ? { internalTrafficPolicy: 'Cluster' } : {}),
      ...(isOutside ? { externalTrafficPolicy: 'Cluster' } : {}),
      ...(type === 'LoadBalancer' ? { allocateLoadBalancerNodePorts: true } : {}),
      ...(filled['sessionAffinity'] === 'ClientIP'
        ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
        : {}),
    });
    return each(routed, 'ports', portDefaults);
  });
}

function portDefaults(port: JsonObject): JsonObject {
  const target = port['targetPort'];
  const isUnset = target === undefined || target === 0 || target === '';
  const filled = fill(port, { protocol: 'TCP' });
  return isUnset ? { ...filled, targetPort: port['port'] } : filled;
}
