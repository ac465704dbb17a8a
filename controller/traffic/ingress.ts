/** The fields of a networking.k8s.io Ingress that routers read and copy, narrowed from the live object. */

import type { Json, JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';

interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly name?: string; readonly number?: number } };
  readonly resource?: JsonObject;
}

export interface IngressPath {
  readonly path?: string;
  readonly pathType: string;
  readonly backend: IngressBackend;
}

export interface IngressRule {
  readonly host?: string;
  readonly http?: { readonly paths: readonly IngressPath[] };
}

/** The server validated the object, so only presence is in question here, not types. */
export interface Ingress extends KubeObject {
  readonly spec?: {
    readonly ingressClassName?: string;
    readonly tls?: Json;
    readonly rules?: readonly IngressRule[];
  };
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly hostname?: string }[] };
  };
}

export function asIngress(object: KubeObject & JsonObject): Ingress {
  return object as Ingress;
}

export function ingressKey(namespace: string | undefined, name: string): ObjectKey {
  return { group: 'networking.k8s.io', kind: 'Ingress', namespace: namespace ?? '', name };
}

export function namesService(path: IngressPath, service: string): boolean {
  return path.backend.service?.name === service;
}
