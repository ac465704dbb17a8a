/** What a stored CustomResourceDefinition says of itself: at first nothing, then that its names are taken and it is served. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { objectAt, objectsAt, stringAt } from './json-access.ts';

/** The status of a definition that was just made. */
export function initialStatus(definition: JsonObject): JsonObject {
  return { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storedVersions(definition) };
}

/** True when the definition's status tells of the names that its spec has. */
export function isEstablished(definition: JsonObject): boolean {
  const established = objectsAt(definition, 'status', 'conditions').some(
    (one) => one.type === 'Established' && one.status === 'True',
  );
  const names = objectAt(definition, 'status', 'acceptedNames');
  return established && JSON.stringify(names) === JSON.stringify(objectAt(definition, 'spec', 'names'));
}

/** The names are free, as they always are here. */
export function establishedStatus(definition: JsonObject, timestamp: string): JsonObject {
  const condition = (type: string, reason: string, message: string): JsonObject => ({
    type,
    status: 'True',
    lastTransitionTime: timestamp,
    reason,
    message,
  });
  const known = objectsAt(definition, 'status', 'conditions');
  return {
    ...objectAt(definition, 'status'),
    conditions:
      known.length > 0
        ? known
        : [
            condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
            condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
          ],
    acceptedNames: objectAt(definition, 'spec', 'names'),
    storedVersions: storedVersions(definition),
  };
}

function storedVersions(definition: JsonObject): readonly string[] {
  const versions = objectsAt(definition, 'spec', 'versions').filter((version) => version.storage === true);
  return versions.map((version) => stringAt(version, 'name'));
}
