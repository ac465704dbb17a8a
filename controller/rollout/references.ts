/** Which other objects a Rollout names, for the indexes that find the Rollout when one of them changes. Total: any JSON goes in. */

import { canarySteps } from '../../crds/schema/defaults.ts';
import { gatewayRoutes } from '../../crds/schema/gateway-routes.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { RolloutObject } from './observed.ts';

/** Each as `namespace/name`; a ClusterAnalysisTemplate as `name`. */
export interface References {
  readonly services: readonly string[];
  readonly routes: readonly string[];
  readonly templates: readonly string[];
}

const none: References = { services: [], routes: [], templates: [] };
const known = new WeakMap<RolloutObject, References>();

/** Of an unreadable Rollout nothing is known; it is looked at again when it changes itself. */
export function referencesOf(object: RolloutObject): References {
  const cached = known.get(object);
  if (cached !== undefined) return cached;
  const parsed = Rollout.omit({ status: true }).safeParse(object);
  const references = parsed.success ? read(parsed.data) : none;
  known.set(object, references);
  return references;
}

function read(rollout: Omit<Rollout, 'status'>): References {
  const namespace = rollout.metadata.namespace ?? '';
  const canary = rollout.spec.strategy.canary ?? {};
  const routes = gatewayRoutes(rollout);
  const analyses = [
    ...canarySteps(rollout).flatMap((step) => step.analysis ?? []),
    ...(canary.analysis ? [canary.analysis] : []),
  ];
  const templates = analyses.flatMap((analysis) => analysis.templates ?? []);
  return {
    services: [canary.stableService, canary.canaryService].flatMap((name) => (name ? [`${namespace}/${name}`] : [])),
    routes: routes.kind === 'routes' ? routes.routes.map((route) => `${route.namespace}/${route.name}`) : [],
    templates: templates.flatMap(({ templateName, clusterScope }) =>
      templateName ? [clusterScope ? templateName : `${namespace}/${templateName}`] : [],
    ),
  };
}
