/** Which Gateway API routes a Rollout manages, whether they are named in Tidegate's own form or in Argo's plugin form. */

import type { Rollout } from './rollout.ts';
import { GatewayPluginConfig, gatewayPluginName } from './traffic-routing.ts';

export const gatewayRouteKinds = ['HTTPRoute', 'GRPCRoute', 'TCPRoute', 'TLSRoute'] as const;
export type GatewayRouteKind = (typeof gatewayRouteKinds)[number];

/** `rule` is absent when every rule that refers to both Services is managed. */
export interface GatewayRoute {
  readonly kind: GatewayRouteKind;
  readonly namespace: string;
  readonly name: string;
  readonly rule?: string;
  /** Whether header and mirror steps make their routes in it. */
  readonly takesManaged: boolean;
  /** Where it is named in the Rollout. */
  readonly field: string;
}

/** `unreadable`: the plugin's configuration is not what the plugin takes; `why` ends a sentence. */
export type GatewayRoutes =
  | { readonly kind: 'none' }
  | { readonly kind: 'routes'; readonly routes: readonly GatewayRoute[] }
  | { readonly kind: 'unreadable'; readonly field: string; readonly why: string };

const routing = 'spec.strategy.canary.trafficRouting';

/** Path of the plugin's configuration in a Rollout. */
export const gatewayPluginField = `${routing}.plugins["${gatewayPluginName}"]`;

/** Names of the fields of one kind, in both forms. */
const fieldsOf = {
  HTTPRoute: { list: 'httpRoutes', single: 'httpRoute', singleRule: 'httpRouteRuleName' },
  GRPCRoute: { list: 'grpcRoutes', single: 'grpcRoute', singleRule: 'grpcRouteRuleName' },
  TCPRoute: { list: 'tcpRoutes', single: 'tcpRoute', singleRule: 'tcpRouteRuleName' },
  TLSRoute: { list: 'tlsRoutes', single: 'tlsRoute', singleRule: 'tlsRouteRuleName' },
} as const;

/** Only HTTP and gRPC requests have headers. */
function hasRequests(kind: GatewayRouteKind): boolean {
  return kind === 'HTTPRoute' || kind === 'GRPCRoute';
}

function withRule(rule: string | undefined): { readonly rule?: string } {
  return rule === undefined || rule === '' ? {} : { rule };
}

/** A route that the plugin is given by the single field takes header routes, one of a list when it says so. */
function pluginRoutes(value: unknown, ownNamespace: string): GatewayRoutes {
  const parsed = GatewayPluginConfig.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return {
      kind: 'unreadable',
      field: where ? `${gatewayPluginField}.${where}` : gatewayPluginField,
      why: issue?.message ?? 'it is not an object',
    };
  }
  const config = parsed.data;
  const { namespace = ownNamespace } = config;
  const routes = gatewayRouteKinds.flatMap((kind): GatewayRoute[] => {
    const { list, single, singleRule } = fieldsOf[kind];
    const one = config[single];
    const base = { kind, namespace };
    const only = { ...base, takesManaged: hasRequests(kind), field: `${gatewayPluginField}.${single}` };
    const listed = (config[list] ?? []).map(({ name, ruleName, useHeaderRoutes }, index) => ({
      ...base,
      name,
      ...withRule(ruleName),
      takesManaged: hasRequests(kind) && useHeaderRoutes === true,
      field: `${gatewayPluginField}.${list}[${index}]`,
    }));
    return one === undefined || one === ''
      ? listed
      : [{ ...only, name: one, ...withRule(config[singleRule]) }, ...listed];
  });
  return { kind: 'routes', routes };
}

/** Routes of both forms together, by kind and in the order they are written. An empty list means that a form is there but names none. */
export function gatewayRoutes(rollout: Rollout): GatewayRoutes {
  const trafficRouting = rollout.spec.strategy.canary?.trafficRouting;
  const namespace = rollout.metadata.namespace ?? '';
  const gatewayAPI = trafficRouting?.gatewayAPI;
  const own = gatewayRouteKinds.flatMap((kind) =>
    (gatewayAPI?.[fieldsOf[kind].list] ?? []).map(({ name, rule }, index): GatewayRoute => {
      const field = `${routing}.gatewayAPI.${fieldsOf[kind].list}[${index}]`;
      return { kind, namespace, name, ...withRule(rule), takesManaged: hasRequests(kind), field };
    }),
  );
  const config = trafficRouting?.plugins?.[gatewayPluginName];
  if (config === undefined) return gatewayAPI === undefined ? { kind: 'none' } : { kind: 'routes', routes: own };
  const fromPlugin = pluginRoutes(config, namespace);
  return fromPlugin.kind === 'routes' ? { kind: 'routes', routes: [...own, ...fromPlugin.routes] } : fromPlugin;
}

/** True when a router splits the traffic, so that weights are requests and not pods. */
export function hasTrafficRouting(rollout: Rollout): boolean {
  return rollout.spec.strategy.canary?.trafficRouting !== undefined;
}
