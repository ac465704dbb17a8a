/** The GatewayClass and Gateway of a simulated cluster, and the parentRef by which routes name them. */

import type { JsonObject, KubeObject } from '../../kube/api.ts';
import { group } from './crd-schema.ts';
import { controllerName } from './route-status.ts';

export interface GatewayObjectsOptions {
  /** Default "sandbox". The class has the same name. */
  readonly name?: string;
  /** Default "default". */
  readonly namespace?: string;
  /** Port of the listener; the data plane itself listens where the system lets it. Default 80. */
  readonly port?: number;
}

/** Routes of every namespace may attach, to the one listener `web`. */
export function gatewayObjects(options: GatewayObjectsOptions = {}): readonly (KubeObject & JsonObject)[] {
  const { name = 'sandbox', namespace = 'default', port = 80 } = options;
  return [
    { apiVersion: `${group}/v1`, kind: 'GatewayClass', metadata: { name }, spec: { controllerName } },
    {
      apiVersion: `${group}/v1`,
      kind: 'Gateway',
      metadata: { name, namespace },
      spec: {
        gatewayClassName: name,
        listeners: [{ name: 'web', protocol: 'HTTP', port, allowedRoutes: { namespaces: { from: 'All' } } }],
      },
    },
  ];
}
