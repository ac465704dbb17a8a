/**
 * What the gateway reports about routes, Gateways and its class: the whole next status, from what it knows now. Pure, so
 * that runs without sockets report the same.
 */

import type { KubeObject } from '../../kube/api.ts';
import { attach, backendsOf, resolveBackend, type Surroundings } from './attachment.ts';
import { group } from './crd-schema.ts';
import type {
  Condition,
  GatewayClass,
  GatewayObject,
  HttpRoute,
  ListenerStatus,
  ParentRef,
  ParentStatus,
} from './kinds.ts';

/** `spec.controllerName` of the GatewayClass that makes a Gateway ours. */
export const controllerName = 'sandbox.tidegate.io/gateway';

interface Verdict {
  readonly type: string;
  readonly ok: boolean;
  readonly reason: string;
  readonly message: string;
}

/** `status.parents` as it should be; entries of other controllers stay as they are. Times are RFC 3339. */
export function routeParents(route: HttpRoute, around: Surroundings, now: string): readonly ParentStatus[] {
  const before = route.status?.parents ?? [];
  const foreign = before.filter((one) => one.controllerName !== controllerName);
  const own = (route.spec.parentRefs ?? []).flatMap((parentRef) => {
    const attachment = attach(route, parentRef, around);
    if (attachment.kind === 'foreign') return [];
    const accepted: Verdict =
      attachment.kind === 'attached'
        ? { type: 'Accepted', ok: true, reason: 'Accepted', message: '' }
        : { type: 'Accepted', ok: false, reason: attachment.reason, message: attachment.message };
    const known = before.find((one) => one.controllerName === controllerName && sameParent(one.parentRef, parentRef));
    const conditions = conditionsOf([accepted, resolvedRefs(route, around)], known?.conditions, route, now);
    return [{ parentRef, controllerName, conditions }];
  });
  return [...foreign, ...own];
}

function resolvedRefs(route: HttpRoute, around: Surroundings): Verdict {
  for (const rule of route.spec.rules ?? []) {
    for (const ref of backendsOf(rule)) {
      const found = resolveBackend(ref, route.metadata.namespace ?? '', around);
      if (found.kind === 'failed')
        return { type: 'ResolvedRefs', ok: false, reason: found.reason, message: found.message };
    }
  }
  return { type: 'ResolvedRefs', ok: true, reason: 'ResolvedRefs', message: '' };
}

/** The time of a condition is kept as long as its status is: it says since when. */
function conditionsOf(
  verdicts: readonly Verdict[],
  before: readonly Condition[] | undefined,
  object: KubeObject,
  now: string,
): readonly Condition[] {
  return verdicts.map(({ type, ok, reason, message }) => {
    const status = ok ? 'True' : 'False';
    const old = before?.find((one) => one.type === type);
    return {
      type,
      status,
      observedGeneration: object.metadata.generation ?? 0,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
      reason,
      message,
    };
  });
}

function sameParent(a: ParentRef, b: ParentRef): boolean {
  return a.namespace === b.namespace && a.name === b.name && a.sectionName === b.sectionName && a.port === b.port;
}

export function classConditions(one: GatewayClass, now: string): readonly Condition[] {
  const accepted: Verdict = { type: 'Accepted', ok: true, reason: 'Accepted', message: '' };
  return conditionsOf([accepted], one.status?.conditions, one, now);
}

export interface GatewayStatus {
  readonly addresses: readonly { readonly type: string; readonly value: string }[];
  readonly conditions: readonly Condition[];
  readonly listeners: readonly ListenerStatus[];
}

/** `routes` are all routes of the cluster; those attached are counted per listener. */
export function gatewayStatus(
  gateway: GatewayObject,
  routes: readonly HttpRoute[],
  around: Surroundings,
  now: string,
): GatewayStatus {
  const attached = new Map<string, number>();
  for (const route of routes) {
    for (const name of attachedListeners(route, gateway, around)) attached.set(name, (attached.get(name) ?? 0) + 1);
  }
  const good = (type: string): Verdict => ({ type, ok: true, reason: type, message: '' });
  const { conditions, listeners = [] } = gateway.status ?? {};
  return {
    addresses: [{ type: 'IPAddress', value: '127.0.0.1' }],
    conditions: conditionsOf([good('Accepted'), good('Programmed')], conditions, gateway, now),
    listeners: gateway.spec.listeners.map(({ name, protocol }) => ({
      name,
      attachedRoutes: attached.get(name) ?? 0,
      supportedKinds: protocol === 'HTTP' ? [{ group, kind: 'HTTPRoute' }] : [],
      conditions: conditionsOf(
        listenerVerdicts(protocol),
        listeners.find((one) => one.name === name)?.conditions,
        gateway,
        now,
      ),
    })),
  };
}

function attachedListeners(route: HttpRoute, gateway: GatewayObject, around: Surroundings): ReadonlySet<string> {
  const found = (route.spec.parentRefs ?? []).flatMap((parent) => {
    const attachment = attach(route, parent, around);
    if (attachment.kind !== 'attached' || attachment.gateway.metadata.uid !== gateway.metadata.uid) return [];
    return attachment.listeners.map(({ listener }) => listener.name);
  });
  return new Set(found);
}

function listenerVerdicts(protocol: string): readonly Verdict[] {
  if (protocol === 'HTTP') {
    return [
      { type: 'Accepted', ok: true, reason: 'Accepted', message: '' },
      { type: 'Programmed', ok: true, reason: 'Programmed', message: '' },
      { type: 'ResolvedRefs', ok: true, reason: 'ResolvedRefs', message: '' },
    ];
  }
  const message = `the sandbox's gateway serves HTTP listeners only, not ${protocol}`;
  return [
    { type: 'Accepted', ok: false, reason: 'UnsupportedProtocol', message },
    { type: 'Programmed', ok: false, reason: 'Invalid', message },
  ];
}
