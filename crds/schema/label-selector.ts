/** Label selectors: the schema, and whether one matches a set of labels. */

import { z } from 'zod';
import { list, object, oneOf, text } from './fields.ts';

const LabelSelectorRequirement = object(
  'One condition on a label.',
  {
    key: text('Label key.', { maxLength: 317 }),
    operator: oneOf(['In', 'NotIn', 'Exists', 'DoesNotExist'], 'How the label is compared with values.'),
  },
  {
    values: list(z.string().meta({ maxLength: 63 }), 'Values to compare with; empty for Exists and DoesNotExist.', {
      maxItems: 64,
      atomic: true,
    }),
  },
);

export const LabelSelector = object(
  'Which pods belong to this object; all conditions must hold.',
  {},
  {
    matchLabels: z
      .record(z.string(), z.string().meta({ maxLength: 63 }))
      .meta({ description: 'Labels that must have exactly these values.', maxProperties: 64 }),
    matchExpressions: list(LabelSelectorRequirement, 'Further conditions on labels.', { maxItems: 64, atomic: true }),
  },
);
export type LabelSelector = z.infer<typeof LabelSelector>;

type Labels = Readonly<Record<string, string>>;

function requirementHolds(requirement: z.infer<typeof LabelSelectorRequirement>, labels: Labels): boolean {
  const value = labels[requirement.key];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && (requirement.values ?? []).includes(value);
    case 'NotIn':
      return value === undefined || !(requirement.values ?? []).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}

/** True when the selector has no condition at all; such a selector would match everything. */
export function isEmptySelector(selector: LabelSelector): boolean {
  return Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0;
}

export function selectorMatches(selector: LabelSelector, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((requirement) => requirementHolds(requirement, labels));
}

function requirementText(requirement: z.infer<typeof LabelSelectorRequirement>): string {
  const values = `(${[...(requirement.values ?? [])].sort().join(',')})`;
  switch (requirement.operator) {
    case 'In':
      return `${requirement.key} in ${values}`;
    case 'NotIn':
      return `${requirement.key} notin ${values}`;
    case 'Exists':
      return requirement.key;
    case 'DoesNotExist':
      return `!${requirement.key}`;
  }
}

/** The selector as text, as `kubectl -l` and status.selector take it; sorted, so equal selectors give equal text. */
export function selectorText(selector: LabelSelector): string {
  const equal = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [...equal, ...(selector.matchExpressions ?? []).map(requirementText)].sort().join(',');
}
