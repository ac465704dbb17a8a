/**
 * What a stored CustomResourceDefinition says of itself: at first nothing, then which of its names are its own, and whether
 * it is served. Names that another definition of the group has are not given twice.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { listAt, objectAt, objectsAt, sameJson, stringAt, textOf } from './json-access.ts';

/** The status of a definition that was just made. */
export function initialStatus(definition: JsonObject): JsonObject {
  return { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storedVersions(definition) };
}

/** True when the definition is served under the names that its spec has. */
export function isEstablished(definition: JsonObject): boolean {
  const established = objectsAt(definition, 'status', 'conditions').some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
  return established && sameJson(objectAt(definition, 'status').acceptedNames, objectAt(definition, 'spec').names);
}

/** The status after its names were compared with those of the other definitions. */
export function namesStatus(definition: JsonObject, others: readonly JsonObject[], timestamp: string): JsonObject {
  const group = stringAt(definition, 'spec', 'group');
  const taken = others.filter((other) => stringAt(other, 'spec', 'group') === group).map(acceptedNames);
  const { accepted, conflict } = compared(definition, taken);
  const established = conflict === undefined || wasEstablished(definition);
  const conditions = [
    conflict === undefined
      ? condition('NamesAccepted', true, 'NoConflicts', 'no conflicts found')
      : condition('NamesAccepted', false, conflict.reason, `${JSON.stringify(conflict.name)} is already in use`),
    established
      ? condition('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted')
      : condition('Established', false, 'NotAccepted', 'not all names are accepted'),
  ];
  return {
    ...objectAt(definition, 'status'),
    conditions: merged(objectsAt(definition, 'status', 'conditions'), conditions, timestamp),
    acceptedNames: accepted,
    storedVersions: storedVersions(definition),
  };
}

function acceptedNames(definition: JsonObject): JsonObject {
  return objectAt(definition, 'status', 'acceptedNames');
}

function wasEstablished(definition: JsonObject): boolean {
  return objectsAt(definition, 'status', 'conditions').some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
}

interface Conflict {
  readonly reason: string;
  readonly name: string;
}

/** Of several conflicts the last is told, as a real server does. */
function compared(
  definition: JsonObject,
  taken: readonly JsonObject[],
): { readonly accepted: JsonObject; readonly conflict: Conflict | undefined } {
  const asked = objectAt(definition, 'spec', 'names');
  const resources = taken.flatMap((names) =>
    [names.plural, names.singular, ...listAt(names, 'shortNames')].map(textOf),
  );
  const kinds = taken.flatMap((names) => [names.kind, names.listKind].map(textOf));
  const checks = [
    ['plural', 'PluralConflict', resources],
    ['singular', 'SingularConflict', resources],
    ['shortNames', 'ShortNamesConflict', resources],
    ['kind', 'KindConflict', kinds],
    ['listKind', 'ListKindConflict', kinds],
  ] as const;
  const accepted: Record<string, JsonObject[string]> = { ...acceptedNames(definition) };
  let conflict: Conflict | undefined;
  for (const [key, reason, used] of checks) {
    const value = asked[key];
    const names = Array.isArray(value) ? value.map(textOf) : [textOf(value)];
    const clash = names.find((name) => name !== '' && used.includes(name));
    if (clash !== undefined) conflict = { reason, name: clash };
    else if (value !== undefined) accepted[key] = value;
  }
  if (asked.categories !== undefined) accepted.categories = asked.categories;
  return { accepted: conflict === undefined ? asked : accepted, conflict };
}

function condition(type: string, yes: boolean, reason: string, message: string): JsonObject {
  return { type, status: yes ? 'True' : 'False', lastTransitionTime: '', reason, message };
}

/** A condition that says the same as before keeps its time; those of other types stay. */
function merged(old: readonly JsonObject[], next: readonly JsonObject[], timestamp: string): readonly JsonObject[] {
  const types = next.map((one) => one.type);
  const dated = next.map((one) => {
    const before = old.find(({ type, status }) => type === one.type && status === one.status);
    return { ...one, lastTransitionTime: before?.lastTransitionTime ?? timestamp };
  });
  return [...dated, ...old.filter((one) => !types.includes(one.type))];
}

function storedVersions(definition: JsonObject): readonly string[] {
  const versions = objectsAt(definition, 'spec', 'versions').filter((version) => version.storage === true);
  return versions.map((version) => stringAt(version, 'name'));
}
