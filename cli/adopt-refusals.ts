/**
 * Why a Deployment can't be taken over now: its own state, and what stands around it in its namespace. One sentence for each
 * reason: object, field, what was found, what is allowed, what to do. Pure.
 */

import { isJsonObject, type JsonObject } from '../crds/schema/json.ts';
import { objectText, type Report, reporter, valueText } from '../crds/schema/problem.ts';
import type { KubeObject } from '../kube/api.ts';
import { fieldOf, listOf, textOf } from '../kube/json.ts';
import { type Whole, replicasOf } from './adopt-plan.ts';
import { type Labels, selects } from './label-selector.ts';
import { extraPods, quotaProblems } from './quota-room.ts';

/** What else is in the namespace. */
export interface Surroundings {
  /** Deployments, StatefulSets, DaemonSets and ReplicaSets; the Deployment itself and what it controls may be among them. */
  readonly workloads: readonly Whole[];
  /** Rollouts of any tool, BatchReleases and Canaries. */
  readonly releases: readonly Whole[];
  readonly autoscalers: readonly Whole[];
  readonly quotas: readonly Whole[];
  /** A pod of the Deployment, which has the defaults of a LimitRange; none: its template counts. */
  readonly pod?: JsonObject | undefined;
}

/** Whatever the Deployment itself says against it. `isPaused`: it was paused by this very command. */
export function ownRefusals(deployment: Whole, owned: readonly Whole[], isPaused: boolean): readonly string[] {
  const report = reporter(objectText(deployment));
  const lasting = [...lastingProblems(deployment, report, isPaused), ...leftovers(deployment, report)];
  // What passes by itself is only worth a word when nothing else is in the way.
  return lasting.length > 0 ? lasting : passingProblems(deployment, owned, report);
}

function lastingProblems(deployment: Whole, report: Report, isPaused: boolean): readonly string[] {
  const owner = deployment.metadata.ownerReferences?.find((one) => one.controller === true);
  const at = (...path: string[]) => fieldOf(deployment, 'spec', ...path);
  const said: string[] = [];
  const say = (...parts: Parameters<Report>) => said.push(report(...parts).message);
  if (owner !== undefined)
    say(
      'metadata.ownerReferences',
      `${owner.kind} ${owner.name}`,
      'what an operator makes it also puts back',
      `change ${owner.kind} ${owner.name} instead`,
    );
  if (at('strategy', 'type') === 'Recreate')
    say(
      'spec.strategy.type',
      '"Recreate"',
      'a Rollout keeps old pods until new ones serve',
      'change it to RollingUpdate',
    );
  if (at('revisionHistoryLimit') === 0)
    say('spec.revisionHistoryLimit', '0', 'there must be something to go back to', 'set it to 1 or more');
  if (at('paused') === true && !isPaused)
    say('spec.paused', 'true', 'somebody else holds this Deployment', 'find out why, then run kubectl rollout resume');
  if (replicasOf(deployment) === 0)
    say('spec.replicas', '0', 'pods are handed over while they serve', 'scale it up first');
  return said;
}

/** Annotations by which OpenKruise steers a Deployment; left behind, they say that a release of its own is not over. */
const foreignMarks = ['rollouts.kruise.io/in-progressing', 'rollouts.kruise.io/deployment-strategy'];

function leftovers({ metadata }: Whole, report: Report): readonly string[] {
  return foreignMarks
    .filter((mark) => metadata.annotations?.[mark] !== undefined)
    .map((mark) => {
      const remedy = 'end that release, or remove the annotation if its Rollout is gone';
      return report(`metadata.annotations["${mark}"]`, 'set', 'OpenKruise is releasing it', remedy).message;
    });
}

/** A rollout that is still under way, or that failed. At most one sentence: they all have the same cause. */
function passingProblems(deployment: Whole, owned: readonly Whole[], report: Report): readonly string[] {
  const replicas = replicasOf(deployment);
  const status = (name: string) => Number(fieldOf(deployment, 'status', name) ?? 0);
  const one = (...parts: Parameters<Report>) => [report(...parts).message];
  const waitForEnd = 'wait until its rollout is over';
  const generation = deployment.metadata.generation ?? 0;
  if (status('observedGeneration') < generation)
    return one(
      'status.observedGeneration',
      String(status('observedGeneration')),
      `generation ${generation} has to be seen by its controller first`,
      'try again',
    );
  if (isLate(deployment))
    return one(
      'status.conditions[Progressing].reason',
      '"ProgressDeadlineExceeded"',
      'its last rollout must have succeeded',
      'mend it or run kubectl rollout undo',
    );
  const active = owned.filter((set) => replicasOf(set) > 0);
  if (active.length !== 1)
    return one('the number of its ReplicaSets with pods', String(active.length), 'it has to be 1', waitForEnd);
  const lacking = ['replicas', 'updatedReplicas', 'availableReplicas'].find((name) => status(name) !== replicas);
  return lacking === undefined
    ? []
    : one(`status.${lacking}`, String(status(lacking)), `it has to be ${replicas}`, waitForEnd);
}

