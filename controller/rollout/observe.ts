/** All reads of one pass: from the caches, and for a new pod template one dry run against the API server. */

import { type Dialect, isArgo, tidegateDialect } from '../../crds/schema/dialect.ts';
import type { RolloutRun } from '../../crds/schema/rollout-run.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import { expandTemplates } from '../../crds/schema/nested-templates.ts';
import { objectText, type Problem } from '../../crds/schema/problem.ts';
import type { Rollout } from '../../crds/schema/rollout.ts';
import { besideOf, namedServices, servicesOf } from '../../crds/schema/services-of.ts';
import {
  analysisUses,
  type FindTemplate,
  type ServiceView as NamedService,
  validateServices,
  validateTemplates,
} from '../../crds/schema/validate-references.ts';
import type { Instant, KubeObject, JsonObject, ObjectKey } from '../../kube/api.ts';
import { composite } from '../traffic/all-routers.ts';
import { inabilities } from '../traffic/inabilities.ts';
import { routeKindId } from '../traffic/route-kinds.ts';
import type { Found, TrafficRouter } from '../traffic/router.ts';
import { type ExperimentView, extraDestinations } from './experiments.ts';
import type { Observed, RolloutObject, ServiceState, SpecProblem, TrafficState } from './observed.ts';
import { isUnderWay } from './lifecycle-status.ts';
import { askedRouters, loadBalancersSeen } from './load-balancers-seen.ts';
import { type ParsedRollout, parseRollout } from './parse-rollout.ts';
import { knownRevision } from './known-revision.ts';
import { namesPreset, namingPreset, type PresetUse, presetUse } from './preset.ts';
import { joinStatus } from './recorded-status.ts';
import type { Caller } from './caller.ts';
import { pluginProblems } from './plugin-names.ts';
import { digestOf } from './template-digest.ts';
import { weightPlan, writtenWeight } from './traffic-plan.ts';
import { withLastServices } from './refused-spec.ts';
import { sideState } from './router-sides.ts';
import type { RolloutStores } from './stores.ts';
import { findWorkload } from './workload.ts';
import { followHull, keysFor, straysOf } from './adopted.ts';

export interface ObserveOptions {
  readonly stores: RolloutStores;
  readonly dialect: Dialect;
  readonly keys: Keys;
  readonly routers: readonly TrafficRouter[];
  /** What is wrong with a template beyond the schema's rules, such as a query that does not parse. */
  readonly lintTemplate?: (template: AnyTemplate) => readonly Problem[];
  /** Step plugins that the operator has named; absent: none. */
  readonly stepPlugins?: ReadonlyMap<string, { readonly disabled: boolean }>;
  readonly calls?: Pick<Caller, 'answers'>;
  /** AWS is asked whether load balancers and target groups have what was written (`--aws-verify-target-group`). */
  readonly verifiesAws?: boolean;
}

/** Everything out of the caches. `now` is the time that the decision will know. */
export function observe(options: ObserveOptions, object: RolloutObject, now: Instant): Observed {
  const { stores, dialect } = options;
  const keys = keysFor(object, options.keys);
  const { view: workload, source, problems: workloadTrouble } = findWorkload(stores.workloads, object);
  const use = isArgo(dialect) ? undefined : usedPreset(stores, object, keys, source);
  const parsed = withPresetProblems(parseRollout(use?.object ?? object, dialect, source), use);
  const { namespace = '', name, uid = '' } = object.metadata;
  const runs = stores.rolloutRuns
    .byIndex('rollout', `${namespace}/${name}`)
    .filter((run) => run.spec.rollout.uid === uid);
  const rollout = followHull(isArgo(dialect) ? withRecord(parsed.rollout, runs) : parsed.rollout, workload);
  const findTemplate = templateFinder(stores, namespace);
  const written = trafficOf(options, rollout);
  const problems = [
    ...parsed.problems,
    ...workloadTrouble,
    ...referenceProblems(options, parsed, findTemplate),
    ...trafficProblems(parsed, written),
    ...pluginProblems(options, parsed),
  ].map((one) => namingPreset(one, use));
  const isUsable = problems.every((one) => one.scope === 'forward');
  const used = isUsable ? rollout : withLastServices(rollout);
  const { stable: stableService, canary: canaryService } = servicesOf(used);
  const replicaSets = stores.replicaSets.byOwner(uid).filter((set) => set.metadata.deletionTimestamp === undefined);
  const pods = replicaSets.flatMap((set) => stores.pods.byIndex('hash', `${namespace}/${set.podHash}`));
  const traffic = isUsable ? written : trafficOf(options, used);
  const sides = { rollout: used, traffic, replicaSets, pods };
  return {
    now,
    dialect,
    keys,
    rollout: used,
    problems,
    podHash: revisionOf(parsed, replicaSets, keys),
    stepHash: parsed.stepHash,
    replicaSets,
    pods,
    stableService: serviceState(options, namespace, stableService, keys.podTemplateHash) ?? sideState(sides, 'stable'),
    canaryService: serviceState(options, namespace, canaryService, keys.podTemplateHash) ?? sideState(sides, 'canary'),
    traffic,
    ...servicesBeside(options, used),
    analysisRuns: stores.analysisRuns.byOwner(uid),
    findTemplate,
    ...(use?.snapshot === undefined ? {} : { preset: use.snapshot }),
    ...(workload === undefined ? {} : { workload, strays: straysOf(stores.workloads, object, workload) }),
    isRunNameTaken: (run) => stores.analysisRuns.get(namespace, run) !== undefined,
    ...experimentsSeen(options, used, stores.experiments.byOwner(uid)),
    ...callsSeen(options, uid),
    ...awsSeen(options, used),
    runs,
  };
}

