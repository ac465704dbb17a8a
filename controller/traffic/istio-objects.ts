/** Istio's VirtualService and DestinationRule as far as weights, subsets and managed entries depend on them. */

import type { JsonObject, KubeObject, ObjectKey } from '../../kube/api.ts';

export const istioGroup = 'networking.istio.io';

export const protocols = ['http', 'tls', 'tcp'] as const;
export type Protocol = (typeof protocols)[number];

/** Where requests go. */
export interface Target {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

/** One backend of an entry. An absent weight is 0 where there are several. */
export interface Split {
  readonly destination?: Target;
  readonly weight?: number;
}

interface EntryMatch {
  readonly port?: number;
  readonly sniHosts?: readonly string[];
}

/** An item of spec.http, spec.tls or spec.tcp. Fields that are not named here are kept as they are. */
export interface Entry {
  readonly name?: string;
  readonly match?: readonly EntryMatch[];
  readonly route?: readonly Split[];
  readonly mirror?: Target;
}

interface IstioStatus {
  readonly observedGeneration?: number | string;
  readonly conditions?: readonly { readonly type?: string; readonly status?: string; readonly message?: string }[];
  readonly validationMessages?: readonly {
    readonly level?: string;
    readonly type?: { readonly code?: string; readonly name?: string };
  }[];
}

interface IstioObject extends KubeObject {
  readonly status?: IstioStatus;
}

/** The server validated the objects against Istio's CRDs, so only presence is in question here, not types. */
export interface VirtualService extends IstioObject {
  readonly spec?: { readonly [P in Protocol]?: readonly Entry[] };
}

export interface Subset {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface DestinationRule extends IstioObject {
  readonly spec?: { readonly host?: string; readonly subsets?: readonly Subset[] };
}

export function asVirtualService(object: KubeObject & JsonObject): VirtualService {
  return object as VirtualService;
}

export function asDestinationRule(object: KubeObject & JsonObject): DestinationRule {
  return object as DestinationRule;
}

export function virtualServiceKey(namespace: string, name: string): ObjectKey {
  return { group: istioGroup, kind: 'VirtualService', namespace, name };
}

export function destinationRuleKey(namespace: string, name: string): ObjectKey {
  return { group: istioGroup, kind: 'DestinationRule', namespace, name };
}

/** `web`, `web.shop` and `web.shop.svc.cluster.local` are one host for objects of namespace shop; others stay as they are. */
export function hostName(host: string, namespace: string): string {
  const [name = '', space = namespace, svc = 'svc'] = host.split('.');
  return svc === 'svc' ? `${name}.${space}` : host;
}

export function sameHost(a: string, b: string, namespace: string): boolean {
  return hostName(a, namespace) === hostName(b, namespace);
}

type Verdict = { readonly confirmed: 'yes' | 'unknown' } | { readonly confirmed: 'no'; readonly why: string };

/**
 * What Istio says of an object. It does so only where its status writing or analysis is on: an object without status is
 * unknown, never refused.
 */
export function confirmation(object: IstioObject): Verdict {
  const { status, metadata, kind } = object;
  const observed = status?.observedGeneration === undefined ? undefined : Number(status.observedGeneration);
  const generation = metadata.generation ?? 0;
  const name = `${kind}/${metadata.name}`;
  if (observed !== undefined && observed > 0 && observed < generation)
    return { confirmed: 'no', why: `Istio has not taken generation ${generation} of ${name} yet` };
  const fault = status?.validationMessages?.find((one) => one.level === 'ERROR');
  if (fault !== undefined) {
    const code = [fault.type?.code, fault.type?.name].filter((part) => part !== undefined).join(' ');
    return { confirmed: 'no', why: `Istio finds an error in ${name}${code === '' ? '' : ` (${code})`}` };
  }
  const reconciled = status?.conditions?.find((one) => one.type === 'Reconciled');
  if (reconciled === undefined || observed === undefined) return { confirmed: 'unknown' };
  if (reconciled.status === 'True') return { confirmed: 'yes' };
  const detail = reconciled.message ? ` (${reconciled.message})` : '';
  return { confirmed: 'no', why: `Istio has not brought ${name} to all proxies yet${detail}` };
}
