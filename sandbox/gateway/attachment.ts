/**
 * Which listeners a route is attached to, and whether what it refers to exists: the rules that both the data plane and the
 * reported status follow. Pure.
 */

import type { KubeObject } from '../../kube/api.ts';
import { group } from './crd-schema.ts';
import type {
  BackendRef,
  Filter,
  GatewayObject,
  HttpRoute,
  LabelSelector,
  Listener,
  ParentRef,
  Rule,
} from './kinds.ts';
import type { ReferenceGrant, Service } from './kinds.ts';

/** What a gateway knows of the cluster at one moment. */
export interface Surroundings {
  /** Only those of our own class. */
  gateway(namespace: string, name: string): GatewayObject | undefined;
  namespace(name: string): KubeObject | undefined;
  service(namespace: string, name: string): Service | undefined;
  grants(namespace: string): readonly ReferenceGrant[];
}

export type Attachment =
  /** The parent is no Gateway of ours: not for us to say anything. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  | { readonly kind: 'attached'; readonly gateway: GatewayObject; readonly listeners: readonly AttachedListener[] };

export interface AttachedListener {
  readonly listener: Listener;
  /** The host names that route and listener have in common; [] = any. */
  readonly hostnames: readonly string[];
}

export function attach(route: HttpRoute, parent: ParentRef, around: Surroundings): Attachment {
  if ((parent.group ?? group) !== group || (parent.kind ?? 'Gateway') !== 'Gateway') return { kind: 'foreign' };
  const routeNamespace = route.metadata.namespace ?? '';
  const gateway = around.gateway(parent.namespace ?? routeNamespace, parent.name);
  if (gateway === undefined) return { kind: 'foreign' };
  const named = gateway.spec.listeners.filter(
    (one) =>
      (parent.sectionName === undefined || one.name === parent.sectionName) &&
      (parent.port === undefined || one.port === parent.port),
  );
  const where = `Gateway ${gateway.metadata.namespace}/${gateway.metadata.name}`;
  if (named.length === 0)
    return refused('NoMatchingParent', `${where} has no listener with the sectionName or port of the parentRef`);
  const open = named.filter((one) => allows(one, gateway, route, around));
  if (open.length === 0)
    return refused('NotAllowedByListeners', `${where} allows no HTTPRoute from namespace ${routeNamespace}`);
  const listeners = open.flatMap((listener) => {
    const hostnames = commonHostnames(listener.hostname, route.spec.hostnames ?? []);
    return hostnames === undefined ? [] : [{ listener, hostnames }];
  });
  if (listeners.length === 0)
    return refused('NoMatchingListenerHostname', `no listener of ${where} serves a host name of the route`);
  return { kind: 'attached', gateway, listeners };
}

function refused(reason: string, message: string): Attachment {
  return { kind: 'refused', reason, message };
}

function allows(listener: Listener, gateway: GatewayObject, route: HttpRoute, around: Surroundings): boolean {
  if (listener.protocol !== 'HTTP') return false;
  const { namespaces, kinds = [] } = listener.allowedRoutes ?? {};
  const kindFits =
    kinds.length === 0 || kinds.some((one) => (one.group ?? group) === group && one.kind === 'HTTPRoute');
  if (!kindFits) return false;
  const routeNamespace = route.metadata.namespace ?? '';
  const from = namespaces?.from ?? 'Same';
  if (from === 'All') return true;
  if (from === 'Same') return routeNamespace === gateway.metadata.namespace;
  const labels = around.namespace(routeNamespace)?.metadata.labels;
  return labels !== undefined && selects(namespaces?.selector ?? {}, labels);
}

function selects(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector.matchLabels ?? {});
  if (wanted.some(([key, value]) => labels[key] !== value)) return false;
  return (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    const listed = value !== undefined && values.includes(value);
    return operator === 'In' ? listed : operator === 'NotIn' && !listed;
  });
}

/** Undefined when they have none in common; [] when neither restricts. The more specific of two that overlap wins. */
function commonHostnames(listener: string | undefined, route: readonly string[]): readonly string[] | undefined {
  if (listener === undefined) return route;
  if (route.length === 0) return [listener];
  const common = route.flatMap((host) => {
    if (host === listener || hostMatches(listener, host)) return [host];
    return hostMatches(host, listener) ? [listener] : [];
  });
  return common.length === 0 ? undefined : common;
}

/** Whether `pattern` (`*.` = one label or more) covers a host name; case does not count. */
export function hostMatches(pattern: string, host: string): boolean {
  const [wanted, given] = [pattern.toLowerCase(), host.toLowerCase()];
  if (!wanted.startsWith('*.')) return wanted === given;
  return given.endsWith(wanted.slice(1)) && given.length > wanted.length - 1;
}

export type Resolution =
  | { readonly kind: 'ok'; readonly service: Service }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** The Service behind a reference of a route in `namespace`, or why there is none. */
export function resolveBackend(ref: BackendRef, namespace: string, around: Surroundings): Resolution {
  const target = ref.namespace ?? namespace;
  const what = `${ref.kind ?? 'Service'} ${target}/${ref.name}`;
  if ((ref.group ?? '') !== '' || (ref.kind ?? 'Service') !== 'Service')
    return failed(
      'InvalidKind',
      `${what} of group "${ref.group ?? ''}" is no backend; only Services of the core group are`,
    );
  if (target !== namespace && !granted(ref, namespace, target, around))
    return failed(
      'RefNotPermitted',
      `no ReferenceGrant in namespace ${target} lets routes of namespace ${namespace} use ${what}`,
    );
  const service = around.service(target, ref.name);
  if (service === undefined) return failed('BackendNotFound', `${what} does not exist`);
  if (!(service.spec.ports ?? []).some((one) => one.port === ref.port))
    return failed('BackendNotFound', `${what} has no port ${ref.port ?? '(none given)'}`);
  return { kind: 'ok', service };
}

function failed(reason: string, message: string): Resolution {
  return { kind: 'failed', reason, message };
}

function granted(ref: BackendRef, from: string, target: string, around: Surroundings): boolean {
  return around
    .grants(target)
    .some(
      ({ spec }) =>
        spec.from.some((one) => one.group === group && one.kind === 'HTTPRoute' && one.namespace === from) &&
        spec.to.some(
          (one) => one.group === '' && one.kind === 'Service' && (one.name === undefined || one.name === ref.name),
        ),
    );
}

/** Every backend that a rule names: by weight, and as the target of a mirror. */
export function backendsOf(rule: Rule): readonly BackendRef[] {
  const mirrors = (filters: readonly Filter[] = []): BackendRef[] =>
    filters.flatMap((one) => (one.requestMirror === undefined ? [] : [one.requestMirror.backendRef]));
  const refs = rule.backendRefs ?? [];
  return [...refs, ...mirrors(rule.filters), ...refs.flatMap((ref) => mirrors(ref.filters))];
}
