/** Whether a label selector of Kubernetes picks these labels. Pure. */

import { isJsonObject, type Json } from '../crds/schema/json.ts';

export type Labels = Readonly<Record<string, unknown>>;

/** An empty selector picks everything, one that is not there or has an unknown operator picks nothing. */
export function selects(selector: Json | undefined, labels: Labels): boolean {
  if (!isJsonObject(selector)) return false;
  const { matchLabels, matchExpressions } = selector;
  const pairs = isJsonObject(matchLabels) ? Object.entries(matchLabels) : [];
  const rules = Array.isArray(matchExpressions) ? matchExpressions : [];
  return pairs.every(([key, value]) => labels[key] === value) && rules.every((rule) => holds(rule, labels));
}

function holds(rule: Json, labels: Labels): boolean {
  if (!isJsonObject(rule) || typeof rule.key !== 'string') return false;
  const found = labels[rule.key];
  const values: readonly unknown[] = Array.isArray(rule.values) ? rule.values : [];
  switch (rule.operator) {
    case 'In':
      return values.includes(found);
    case 'NotIn':
      return !values.includes(found);
    case 'Exists':
      return found !== undefined;
    case 'DoesNotExist':
      return found === undefined;
    default:
      return false;
  }
}
