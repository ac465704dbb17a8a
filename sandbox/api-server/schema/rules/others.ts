/** What a server checks of the smaller builtin kinds. */

import { type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { isSameJson } from '../../fields/same-json.ts';
import { forbidden, invalidValue, notSupported, required } from '../field-cause.ts';
import { numberOf, part, parts, texts } from './reading.ts';
import { selectorCauses } from './selector.ts';
import { notNegative, qualifiedName } from './texts.ts';
import { countOrPercent } from './workloads.ts';

export function leaseCauses(lease: JsonObject): readonly FieldCause[] {
  const spec = part(lease, 'spec');
  const duration = numberOf(spec, 'leaseDurationSeconds');
  return [
    ...(duration !== undefined && duration <= 0
      ? [invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...notNegative('spec.leaseTransitions', spec['leaseTransitions']),
  ];
}

export function budgetCauses(budget: JsonObject): readonly FieldCause[] {
  const spec = part(budget, 'spec');
  const { minAvailable, maxUnavailable } = spec;
  const causes: FieldCause[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const shown = `{"MinAvailable":${JSON.stringify(minAvailable)},"Selector":${JSON.stringify(spec['selector'] ?? null)},"MaxUnavailable":${JSON.stringify(maxUnavailable)},"UnhealthyPodEvictionPolicy":${JSON.stringify(spec['unhealthyPodEvictionPolicy'] ?? null)}}`;
    const message = `Invalid value: ${shown}: minAvailable and maxUnavailable cannot be both set`;
    causes.push({ reason: 'FieldValueInvalid', field: 'spec', message });
  }
  if (minAvailable !== undefined) causes.push(...countOrPercent('spec.minAvailable', minAvailable));
  if (maxUnavailable !== undefined) causes.push(...countOrPercent('spec.maxUnavailable', maxUnavailable));
  return [...causes, ...selectorCauses(part(spec, 'selector'), 'spec.selector')];
}

export function autoscalerCauses(autoscaler: JsonObject): readonly FieldCause[] {
  const spec = part(autoscaler, 'spec');
  const target = part(spec, 'scaleTargetRef');
  const [min, max] = [numberOf(spec, 'minReplicas') ?? 1, numberOf(spec, 'maxReplicas') ?? 0];
  const causes: FieldCause[] = [];
  if (min < 1) causes.push(invalidValue('spec.minReplicas', min, 'must be greater than or equal to 1'));
  if (max < 1) causes.push(required('spec.maxReplicas', 'must be set and greater than 0'));
  if (max < min) causes.push(invalidValue('spec.maxReplicas', max, 'must be greater than or equal to `minReplicas`'));
  const [kind, name] = [textAt(target, 'kind'), textAt(target, 'name')];
  if (kind === '') causes.push(required('spec.scaleTargetRef.kind'));
  if (name === '') causes.push(required('spec.scaleTargetRef.name'));
  const apiVersion = textAt(target, 'apiVersion');
  if (!apiVersion.includes('/') && !(apiVersion === 'v1' && kind === 'ReplicationController'))
    causes.push(invalidValue('spec.scaleTargetRef.apiVersion', apiVersion, 'apiVersion must specify API group'));
  return causes;
}

export function roleCauses(role: JsonObject): readonly FieldCause[] {
  return parts(role, 'rules').flatMap((rule, index) => {
    const at = `rules[${index}]`;
    const causes: FieldCause[] = [];
    if (texts(rule, 'verbs').length === 0)
      causes.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
    if (texts(rule, 'nonResourceURLs').length > 0) return causes;
    if (texts(rule, 'apiGroups').length === 0)
      causes.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
    if (texts(rule, 'resources').length === 0)
      causes.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
    return causes;
  });
}

/** `kinds` are what the binding may refer to. */
export function bindingCauses(
  binding: JsonObject,
  old: JsonObject | undefined,
  kinds: readonly string[],
): readonly FieldCause[] {
  const reference = part(binding, 'roleRef');
  const [kind, name] = [textAt(reference, 'kind'), textAt(reference, 'name')];
  const causes: FieldCause[] = kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)];
  if (name === '') causes.push(required('roleRef.name'));
  parts(binding, 'subjects').forEach((subject, index) => {
    if (textAt(subject, 'name') === '') causes.push(required(`subjects[${index}].name`));
    if (subject['kind'] === 'ServiceAccount' && textAt(subject, 'namespace') === '' && kinds.length === 1)
      causes.push(required(`subjects[${index}].namespace`));
  });
  if (old === undefined || isSameJson(old['roleRef'], reference)) return causes;
  const shown = `{"APIGroup":${JSON.stringify(reference['apiGroup'])},"Kind":${JSON.stringify(kind)},"Name":${JSON.stringify(name)}}`;
  const message = `Invalid value: ${shown}: cannot change roleRef`;
  return [...causes, { reason: 'FieldValueInvalid', field: 'roleRef', message }];
}

export function claimCauses(claim: JsonObject): readonly FieldCause[] {
  const spec = part(claim, 'spec');
  const causes: FieldCause[] = [];
  if (texts(spec, 'accessModes').length === 0)
    causes.push(required('spec.accessModes', 'at least 1 access mode is required'));
  if (part(part(spec, 'resources'), 'requests')['storage'] === undefined)
    causes.push(required('spec.resources[storage]'));
  return causes;
}

/** What of a claim may still change: the volume it is bound to, and once it is bound how much it asks for. */
export function claimChangeCauses(claim: JsonObject, old: JsonObject): readonly FieldCause[] {
  const isBound = part(old, 'status')['phase'] === 'Bound';
  const isNamed = textAt(part(old, 'spec'), 'volumeName') !== '';
  const fixed = (object: JsonObject): JsonObject => {
    const { volumeName, volumeAttributesClassName, resources, ...rest } = part(object, 'spec');
    return {
      ...rest,
      ...(isNamed ? { volumeName } : {}),
      ...(isBound
        ? { limits: part(part(object, 'spec'), 'resources')['limits'] }
        : { resources, volumeAttributesClassName }),
    };
  };
  if (isSameJson(fixed(claim), fixed(old))) return [];
  return [
    forbidden(
      'spec',
      'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
    ),
  ];
}

/** Events of events.k8s.io; those of the old API are hardly checked. */
export function eventCauses(event: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  if (old !== undefined) return [];
  const type = textAt(event, 'type');
  const causes: FieldCause[] = [];
  if (typeof event['eventTime'] !== 'string') causes.push(required('eventTime'));
  else {
    // The store keeps events in the form of the old API.
    const controller = textAt(event, 'reportingController') || textAt(event, 'reportingComponent');
    if (controller === '') causes.push(required('reportingController'));
    causes.push(...qualifiedName('reportingController', controller));
    for (const key of ['reportingInstance', 'action', 'reason'])
      if (textAt(event, key) === '') causes.push(required(key));
  }
  if (type !== 'Normal' && type !== 'Warning') causes.push(invalidValue('type', '', `has invalid value: ${type}`));
  return causes;
}

export function coreEventCauses(event: JsonObject): readonly FieldCause[] {
  const namespace = textAt(part(event, 'metadata'), 'namespace');
  const involved = textAt(part(event, 'involvedObject'), 'namespace');
  if (involved === namespace || (involved === '' && namespace === 'default')) return [];
  return [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
}
