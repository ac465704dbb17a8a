/** What a server checks of how a pod wants to be placed beside others: affinity and spread. */

import { type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { invalidValue, required } from '../field-cause.ts';
import { numberOf, part, parts } from './reading.ts';
import { selectorCauses } from './selector.ts';
import { qualifiedName } from './texts.ts';

/** `path` is that of the pod's spec. */
export function placementCauses(spec: JsonObject, path: string): readonly FieldCause[] {
  const affinity = part(spec, 'affinity');
  return [
    ...['podAffinity', 'podAntiAffinity'].flatMap((key) => termsCauses(part(affinity, key), `${path}.affinity.${key}`)),
    ...parts(spec, 'topologySpreadConstraints').flatMap((one, index) =>
      textAt(one, 'topologyKey') === ''
        ? [required(`${path}.topologySpreadConstraints[${index}].topologyKey`, 'can not be empty')]
        : [],
    ),
  ];
}

function termsCauses(affinity: JsonObject, path: string): readonly FieldCause[] {
  const [must, should] = [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ] as const;
  return [
    ...parts(affinity, must).flatMap((term, index) => termCauses(term, `${path}.${must}[${index}]`)),
    ...parts(affinity, should).flatMap((one, index) => weightedCauses(one, `${path}.${should}[${index}]`)),
  ];
}

function weightedCauses(one: JsonObject, path: string): readonly FieldCause[] {
  const weight = numberOf(one, 'weight') ?? 0;
  const causes = termCauses(part(one, 'podAffinityTerm'), `${path}.podAffinityTerm`);
  if (weight >= 1 && weight <= 100) return causes;
  return [invalidValue(`${path}.weight`, weight, 'must be in the range 1-100'), ...causes];
}

function termCauses(term: JsonObject, path: string): readonly FieldCause[] {
  const key = textAt(term, 'topologyKey');
  return [
    ...selectorCauses(part(term, 'labelSelector'), `${path}.labelSelector`),
    ...(key === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
    ...qualifiedName(`${path}.topologyKey`, key),
  ];
}
