/** Which HTTPRoutes a Rollout manages, whether they are named in Tidegate's own form or in Argo's plugin form. */

import type { Rollout } from './rollout.ts';
import { GatewayPluginConfig, gatewayPluginName } from './traffic-routing.ts';

/** `rule` is absent when every rule that refers to both Services is managed. */
export interface GatewayRoute {
  readonly namespace: string;
  readonly name: string;
  readonly rule?: string;
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
  const { httpRoute, httpRoutes, namespace = ownNamespace } = parsed.data;
  const single =
    httpRoute === undefined || httpRoute === ''
      ? []
      : [{ namespace, name: httpRoute, field: `${gatewayPluginField}.httpRoute` }];
  const listed = (httpRoutes ?? []).map(({ name }, index) => ({
    namespace,
    name,
    field: `${gatewayPluginField}.httpRoutes[${index}]`,
  }));
  return { kind: 'routes', routes: [...single, ...listed] };
}

/** Routes of both forms together, in the order they are written. An empty list means that a form is there but names none. */
export function gatewayRoutes(rollout: Rollout): GatewayRoutes {
  const trafficRouting = rollout.spec.strategy.canary?.trafficRouting;
  const namespace = rollout.metadata.namespace ?? '';
  const own = (trafficRouting?.gatewayAPI?.httpRoutes ?? []).map(({ name, rule }, index) => {
    const field = `${routing}.gatewayAPI.httpRoutes[${index}]`;
    return rule === undefined ? { namespace, name, field } : { namespace, name, rule, field };
  });
  const config = trafficRouting?.plugins?.[gatewayPluginName];
  if (config === undefined)
    return trafficRouting?.gatewayAPI === undefined ? { kind: 'none' } : { kind: 'routes', routes: own };
  const fromPlugin = pluginRoutes(config, namespace);
  return fromPlugin.kind === 'routes' ? { kind: 'routes', routes: [...own, ...fromPlugin.routes] } : fromPlugin;
}

/** True when a router splits the traffic, so that weights are requests and not pods. */
export function hasTrafficRouting(rollout: Rollout): boolean {
  return rollout.spec.strategy.canary?.trafficRouting !== undefined;
}
