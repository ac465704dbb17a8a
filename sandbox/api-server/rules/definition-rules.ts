/** Rules of CustomResourceDefinitions: established as soon as they are stored. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { initialStatus } from '../definition-status.ts';
import { merged, nameOf, objectAt, objectsAt, stringAt } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

export const definitionRules: KindRules = {
  ...plainRules,
  generation: 'spec',
  needsVersion: true,
  defaults: withNames,
  create: (definition) => ({ ...definition, status: initialStatus(definition) }),
  update: withNames,
  validate: (definition) => [...nameOfDefinition(definition), ...storedVersionCauses(definition)],
};

/** Singular and list kind follow from the kind; conversion is none. */
function withNames(definition: JsonObject): JsonObject {
  const spec = objectAt(definition, 'spec');
  const names = objectAt(spec, 'names');
  const kind = stringAt(names, 'kind');
  return {
    ...definition,
    spec: merged(spec, {
      conversion: spec.conversion ?? { strategy: 'None' },
      names: {
        ...names,
        listKind: stringAt(names, 'listKind') || `${kind}List`,
        singular: stringAt(names, 'singular') || kind.toLowerCase(),
      },
    }),
  };
}

function nameOfDefinition(definition: JsonObject): readonly FieldCause[] {
  const expected = `${stringAt(definition, 'spec', 'names', 'plural')}.${stringAt(definition, 'spec', 'group')}`;
  if (nameOf(definition) === expected) return [];
  const message = `Invalid value: ${JSON.stringify(nameOf(definition))}: must be spec.names.plural+"."+spec.group`;
  return [{ reason: 'FieldValueInvalid', field: 'metadata.name', message }];
}

function storedVersionCauses(definition: JsonObject): readonly FieldCause[] {
  if (objectsAt(definition, 'spec', 'versions').some((version) => version.storage === true)) return [];
  const message = 'Invalid value: null: must have at least one stored version';
  return [{ reason: 'FieldValueInvalid', field: 'status.storedVersions', message }];
}
