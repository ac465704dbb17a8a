/** Rules of CustomResourceDefinitions: established as soon as they are stored. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { initialStatus } from '../definition-status.ts';
import { compiledSchema } from '../compiled-schema.ts';
import { merged, nameOf, objectAt, objectsAt, stringAt } from '../json-access.ts';
import { type KindRules, plainRules } from '../kind-rules.ts';

export const definitionRules: KindRules = {
  ...plainRules,
  generation: 'spec',
  needsVersion: true,
  defaults: withNames,
  create: (definition) => ({ ...definition, status: initialStatus(definition) }),
  update: withNames,
  validate: (definition) => [...nameOfDefinition(definition), ...versionCauses(definition)],
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

function versionCauses(definition: JsonObject): readonly FieldCause[] {
  const versions = objectsAt(definition, 'spec', 'versions');
  const stored = versions.filter((version) => version.storage === true).length;
  if (stored !== 1) {
    const invalid = (field: string, message: string): FieldCause => ({ reason: 'FieldValueInvalid', field, message });
    return [
      invalid(
        'spec.versions',
        `Invalid value: ${JSON.stringify(versions)}: must have exactly one version marked as storage version`,
      ),
      ...(stored === 0
        ? [invalid('status.storedVersions', 'Invalid value: null: must have at least one stored version')]
        : []),
    ];
  }
  return versions.flatMap((version) => ruleCauses(definition, version));
}

/** A CEL rule that cannot be run is found when the schema is compiled. */
function ruleCauses(definition: JsonObject, version: JsonObject): readonly FieldCause[] {
  const names = {
    group: stringAt(definition, 'spec', 'group'),
    version: stringAt(version, 'name'),
    kind: stringAt(definition, 'spec', 'names', 'kind'),
  };
  try {
    compiledSchema(version, names);
    return [];
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return [
      { reason: 'FieldValueInvalid', field: 'spec.validation.openAPIV3Schema', message: `Invalid value: ${said}` },
    ];
  }
}
