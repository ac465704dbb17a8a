/** Which other objects a Rollout names, for the indexes that find the Rollout when one of them changes. Total: any JSON goes in. */

import { Rollout } from '../../crds/schema/rollout.ts';
import { asRun } from '../../crds/schema/resolve-preset.ts';
import { analysisUses } from '../../crds/schema/validate-references.ts';
import { namedServices } from '../../crds/schema/services-of.ts';
import type { KindRef, ObjectMeta } from '../../kube/api.ts';
import { queueKey } from '../../kube/ref.ts';
import { routers } from '../traffic/all-routers.ts';
import { routeKindId } from '../traffic/route-kinds.ts';
import type { RolloutObject } from './observed.ts';
import { workloadKey } from './workload.ts';

/** Each as `namespace/name`; a ClusterAnalysisTemplate as `name`, a route as `routeReference`. */
export interface References {
  readonly services: readonly string[];
  readonly routes: readonly string[];
  readonly templates: readonly string[];
  /** A ClusterStrategyPreset as `name`. */
  readonly presets: readonly string[];
  /** As `workloadKey`. */
  readonly workloads: readonly string[];
}

const none: References = { services: [], routes: [], templates: [], presets: [], workloads: [] };
const known = new WeakMap<RolloutObject, References>();

/** Of an unreadable Rollout nothing is known; it is looked at again when it changes itself. */
export function referencesOf(object: RolloutObject): References {
  const cached = known.get(object);
  if (cached !== undefined) return cached;
  const parsed = Rollout.omit({ status: true }).safeParse(asRun(object));
  const references = parsed.success ? read(parsed.data) : none;
  known.set(object, references);
  return references;
}

function read(rollout: Omit<Rollout, 'status'>): References {
  const inNamespace = (name: string) => queueKey({ ...rollout.metadata, name });
  const templates = analysisUses(rollout).flatMap(({ analysis }) => analysis.templates ?? []);
  const { preset } = rollout.spec.strategy;
  const { kind, name } = rollout.spec.workloadRef ?? {};
  return {
    workloads: kind && name ? [workloadKey(kind, { ...rollout.metadata, name })] : [],
    presets: preset === undefined ? [] : [preset.clusterScope ? preset.name : inNamespace(preset.name)],
    services: namedServices(rollout).map((one) => inNamespace(one.name)),
    routes: routers.flatMap((router) => router.needs(rollout)).map((key) => routeReference(key, key)),
    templates: templates.flatMap(({ templateName, clusterScope }) =>
      templateName ? [clusterScope ? templateName : inNamespace(templateName)] : [],
    ),
  };
}

/** What the index `route` knows an object of a router by: kinds may share a name. */
export function routeReference(kind: KindRef, route: Pick<ObjectMeta, 'namespace' | 'name'>): string {
  return `${routeKindId(kind)}/${queueKey(route)}`;
}
