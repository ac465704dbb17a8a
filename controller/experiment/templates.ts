/** The status of each template: counts, outcome so far, and the deadline for its pods. Pure. */

import type { TemplatePhase, TemplateStatus } from '../../crds/schema/experiment.ts';
import type { Instant } from '../../kube/api.ts';
import { instantOf, timeText } from '../rollout/time-text.ts';
import type { Observed, TemplateView } from './observed.ts';
import { deadlineSeconds, replicasOf, serviceName } from './settings.ts';

/** An outcome that a template keeps. */
export function isOver(phase: TemplatePhase | undefined): boolean {
  return phase === 'Successful' || phase === 'Failed' || phase === 'Error';
}

export function statusOf(observed: Observed, name: string): TemplateStatus | undefined {
  return observed.experiment.status?.templateStatuses?.find((one) => one.name === name);
}

/** The next status of all templates, in the order of the spec. */
export function nextTemplates(observed: Observed): readonly TemplateStatus[] {
  return observed.templates.map((view) => nextTemplate(observed, view));
}

function nextTemplate(observed: Observed, view: TemplateView): TemplateStatus {
  const before = statusOf(observed, view.spec.name);
  const counted = counts(observed, view, before);
  if (isOver(before?.status)) return { ...counted, ...outcomeOf(before) };
  return { ...counted, ...judged(observed, view, counted) };
}

function outcomeOf(status: TemplateStatus | undefined): Pick<TemplateStatus, 'status' | 'message'> {
  const { status: phase, message } = status ?? {};
  return { ...(phase === undefined ? {} : { status: phase }), ...(message === undefined ? {} : { message }) };
}

const countFields = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'] as const;

/** What is seen of its objects. The time moves with the counts, so that the deadline counts from the last progress. */
function counts(observed: Observed, view: TemplateView, before: TemplateStatus | undefined): TemplateStatus {
  const { replicas = 0, ready = 0, available = 0 } = view.set?.status ?? {};
  const seen = {
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: view.set === undefined ? 0 : Math.min(available, Math.max(view.set.replicas, 0)),
  };
  const isSame = before !== undefined && countFields.every((field) => before[field] === seen[field]);
  const collisions = (before?.collisionCount ?? 0) + (view.isHashTaken ? 1 : 0);
  const isServed = view.service !== undefined && isOwn(observed, view.service);
  const service = serviceName(observed.experiment, view.spec);
  return {
    name: view.spec.name,
    ...seen,
    ...(collisions === 0 ? {} : { collisionCount: collisions }),
    lastTransitionTime: isSame ? (before.lastTransitionTime ?? timeText(observed.now)) : timeText(observed.now),
    ...(isServed && service !== undefined ? { serviceName: service } : {}),
    ...(view.set === undefined ? {} : { podTemplateHash: view.set.podHash }),
  };
}

/** True when the Experiment owns the object. */
export function isOwn({ experiment }: Observed, { metadata }: Pick<TemplateView['set'] & object, 'metadata'>): boolean {
  return metadata.ownerReferences?.some((one) => one.uid === experiment.metadata.uid) ?? false;
}

function judged(
  observed: Observed,
  view: TemplateView,
  { availableReplicas, lastTransitionTime }: TemplateStatus,
): Pick<TemplateStatus, 'status' | 'message'> {
  const { spec, refusal } = view;
  if (refusal !== undefined) return { status: 'Error', message: `Template '${spec.name}': ${refusal}` };
  if (view.set !== undefined && availableReplicas === replicasOf(spec)) return { status: 'Running' };
  const until = deadlineOf(observed, lastTransitionTime);
  if (until > observed.now) return { status: 'Progressing' };
  const seconds = deadlineSeconds(observed.experiment);
  const why = view.set?.failure === undefined ? '' : `: ${view.set.failure}`;
  return {
    status: 'Failed',
    message: `Template '${spec.name}' exceeded its progressDeadlineSeconds (${seconds})${why}`,
  };
}

function deadlineOf(observed: Observed, since: string | undefined): Instant {
  return (instantOf(since) ?? observed.now) + deadlineSeconds(observed.experiment) * 1000;
}

/** When the first of the templates that still wait for pods would fail. */
export function nextDeadline(observed: Observed, templates: readonly TemplateStatus[]): Instant | undefined {
  const open = templates.filter(({ status }) => status === 'Progressing');
  const times = open.map(({ lastTransitionTime }) => deadlineOf(observed, lastTransitionTime));
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The end of the Experiment is a success of the templates that ran until then. */
export function concluded(templates: readonly TemplateStatus[]): readonly TemplateStatus[] {
  return templates.map((one) => (isOver(one.status) ? one : { ...one, status: 'Successful' as const }));
}
