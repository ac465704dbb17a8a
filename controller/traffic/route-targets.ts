/** Which HTTPRoutes a Rollout names, from the built-in form and from the form of Argo's Gateway API plugin. */

import { z } from 'zod';
import type { Rollout } from '../../crds/schema/rollout.ts';

export interface RouteTarget {
  readonly name: string;
  readonly namespace: string;
  /** Only the rule of this name; absent: every rule that names both Services. */
  readonly rule?: string;
  /** Where in the spec it was named. */
  readonly field: string;
}

/** Key and shape of the plugin configuration as `argoproj-labs/gatewayAPI` reads it. */
const pluginName = 'argoproj-labs/gatewayAPI';
const PluginConfig = z.looseObject({
  httpRoute: z.string().optional(),
  httpRoutes: z.array(z.looseObject({ name: z.string() })).optional(),
  namespace: z.string().optional(),
});

export function routeTargets(rollout: Rollout): readonly RouteTarget[] {
  const routing = rollout.spec.strategy?.canary?.trafficRouting;
  const own = rollout.metadata.namespace ?? '';
  const field = 'spec.strategy.canary.trafficRouting';
  const builtIn = (routing?.gatewayAPI?.httpRoutes ?? []).map((route, index) => ({
    name: route.name,
    namespace: own,
    ...(route.rule === undefined ? {} : { rule: route.rule }),
    field: `${field}.gatewayAPI.httpRoutes[${index}]`,
  }));
  return [...builtIn, ...pluginTargets(routing?.plugins?.[pluginName], own, `${field}.plugins["${pluginName}"]`)];
}

function pluginTargets(config: unknown, own: string, field: string): readonly RouteTarget[] {
  const parsed = PluginConfig.safeParse(config);
  if (!parsed.success) return [];
  const { httpRoute, httpRoutes, namespace } = parsed.data;
  const names = [...(httpRoute === undefined ? [] : [httpRoute]), ...(httpRoutes ?? []).map((route) => route.name)];
  return names.map((name) => ({ name, namespace: namespace ?? own, field }));
}