function revisionOf(parsed: ParsedRollout, replicaSets: Observed['replicaSets'], keys: Keys): string {
  const { podHash, rollout } = parsed;
  const template = rollout.spec.template as unknown as JsonObject;
  return knownRevision({ podHash, template, replicaSets, keys, digest: digestOf });
}

/** The pod template has no part in a preset, so the revision is known before the strategy is. */
function usedPreset(
  stores: RolloutStores,
  object: RolloutObject,
  keys: Keys,
  source: ReturnType<typeof findWorkload>['source'],
): PresetUse | undefined {
  if (!namesPreset(object)) return undefined;
  const { namespace = '', uid = '' } = object.metadata;
  const sets = stores.replicaSets.byOwner(uid).filter((set) => set.metadata.deletionTimestamp === undefined);
  return presetUse(object, {
    podHash: revisionOf(parseRollout(object, tidegateDialect, source), sets, keys),
    find: ({ name, clusterScope }) =>
      clusterScope === true ? stores.clusterStrategyPresets.get('', name) : stores.strategyPresets.get(namespace, name),
    digest: digestOf,
  });
}

/** What is wrong with the preset says it all: without it the strategy is not whole. */
function withPresetProblems(parsed: ParsedRollout, use: PresetUse | undefined): ParsedRollout {
  if (use === undefined || use.problems.length === 0) return parsed;
  const others = parsed.problems.filter((one) => !one.field.startsWith('spec.strategy'));
  return { ...parsed, problems: [...use.problems, ...others] };
}

function callsSeen({ calls, stepPlugins }: ObserveOptions, uid: string): Pick<Observed, 'answers' | 'disabledPlugins'> {
  const off = [...(stepPlugins ?? [])].flatMap(([plugin, { disabled }]) => (disabled ? [plugin] : []));
  return {
    ...(calls === undefined ? {} : { answers: calls.answers(uid) }),
    ...(off.length === 0 ? {} : { disabledPlugins: new Set(off) }),
  };
}

/** Experiments of steps, and those of their Services that shall get weight. */
function experimentsSeen(
  options: ObserveOptions,
  rollout: Observed['rollout'],
  owned: readonly KubeObject[],
): Pick<Observed, 'experiments' | 'extras' | 'isExperimentNameTaken'> {
  const { namespace } = rollout.metadata;
  // Validated by the API server against the CRD made from the schema of this type.
  const experiments = owned as readonly ExperimentView[];
  const readyOf = (service: string, podHash: string) =>
    readyEndpoints(options.stores, namespace, service)[podHash] ?? 0;
  return {
    experiments,
    extras: experiments.length === 0 ? [] : extraDestinations({ rollout, experiments, keys: options.keys }, readyOf),
    isExperimentNameTaken: (name) => options.stores.experiments.get(namespace, name) !== undefined,
  };
}

function withRecord(rollout: ParsedRollout['rollout'], runs: readonly RolloutRun[]): ParsedRollout['rollout'] {
  return { ...rollout, status: joinStatus(rollout.status, runs) };
}

/** Looks up the templates that Rollouts of this namespace may name. */
export function templateFinder(
  stores: Pick<RolloutStores, 'analysisTemplates' | 'clusterAnalysisTemplates'>,
  namespace: string,
): FindTemplate {
  return ({ templateName, clusterScope }) => {
    if (templateName === undefined) return undefined;
    const found = clusterScope
      ? stores.clusterAnalysisTemplates.get('', templateName)
      : stores.analysisTemplates.get(namespace, templateName);
    // Validated by the API server against the CRD made from the schema of this type.
    return found as AnyTemplate | undefined;
  };
}

/** Argo refuses the whole spec while something it names is missing, and so do we: nothing moves on half a plan. */
function referenceProblems(options: ObserveOptions, parsed: ParsedRollout, find: FindTemplate): readonly SpecProblem[] {
  if (parsed.problems.length > 0) return [];
  const { rollout } = parsed;
  const { namespace } = rollout.metadata;
  const services = new Map<string, NamedService>();
  for (const { name } of namedServices(rollout)) {
    const view = options.stores.services.get(namespace, name);
    if (view === undefined) continue;
    const { annotations } = view.metadata;
    services.set(name, { selector: view.selector, ...(annotations ? { annotations } : {}) });
  }
  const problem =
    (scope: SpecProblem['scope']) =>
    ({ field, message }: { readonly field: string; readonly message: string }): SpecProblem => ({
      scope,
      field,
      message,
    });
  return [
    ...validateServices(rollout, services, options.dialect).map(problem('spec')),
    // Without its templates nothing can be judged, but traffic can still go back.
    ...templateProblems(options, rollout, find).map(problem('forward')),
  ];
}

