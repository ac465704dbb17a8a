/** A LabelSelector inside an object (`matchLabels`, `matchExpressions`) against labels. */

import type { Json, JsonObject } from '../../../crds/schema/json.ts';
import { listAt, objectAt, objectsAt, stringAt, textOf } from '../json-access.ts';

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

/** A LabelSelector as text; custom resources have the text already. */
export function selectorText(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  const labels = Object.entries(objectAt(value, 'matchLabels')).map(([key, one]) => `${key}=${textOf(one)}`);
  const expressions = objectsAt(value, 'matchExpressions').map(expressionText);
  return [...labels, ...expressions].sort().join(',');
}

function expressionText(expression: JsonObject): string {
  const key = stringAt(expression, 'key');
  const values = Array.isArray(expression.values) ? expression.values.join(',') : '';
  switch (stringAt(expression, 'operator')) {
    case 'In':
      return `${key} in (${values})`;
    case 'NotIn':
      return `${key} notin (${values})`;
    case 'Exists':
      return key;
    default:
      return `!${key}`;
  }
}
