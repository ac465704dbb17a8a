/** Which objects a list, watch or collection delete is about: label and field selector of the request in one question. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { Target } from './core.ts';
import { nameOf, namespaceOf } from './json-access.ts';
import { fieldsMatch, parseFieldSelector, type Selectable } from './selectors/field-selector.ts';
import { labelsMatch, parseLabelSelector } from './selectors/label-selector.ts';

export interface Selection {
  /** True when every object is meant. */
  readonly all: boolean;
  matches(object: JsonObject): boolean;
}

/** @throws StatusError 400 */
export function selectionOf({ kind, name }: Target, query: Readonly<Record<string, string>>): Selection {
  const labels = parseLabelSelector(query.labelSelector ?? '');
  const selectable: Selectable = {
    'metadata.name': nameOf,
    ...(kind.namespaced ? { 'metadata.namespace': namespaceOf } : {}),
    ...kind.rules.selectable,
  };
  const known = Object.keys(selectable);
  const unknownField = (field: string): string | undefined => {
    if (known.includes(field) || field === 'metadata.namespace') return undefined;
    const words = kind.rules.unsupportedField?.(field);
    return words ?? `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
  };
  const fields = parseFieldSelector(query.fieldSelector ?? '', unknownField);
  const named = name === '' ? fields : [...fields, { field: 'metadata.name', equal: true, value: name }];
  return {
    all: labels.length === 0 && named.length === 0,
    matches: (object) => labelsMatch(labels, object) && fieldsMatch(named, selectable, object),
  };
}
