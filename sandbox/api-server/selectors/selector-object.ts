/** A LabelSelector inside an object (`matchLabels`, `matchExpressions`) against labels. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { listAt, objectAt, objectsAt, stringAt } from '../json-access.ts';

/** Undefined selects nothing, an empty selector everything. */
export function selectorMatches(selector: Json | undefined, labels: JsonObject): boolean {
  if (selector === undefined || selector === null) return false;
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    objectsAt(selector, 'matchExpressions').every((expression) => expressionMatches(expression, labels))
  );
}

function expressionMatches(expression: JsonObject, labels: JsonObject): boolean {
  const value = labels[stringAt(expression, 'key')];
  const values = listAt(expression, 'values');
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