/** The rules of the schema, and what the backends say of queries and addresses; each sentence once. */
function templateProblems(options: ObserveOptions, rollout: Rollout, find: FindTemplate): readonly Problem[] {
  const named = analysisUses(rollout).flatMap(({ analysis: { templates = [] } }) => templates);
  const linted = expandTemplates(named, find).templates.flatMap((template) => options.lintTemplate?.(template) ?? []);
  const all = [...validateTemplates(rollout, find, options.dialect), ...linted];
  return all.filter((one, index) => all.findIndex((other) => other.message === one.message) === index);
}

/** Read with an unusable spec too: the way back to stable needs it. */
function trafficOf(options: ObserveOptions, rollout: ParsedRollout['rollout']): TrafficState | undefined {
  if (rollout.spec.strategy?.canary?.trafficRouting === undefined) return undefined;
  const router = composite(routersFor(options, rollout), rollout);
  if (router === undefined) return undefined;
  const found = finder(options);
  return { router, found, state: router.read(rollout, found) };
}

function isAsked({ verifiesAws }: ObserveOptions, { status }: ParsedRollout['rollout']): boolean {
  return verifiesAws === true && isUnderWay(status);
}

function routersFor(options: ObserveOptions, rollout: ParsedRollout['rollout']): readonly TrafficRouter[] {
  if (!isAsked(options, rollout)) return options.routers;
  return askedRouters(options.routers, rollout, options.calls?.answers(rollout.metadata.uid));
}

/** Only while a revision is on its way: nobody asks AWS about Rollouts that stand still. */
function awsSeen(
  options: ObserveOptions,
  rollout: ParsedRollout['rollout'],
): Pick<Observed, 'loadBalancers' | 'verifiesTargets'> {
  if (!isAsked(options, rollout)) return {};
  const answers = options.calls?.answers(rollout.metadata.uid);
  return { verifiesTargets: true, loadBalancers: loadBalancersSeen(rollout, finder(options), answers) };
}

function finder({ stores }: ObserveOptions): Found {
  return (key: ObjectKey): (KubeObject & JsonObject) | undefined =>
    stores.routes.get(routeKindId(key))?.get(key.namespace, key.name);
}

/** Asks the router to plan what is there already: a refusal says what is wrong with the routes. */
function trafficProblems(
  { rollout, problems }: ParsedRollout,
  traffic: TrafficState | undefined,
): readonly SpecProblem[] {
  const canary = rollout.spec.strategy?.canary;
  if (problems.length > 0 || canary?.trafficRouting === undefined) return [];
  if (traffic === undefined) {
    const message = `${objectText(rollout)}: spec.strategy.canary.trafficRouting names no router that this controller serves: use gatewayAPI.httpRoutes.`;
    return [{ scope: 'spec', field: 'spec.strategy.canary.trafficRouting', message }];
  }
  const now = writtenWeight(traffic.state, 100) ?? 0;
  const services = servicesOf(rollout);
  const plan = weightPlan(services.stable ?? '', services.canary ?? '', now, 100);
  const answer = traffic.router.plan(rollout, plan, traffic.found);
  const refusals = [...('kind' in answer ? [answer] : []), ...inabilities(rollout, traffic.router)];
  return refusals.map(({ field, message }) => ({
    scope: 'spec',
    field,
    message: `${objectText(rollout)}: ${field}: ${message}.`,
  }));
}

function servicesBeside(options: ObserveOptions, rollout: Observed['rollout']): Pick<Observed, 'beside'> {
  const named = besideOf(rollout);
  if (named === undefined) return {};
  const stateOf = (name: string | undefined) =>
    serviceState(options, rollout.metadata.namespace, name, options.keys.podTemplateHash);
  return { beside: { stable: stateOf(named.stable), canary: stateOf(named.canary) } };
}

function serviceState(
  options: ObserveOptions,
  namespace: string,
  name: string | undefined,
  hashKey: string,
): ServiceState | undefined {
  const view = name === undefined ? undefined : options.stores.services.get(namespace, name);
  if (view === undefined || name === undefined) return undefined;
  return {
    view,
    podHash: view.selector[hashKey],
    readyByHash: readyEndpoints(options.stores, namespace, name),
  };
}

/** Ready endpoints by the revision of their pods. One pod may stand in several slices (IPv4 and IPv6) and counts once. */
export function readyEndpoints(
  stores: Pick<RolloutStores, 'endpointSlices' | 'pods'>,
  namespace: string,
  service: string,
): Readonly<Record<string, number>> {
  const slices = stores.endpointSlices.byIndex('service', `${namespace}/${service}`);
  const names = new Set(slices.flatMap((slice) => slice.endpoints.filter((one) => one.ready).map((one) => one.pod)));
  const counts: Record<string, number> = {};
  for (const name of names) {
    const podHash = stores.pods.get(namespace, name)?.podHash ?? '';
    counts[podHash] = (counts[podHash] ?? 0) + 1;
  }
  return counts;
}
