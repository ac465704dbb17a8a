/**
 * What the rollout and analysis rooms would refuse, found before a commit is applied: every Rollout and analysis template of
 * a set is judged together with what it names, in the set or in the cluster.
 */

import { AnalysisTemplate } from '../../crds/schema/analysis-template.ts';
import { type Dialect, isArgo, ownGroup } from '../../crds/schema/dialect.ts';
import { isJsonObject, type JsonObject } from '../../crds/schema/json.ts';
import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import { unsupportedFields } from '../../crds/schema/not-supported.ts';
import { objectText, type Problem, problem } from '../../crds/schema/problem.ts';
import { presetProblems } from '../../crds/schema/resolve-preset.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import { namedServices, servicesOf as servicesByRole } from '../../crds/schema/services-of.ts';
import { type ServiceView, validateServices, validateTemplates } from '../../crds/schema/validate-references.ts';
import { validateRollout } from '../../crds/schema/validate-rollout.ts';
import { AnyPreset } from '../../crds/schema/strategy-preset.ts';
import type { KubeObject, ObjectKey } from '../../kube/api.ts';
import { presetNow, withPresetName } from '../rollout/preset.ts';
import { composite } from '../traffic/all-routers.ts';
import { inabilities } from '../traffic/inabilities.ts';
import type { Found, TrafficRouter } from '../traffic/router.ts';
import { groupOf, idOf, type Manifest, objectId } from './objects.ts';
import type { CheckContext, SetCheck } from './set-checks.ts';

export interface RolloutCheckOptions {
  readonly dialect: Dialect;
  readonly routers: readonly TrafficRouter[];
  /** What is wrong with a template by itself. */
  readonly lint: (template: AnyTemplate) => readonly Problem[];
  /** The live object; undefined when there is none, or its kind is not cached. Asked for what the set itself lacks. */
  readonly live: (key: ObjectKey) => KubeObject | undefined;
}

/** Shapes that the schema does not know are left to the API server, whose dry run comes next. */
export function rolloutChecks(options: RolloutCheckOptions): SetCheck {
  return (objects, context) => {
    const inSet = new Map(objects.map((object) => [objectId(object), object]));
    const find = (key: ObjectKey): KubeObject | undefined =>
      inSet.get(idOf(key)) ?? staying(options.live(key), context);
    const own = objects.filter((object) => groupOf(object.apiVersion) === options.dialect.group);
    const found = own.flatMap((object) => problemsOf(object, find, options));
    return found.filter((one, index) => found.findIndex((other) => other.message === one.message) === index);
  };
}

type Find = (key: ObjectKey) => KubeObject | undefined;

/** A live object that this GitSync applied and that is not in the set any more is about to be deleted. */
function staying(live: KubeObject | undefined, context: CheckContext): KubeObject | undefined {
  const isLeaving = live !== undefined && context.leaves(live);
  return isLeaving ? undefined : live;
}

function problemsOf(object: Manifest, find: Find, options: RolloutCheckOptions): readonly Problem[] {
  switch (object.kind) {
    case 'AnalysisTemplate':
    case 'ClusterAnalysisTemplate': {
      const parsed = AnalysisTemplate.safeParse(object);
      return parsed.success ? options.lint({ ...parsed.data, kind: object.kind } as AnyTemplate) : [];
    }
    case 'StrategyPreset':
    case 'ClusterStrategyPreset': {
      const parsed = AnyPreset.safeParse(object);
      return parsed.success ? presetProblems(parsed.data) : [];
    }
    case 'Rollout':
      return withPreset(object, find, options);
    default:
      return [];
  }
}

/** A Rollout is judged by the strategy that its preset would give it, and what comes of the preset is told by its name. */
function withPreset(object: Manifest, find: Find, options: RolloutCheckOptions): readonly Problem[] {
  const use = isArgo(options.dialect)
    ? undefined
    : presetNow(object, ({ name, clusterScope }) => {
        const kind = clusterScope === true ? 'ClusterStrategyPreset' : 'StrategyPreset';
        const namespace = clusterScope === true ? '' : (object.metadata.namespace ?? '');
        return find({ group: ownGroup, kind, namespace, name }) as Manifest | undefined;
      });
  if (use === undefined) return rolloutProblems(object, find, options);
  if (use.problems.length > 0) return use.problems;
  return rolloutProblems(use.object, find, options).map((one) => withPresetName(one, object, use.preset));
}

