/** All reads of one pass, from the caches: the Experiment, what it owns, and the Rollout whose step it may be. */

import type { AnyTemplate } from '../../crds/schema/merge-templates.ts';
import { promotionDrainMs } from '../../crds/schema/defaults.ts';
import { type Dialect, isArgo } from '../../crds/schema/dialect.ts';
import type { ExperimentTemplate } from '../../crds/schema/experiment.ts';
import type { Keys } from '../../crds/schema/keys.ts';
import type { FindTemplate } from '../../crds/schema/nested-templates.ts';
import { objectText, type Problem, problem } from '../../crds/schema/problem.ts';
import { asRun } from '../../crds/schema/resolve-preset.ts';
import { Rollout } from '../../crds/schema/rollout.ts';
import type { Instant } from '../../kube/api.ts';
import type { ReplicaSetView, RolloutObject, ServiceView } from '../rollout/observed.ts';
import { templateFinder } from '../rollout/observe.ts';
import type { RolloutStores } from '../rollout/stores.ts';
import { analysisSpecOf } from './analysis-spec.ts';
import { hashOf, portsOf } from './drafts.ts';
import type { ExperimentObject, Observed, OwnerView, TemplateView } from './observed.ts';
import { parseExperiment } from './parse.ts';
import { serviceName } from './settings.ts';

