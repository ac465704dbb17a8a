/** Label selectors: whether they are well formed, and whether they match. */

import { type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { forbidden, invalidValue, required } from '../field-cause.ts';
import { part, parts, texts } from './reading.ts';
import { labels, labelValue, qualifiedName } from './texts.ts';

export function selectorCauses(selector: JsonObject, path: string): readonly FieldCause[] {
  return [
    ...labels(`${path}.matchLabels`, part(selector, 'matchLabels')),
    ...parts(selector, 'matchExpressions').flatMap((one, index) =>
      expressionCauses(one, `${path}.matchExpressions[${index}]`),
    ),
  ];
}

function expressionCauses(one: JsonObject, path: string): readonly FieldCause[] {
  const operator = textAt(one, 'operator');
  const values = texts(one, 'values');
  const causes: FieldCause[] = [];
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0)
      causes.push(required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0)
      causes.push(forbidden(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"));
  } else causes.push(invalidValue(`${path}.operator`, operator, 'not a valid selector operator'));
  causes.push(...qualifiedName(`${path}.key`, textAt(one, 'key')));
  return [...causes, ...values.flatMap((value, index) => labelValue(`${path}.values[${index}]`, value))];
}

export function isEmptySelector(selector: JsonObject): boolean {
  return Object.keys(part(selector, 'matchLabels')).length + parts(selector, 'matchExpressions').length === 0;
}

export function matches(selector: JsonObject, given: JsonObject): boolean {
  const wanted = part(selector, 'matchLabels');
  if (Object.keys(wanted).some((key) => given[key] !== wanted[key])) return false;
  return parts(selector, 'matchExpressions').every((one) => {
    const value = given[textAt(one, 'key')];
    const isIn = typeof value === 'string' && texts(one, 'values').includes(value);
    switch (textAt(one, 'operator')) {
      case 'In':
        return isIn;
      case 'NotIn':
        return !isIn;
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}
