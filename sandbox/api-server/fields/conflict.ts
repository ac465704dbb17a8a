/** The words in which a server refuses an apply that would take fields of others. */

import type { Applied, FieldCause } from '../contract.ts';
import { pathText } from './element.ts';
import { type FieldSet, pathsOf } from './field-set.ts';
import type { Manager } from './managers.ts';

export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

export function conflictAnswer(conflicts: readonly Conflict[]): Applied {
  const found = conflicts
    .map(({ manager, fields }) => ({
      key: keyOf(manager),
      name: nameOf(manager),
      paths: pathsOf(fields).map(pathText),
    }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1));
  const causes = found.flatMap(({ name, paths }) => paths.map((field): FieldCause => causeOf(name, field)));
  return { kind: 'conflict', causes, message: messageOf(found, causes) };
}

function causeOf(name: string, field: string): FieldCause {
  return { reason: 'FieldManagerConflict', message: `conflict with ${name}`, field };
}

function messageOf(
  found: readonly { readonly name: string; readonly paths: readonly string[] }[],
  causes: readonly FieldCause[],
): string {
  const [only] = causes;
  if (only !== undefined && causes.length === 1) return `Apply failed with 1 conflict: ${only.message}: ${only.field}`;
  const parts = found.map(({ name, paths }) =>
    [`conflicts with ${name}:`, ...paths.map((path) => `- ${path}`)].join('\n'),
  );
  return `Apply failed with ${causes.length} conflicts: ${parts.join('\n')}`;
}

/** `"kubectl" using apps/v1`: a manager that applied is told by its name alone. */
function nameOf({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

/** Managers are told in the order of the JSON by which a server knows them. */
function keyOf({ manager, operation, apiVersion, subresource }: Manager): string {
  return JSON.stringify({
    manager,
    operation,
    ...(operation === 'Update' ? { apiVersion } : {}),
    ...(subresource === '' ? {} : { subresource }),
  });
}