function rolloutProblems(object: Manifest, find: Find, options: RolloutCheckOptions): readonly Problem[] {
  const { dialect } = options;
  const parsed = Rollout.omit({ status: true }).safeParse(object);
  if (!parsed.success) return [];
  const rollout: Rollout = parsed.data;
  const own = [...unsupportedFields(object), ...foreignTemplate(rollout), ...validateRollout(rollout, dialect)];
  if (own.length > 0) return own;
  return [
    ...validateServices(rollout, servicesOf(rollout, find), dialect),
    ...validateTemplates(rollout, (reference) => templateOf(rollout, reference, find, dialect), dialect),
    ...routeProblems(rollout, find, options.routers),
  ];
}

/** A release is known by the template in the Rollout, and the config that travels with it is found there. */
function foreignTemplate(rollout: Rollout): readonly Problem[] {
  if (rollout.spec.workloadRef === undefined) return [];
  const allowed = 'a Rollout that a GitSync applies must have its own pod template in this version';
  const remedy = 'move the template into spec.template, or apply the Rollout without a GitSync';
  const field = 'spec.workloadRef';
  return [problem({ object: objectText(rollout), field, found: 'set', allowed, remedy })];
}

function servicesOf(rollout: Rollout, find: Find): ReadonlyMap<string, ServiceView> {
  const namespace = rollout.metadata.namespace ?? '';
  const views = new Map<string, ServiceView>();
  for (const { name } of namedServices(rollout)) {
    const service = find({ group: '', kind: 'Service', namespace, name });
    if (service !== undefined) views.set(name, viewOf(service));
  }
  return views;
}

/** Of the set a manifest, of the cache a view with the selector at its top. */
function viewOf(service: KubeObject): ServiceView {
  const { spec, selector } = service as unknown as JsonObject;
  const found = isJsonObject(spec) ? spec['selector'] : selector;
  const texts = isJsonObject(found)
    ? Object.entries(found).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []))
    : [];
  const { annotations } = service.metadata;
  return { selector: Object.fromEntries(texts), ...(annotations === undefined ? {} : { annotations }) };
}

function templateOf(
  rollout: Rollout,
  reference: { readonly templateName?: string | undefined; readonly clusterScope?: boolean | undefined },
  find: Find,
  dialect: Dialect,
): AnyTemplate | undefined {
  const { templateName, clusterScope } = reference;
  if (templateName === undefined) return undefined;
  const kind = clusterScope ? 'ClusterAnalysisTemplate' : 'AnalysisTemplate';
  const namespace = clusterScope ? '' : (rollout.metadata.namespace ?? '');
  const found = find({ group: dialect.group, kind, namespace, name: templateName });
  const parsed = AnalysisTemplate.safeParse(found);
  return parsed.success ? ({ ...parsed.data, kind } as AnyTemplate) : undefined;
}

/** The router plans the weights of a first install: whatever it refuses then, it would refuse later. */
function routeProblems(rollout: Rollout, find: Find, routers: readonly TrafficRouter[]): readonly Problem[] {
  const { canary } = rollout.spec.strategy;
  const router = composite(routers, rollout);
  if (router === undefined || canary?.trafficRouting === undefined) return [];
  const { stable = '', canary: other = '' } = servicesByRole(rollout);
  const plan = {
    total: 100,
    destinations: [
      { service: stable, role: 'stable', weight: 100 },
      { service: other, role: 'canary', weight: 0 },
    ],
  } as const;
  const answer = router.plan(rollout, plan, find as Found);
  const refusals = [...('kind' in answer ? [answer] : []), ...inabilities(rollout, router)];
  return refusals.map(({ field, message }) => {
    const sentence = `${objectText(rollout)}: ${field}: ${message}.`;
    return { field, found: 'not usable', allowed: message, remedy: 'correct it', message: sentence };
  });
}
