/** What a stored CustomResourceDefinition says of itself. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { objectAt, objectsAt, stringAt } from './json-access.ts';

/** The status of a definition whose names are free, as they are here: accepted and established at once. */
export function establishedStatus(definition: JsonObject, now: number): JsonObject {
  const conditions = [
    ['NamesAccepted', 'NoConflicts', 'no conflicts found'],
    ['Established', 'InitialNamesAccepted', 'the initial names have been accepted'],
  ].map(([type, reason, message]) => ({
    type,
    status: 'True',
    lastTransitionTime: `${new Date(now).toISOString().slice(0, 19)}Z`,
    reason,
    message,
  }));
  const known = objectsAt(definition, 'status', 'conditions');
  const versions = objectsAt(definition, 'spec', 'versions').filter((version) => version.storage === true);
  return {
    conditions: known.length > 0 ? known : conditions,
    acceptedNames: objectAt(definition, 'spec', 'names'),
    storedVersions: versions.map((version) => stringAt(version, 'name')),
  };
}