export interface ObserveOptions {
  readonly stores: RolloutStores;
  readonly dialect: Dialect;
  readonly keys: Keys;
  /** What is wrong with a template beyond the schema's rules, such as a query that does not parse. */
  readonly lintTemplate?: (template: AnyTemplate) => readonly Problem[];
  /** The API server's words when it refused to create an object, by uid of the Experiment and name of the template. */
  readonly refusals: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

/** Undefined when the Experiment is gone. `now` is the time that the decision will know. */
export function observe(options: ObserveOptions, namespace: string, name: string, now: Instant): Observed | undefined {
  const { stores, dialect, keys } = options;
  const object = stores.experiments.get(namespace, name);
  const uid = object?.metadata.uid;
  if (object === undefined || uid === undefined) return undefined;
  const { experiment, problems } = parseExperiment(object);
  const sets = stores.replicaSets.byOwner(uid).filter((set) => set.metadata.deletionTimestamp === undefined);
  const rollout = ownerOf(stores, experiment);
  const templates = experiment.spec.templates.map((one) => templateView(options, experiment, one, sets));
  const findTemplate = templateFinder(stores, namespace);
  const routedPorts = portsBehind(stores, rollout);
  const observed = {
    now,
    dialect,
    keys,
    experiment,
    problems,
    templates,
    sets,
    services: stores.services.byOwner(uid),
    runs: stores.analysisRuns.byOwner(uid),
    findTemplate,
    isRunNameTaken: (run: string) => stores.analysisRuns.get(namespace, run) !== undefined,
    routedPorts,
    owner: rollout === undefined ? undefined : ownerView(experiment, rollout, dialect),
  };
  if (problems.length > 0) return observed;
  return { ...observed, problems: furtherProblems(options, observed) };
}

function templateView(
  { stores, keys, refusals }: ObserveOptions,
  experiment: ExperimentObject,
  spec: ExperimentTemplate,
  sets: readonly ReplicaSetView[],
): TemplateView {
  const { namespace = '', uid = '' } = experiment.metadata;
  const set = sets.find((one) => one.metadata.annotations?.[keys.experimentTemplateName] === spec.name);
  const known = experiment.status?.templateStatuses?.find(({ name }) => name === spec.name);
  const podHash = set?.podHash ?? hashOf(experiment, spec, keys, known?.collisionCount);
  const name = serviceName(experiment, spec);
  const service = name === undefined ? undefined : stores.services.get(namespace, name);
  return {
    spec,
    podHash,
    isHashTaken: set === undefined && stores.replicaSets.byIndex('hash', `${namespace}/${podHash}`).length > 0,
    set,
    service,
    refusal: refusals.get(uid)?.get(spec.name) ?? foreignService(service, uid),
  };
}

/** A Service of that name which is somebody else's is neither used nor changed. */
function foreignService(service: ServiceView | undefined, uid: string): string | undefined {
  if (service === undefined || service.metadata.ownerReferences?.some((one) => one.uid === uid)) return undefined;
  return `Service ${service.metadata.name} exists and is not this Experiment's: name another one in service.name`;
}

/** The Rollout that controls it, as long as that exists. */
function ownerOf(stores: RolloutStores, { metadata }: ExperimentObject): RolloutObject | undefined {
  const reference = metadata.ownerReferences?.find((one) => one.controller === true && one.kind === 'Rollout');
  const rollout = reference && stores.rollouts.get(metadata.namespace ?? '', reference.name);
  return rollout?.metadata.uid === reference?.uid ? rollout : undefined;
}

/** What is needed of a Rollout; the rest of its status may be of another version. */
const OwnerFields = Rollout.omit({ status: true });

function ownerView(experiment: ExperimentObject, rollout: RolloutObject, dialect: Dialect): OwnerView {
  const { namespace = '', name } = rollout.metadata;
  const parsed = OwnerFields.safeParse(asRun(rollout));
  return {
    key: { group: dialect.group, kind: 'Rollout', namespace, name },
    isHolding: rollout.metadata.deletionTimestamp === undefined && isHeldBy(rollout, experiment.metadata.name),
    drainMs: parsed.success ? promotionDrainMs(parsed.data, dialect) : 0,
  };
}

/** True while the Rollout's status names the Experiment as the one of its current step. */
export function isHeldBy(rollout: RolloutObject, experiment: string): boolean {
  const { canary } = (rollout['status'] ?? {}) as { canary?: { currentExperiment?: string } };
  return canary?.currentExperiment === experiment;
}

function portsBehind(stores: RolloutStores, rollout: RolloutObject | undefined): Observed['routedPorts'] {
  const parsed = rollout === undefined ? undefined : OwnerFields.safeParse(asRun(rollout));
  const stable = parsed?.success ? parsed.data.spec.strategy.canary?.stableService : undefined;
  const service = stable && stores.services.get(rollout?.metadata.namespace ?? '', stable);
  return service ? (service.ports ?? []) : [];
}

/** What is only known with the objects that it names; of what has begun already nothing is refused any more. */
function furtherProblems(options: ObserveOptions, observed: Observed): readonly string[] {
  const { experiment, dialect, routedPorts } = observed;
  const object = objectText(experiment);
  const hasBegun = experiment.status?.availableAt !== undefined;
  if (hasBegun || isArgo(dialect)) return [];
  const portless = experiment.spec.templates.flatMap((one, index) => {
    if (serviceName(experiment, one) === undefined || portsOf(one, routedPorts).length > 0) return [];
    const allowed = 'no container of the template declares a port that the Service could have';
    return [{ object, field: `spec.templates[${index}].service`, found: 'set', allowed, remedy: 'add containerPort' }];
  });
  const unfit = (experiment.spec.analyses ?? []).flatMap((analysis, index) => {
    const spec = analysisSpecOf(observed, analysis);
    return 'problem' in spec ? [`${object}: spec.analyses[${index}]: ${spec.problem}.`] : [];
  });
  return [...portless.map((one) => problem(one).message), ...unfit, ...lintProblems(options, observed)];
}

function lintProblems({ lintTemplate }: ObserveOptions, { experiment, findTemplate }: Observed): readonly string[] {
  const find: FindTemplate = findTemplate;
  const found = (experiment.spec.analyses ?? []).flatMap(({ templateName, clusterScope }) => {
    const template = find({ templateName, ...(clusterScope === undefined ? {} : { clusterScope }) });
    return template === undefined ? [] : (lintTemplate?.(template) ?? []);
  });
  return [...new Set(found.map(({ message }) => message))];
}
