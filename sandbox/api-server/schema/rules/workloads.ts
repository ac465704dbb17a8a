/** What a server checks of ReplicaSets, Deployments, Jobs and pods. */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { isSameJson } from '../../fields/same-json.ts';
import { forbidden, invalidValue, notSupported, required } from '../field-cause.ts';
import { podSpecCauses } from './pod-spec.ts';
import { numberOf, part } from './reading.ts';
import { isEmptySelector, matches, selectorCauses } from './selector.ts';
import { labels, notNegative } from './texts.ts';

export function podCauses(pod: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  // What of a pod may change at all is a matter of its own rules.
  return old !== undefined && old['spec'] === pod['spec'] ? [] : podSpecCauses(part(pod, 'spec'), 'spec');
}

export function replicaSetCauses(set: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  const spec = part(set, 'spec');
  if (old !== undefined && old['spec'] === set['spec']) return statusCauses(set, old, 'fullyLabeledReplicas');
  return [
    ...notNegative('spec.replicas', spec['replicas']),
    ...notNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...selectedTemplateCauses(spec),
    ...immutable(spec, old, 'selector'),
  ];
}

export function deploymentCauses(deployment: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  const spec = part(deployment, 'spec');
  if (old !== undefined && old['spec'] === deployment['spec']) return statusCauses(deployment, old, 'updatedReplicas');
  return [
    ...notNegative('spec.replicas', spec['replicas']),
    ...selectedTemplateCauses(spec),
    ...strategyCauses(part(spec, 'strategy')),
    ...notNegative('spec.minReadySeconds', spec['minReadySeconds']),
    ...notNegative('spec.revisionHistoryLimit', spec['revisionHistoryLimit']),
    ...notNegative('spec.progressDeadlineSeconds', spec['progressDeadlineSeconds']),
    ...deadlineCauses(spec),
    ...immutable(spec, old, 'selector'),
  ];
}

/** A status must not claim more ready than there are. `own` is the count that only this kind has. */
function statusCauses(object: JsonObject, old: JsonObject, own: string): readonly FieldCause[] {
  if (object['status'] === old['status']) return [];
  const status = part(object, 'status');
  const replicas = numberOf(status, 'replicas') ?? 0;
  const ready = numberOf(status, 'readyReplicas') ?? 0;
  const available = numberOf(status, 'availableReplicas') ?? 0;
  const counts = [own, 'readyReplicas', 'availableReplicas'];
  const causes: FieldCause[] = ['replicas', ...counts].flatMap((key) => notNegative(`status.${key}`, status[key]));
  for (const key of counts) {
    const count = numberOf(status, key) ?? 0;
    if (count > replicas) causes.push(invalidValue(`status.${key}`, count, 'cannot be greater than status.replicas'));
  }
  if (available > ready)
    causes.push(invalidValue('status.availableReplicas', available, 'cannot be greater than readyReplicas'));
  return causes;
}

function deadlineCauses(spec: JsonObject): readonly FieldCause[] {
  const deadline = numberOf(spec, 'progressDeadlineSeconds');
  if (deadline === undefined || deadline > (numberOf(spec, 'minReadySeconds') ?? 0)) return [];
  return [invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds')];
}

function selectedTemplateCauses(spec: JsonObject): readonly FieldCause[] {
  const causes: FieldCause[] = [];
  const selector = spec['selector'];
  if (!isJsonObject(selector)) causes.push(required('spec.selector'));
  else {
    causes.push(...selectorCauses(selector, 'spec.selector'));
    if (isEmptySelector(selector))
      causes.push(invalidValue('spec.selector', selector, 'empty selector is invalid for deployment'));
  }
  const template = part(spec, 'template');
  const given = part(template, 'metadata')['labels'];
  const isMatched =
    isJsonObject(selector) && (isEmptySelector(selector) || matches(selector, isJsonObject(given) ? given : {}));
  if (!isMatched)
    causes.push(invalidValue('spec.template.metadata.labels', given, '`selector` does not match template `labels`'));
  causes.push(...templateCauses(template, 'spec.template'));
  const policy = textAt(part(template, 'spec'), 'restartPolicy');
  if (policy !== 'Always') causes.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  return causes;
}

function templateCauses(template: JsonObject, path: string): readonly FieldCause[] {
  return [
    ...labels(`${path}.labels`, part(part(template, 'metadata'), 'labels')),
    ...podSpecCauses(part(template, 'spec'), `${path}.spec`),
  ];
}

function strategyCauses(strategy: JsonObject): readonly FieldCause[] {
  const path = 'spec.strategy.rollingUpdate';
  const rolling = strategy['rollingUpdate'];
  switch (textAt(strategy, 'type')) {
    case 'Recreate':
      return rolling === undefined ? [] : [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")];
    case 'RollingUpdate':
      return isJsonObject(rolling)
        ? rollingCauses(rolling, path)
        : [required(path, 'this should be defaulted and never be nil')];
    default: {
      const shown = { Type: strategy['type'], RollingUpdate: null } as JsonObject;
      const supported = ['Recreate', 'RollingUpdate'].map((one) => JSON.stringify(one)).join(', ');
      const message = `Unsupported value: ${JSON.stringify(shown)}: supported values: ${supported}`;
      return [{ reason: 'FieldValueNotSupported', field: 'spec.strategy', message }];
    }
  }
}

const percentWords =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

/** A count or a share in percent. */
export function countOrPercent(field: string, value: Json | undefined): readonly FieldCause[] {
  if (typeof value === 'string') return /^[0-9]+%$/.test(value) ? [] : [invalidValue(field, value, percentWords)];
  return notNegative(field, value);
}

function rollingCauses(rolling: JsonObject, path: string): readonly FieldCause[] {
  const { maxUnavailable, maxSurge } = rolling;
  const causes = [
    ...countOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...countOrPercent(`${path}.maxSurge`, maxSurge),
  ];
  if (isNone(maxUnavailable) && isNone(maxSurge))
    causes.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  if (typeof maxUnavailable === 'string' && Number.parseInt(maxUnavailable, 10) > 100)
    causes.push(invalidValue(`${path}.maxUnavailable`, maxUnavailable, 'must not be greater than 100%'));
  return causes;
}

function isNone(value: Json | undefined): boolean {
  return value === undefined || value === 0 || value === '0%';
}

function immutable(spec: JsonObject, old: JsonObject | undefined, key: string): readonly FieldCause[] {
  if (old === undefined || isSameJson(spec[key], part(old, 'spec')[key])) return [];
  return [invalidValue(`spec.${key}`, spec[key], 'field is immutable')];
}

const jobCounts = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished'];

export function jobCauses(job: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  const spec = part(job, 'spec');
  if (old !== undefined && old['spec'] === job['spec']) return [];
  const template = part(spec, 'template');
  const policy = textAt(part(template, 'spec'), 'restartPolicy');
  const wanted = 'valid values: "OnFailure", "Never"';
  return [
    ...jobCounts.flatMap((key) => notNegative(`spec.${key}`, spec[key])),
    // Whether the policy is set at all is told once, in the words for Jobs.
    ...templateCauses(template, 'spec.template'),
    ...(policy === 'OnFailure' || policy === 'Never' ? [] : [required('spec.template.spec.restartPolicy', wanted)]),
    ...(old === undefined || spec['completionMode'] === 'Indexed' ? [] : immutable(spec, old, 'completions')),
    ...immutable(spec, old, 'selector'),
    ...immutable(spec, old, 'template'),
    ...immutable(spec, old, 'completionMode'),
  ];
}