function isLate(deployment: Whole): boolean {
  return listOf(deployment, 'status', 'conditions').some(
    (one) => isJsonObject(one) && one.type === 'Progressing' && one.reason === 'ProgressDeadlineExceeded',
  );
}

/** Who else acts on the Deployment or on its pods, and what the namespace lacks. */
export function surroundingRefusals(deployment: Whole, around: Surroundings, strategy: JsonObject): readonly string[] {
  const pod = around.pod ?? templateOf(deployment);
  return [
    ...around.releases.flatMap((release) => releaseProblem(deployment, release)),
    ...around.workloads.flatMap((other) => overlap(deployment, other)),
    ...around.autoscalers.flatMap((autoscaler) => disabledTarget(deployment, autoscaler)),
    ...quotaProblems(around.quotas, pod, extraPods(strategy, replicasOf(deployment))),
  ];
}

/** Where the tools for releases name the workload that they act on: ours and Argo's, OpenKruise's (both versions), Flagger's. */
const references: readonly (readonly string[])[] = [
  ['workloadRef'],
  ['objectRef', 'workloadRef'],
  ['targetReference', 'workloadRef'],
  ['targetRef'],
];

function releaseProblem(deployment: Whole, release: Whole): readonly string[] {
  const { name } = deployment.metadata;
  const path = references.find((one) => {
    const ref = fieldOf(release, 'spec', ...one);
    return isJsonObject(ref) && ref.kind === 'Deployment' && ref.name === name;
  });
  if (path === undefined) return [];
  const group = release.apiVersion.split('/')[0] ?? '';
  const report = reporter(`${objectText(release)} of ${group}`);
  const allowed = 'only one may release a Deployment';
  return [report(`spec.${path.join('.')}.name`, valueText(name), allowed, 'delete it, or eject it first').message];
}

/** Two that pick each other's pods would both count, scale and remove them. */
function overlap(deployment: Whole, other: Whole): readonly string[] {
  const isSelf = other.metadata.uid === deployment.metadata.uid;
  const isControlled = other.metadata.ownerReferences?.some((one) => one.controller === true) ?? false;
  if (isSelf || isControlled) return [];
  const own = fieldOf(deployment, 'spec', 'selector');
  const theirs = fieldOf(other, 'spec', 'selector');
  const isShared = selects(theirs, labelsOf(deployment)) || selects(own, labelsOf(other));
  if (!isShared) return [];
  const parts = [
    'spec.selector',
    JSON.stringify(theirs ?? {}),
    `it must not share pods with Deployment ${deployment.metadata.name}`,
    'give one of the two a label of its own, in selector and template',
  ] as const;
  return [reporter(objectText(other))(...parts).message];
}

function templateOf(object: Whole): JsonObject {
  const template = fieldOf(object, 'spec', 'template');
  return isJsonObject(template) ? template : {};
}

function labelsOf(object: Whole): Labels {
  const labels = fieldOf(templateOf(object), 'metadata', 'labels');
  return isJsonObject(labels) ? labels : {};
}

/** OpenKruise switches an autoscaler off by a suffix on the name of its target, and may have left it so. */
const disabledSuffix = '-disablebyrollout';

function disabledTarget(deployment: Whole, autoscaler: KubeObject & JsonObject): readonly string[] {
  const target = textOf(autoscaler, 'spec', 'scaleTargetRef', 'name') ?? '';
  const { name } = deployment.metadata;
  if (!target.startsWith(`${name}-`) || target.slice(name.length).toLowerCase() !== disabledSuffix) return [];
  const report = reporter(objectText(autoscaler));
  const allowed = 'that suffix keeps it from scaling the Deployment';
  const remedy = `end the release of OpenKruise, or set it back to ${valueText(name)}`;
  return [report('spec.scaleTargetRef.name', valueText(target), allowed, remedy).message];
}
