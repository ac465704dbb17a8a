/** What a server checks of the schemas in a CustomResourceDefinition, as far as a mistake there is likely. */

import { isJsonObject, type JsonObject, textAt } from '../../../../crds/schema/json.ts';
import type { FieldCause } from '../../contract.ts';
import { isSameJson } from '../../fields/same-json.ts';
import { celProgram } from '../cel.ts';
import { checkCustom } from '../custom-checks.ts';
import { customNode } from '../custom-node.ts';
import { invalidValue, required } from '../field-cause.ts';
import { part, parts } from './reading.ts';

export function definitionCauses(definition: JsonObject, old: JsonObject | undefined): readonly FieldCause[] {
  if (old?.['spec'] === definition['spec']) return [];
  const versions = parts(part(definition, 'spec'), 'versions');
  const causes: FieldCause[] = [];
  if (versions.filter((one) => one['storage'] === true).length !== 1) {
    causes.push(invalidValue('spec.versions', [], 'must have exactly one version marked as storage version'));
  }
  const schemas = versions.map((one) => part(part(one, 'schema'), 'openAPIV3Schema'));
  // Where all versions have one schema, a server speaks of it as that of the definition.
  const isShared = schemas.every((one) => isSameJson(one, schemas[0]));
  const [first] = schemas;
  if (isShared && first !== undefined) return [...causes, ...schemaCauses(first, 'spec.validation.openAPIV3Schema')];
  return [
    ...causes,
    ...schemas.flatMap((one, index) => schemaCauses(one, `spec.versions[${index}].schema.openAPIV3Schema`)),
  ];
}

function schemaCauses(schema: JsonObject, path: string, isRoot = true): readonly FieldCause[] {
  const causes: FieldCause[] = [...typeCauses(schema, path, isRoot), ...defaultCauses(schema, path)];
  parts(schema, 'x-kubernetes-validations').forEach((rule, index) => {
    causes.push(...ruleCauses(rule, `${path}.x-kubernetes-validations[${index}]`));
  });
  for (const [name, property] of Object.entries(part(schema, 'properties'))) {
    if (isJsonObject(property)) causes.push(...schemaCauses(property, `${path}.properties[${name}]`, false));
  }
  for (const key of ['additionalProperties', 'items']) {
    const below = schema[key];
    if (isJsonObject(below)) causes.push(...schemaCauses(below, `${path}.${key}`, false));
  }
  return causes;
}

function typeCauses(schema: JsonObject, path: string, isRoot: boolean): readonly FieldCause[] {
  const isOpen =
    schema['x-kubernetes-int-or-string'] === true || schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (textAt(schema, 'type') !== '' || isOpen) return [];
  const what = isRoot
    ? 'at the root'
    : path.endsWith('.items')
      ? 'for specified array items'
      : 'for specified object fields';
  return [required(`${path}.type`, `must not be empty ${what}`)];
}

function defaultCauses(schema: JsonObject, path: string): readonly FieldCause[] {
  const given = schema['default'];
  if (given === undefined || given === null) return [];
  return checkCustom(given, undefined, customNode(schema), '').map((one) => ({ ...one, field: `${path}.default` }));
}

function ruleCauses(rule: JsonObject, path: string): readonly FieldCause[] {
  try {
    celProgram(textAt(rule, 'rule'));
    return [];
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const message = `Invalid value: ${shown(rule)}: compilation failed: ${why}`;
    return [{ reason: 'FieldValueInvalid', field: `${path}.rule`, message }];
  }
}

/** A rule as Go prints it. */
function shown(rule: JsonObject): string {
  const text = (key: string): string => textAt(rule, key);
  const members = {
    Rule: text('rule'),
    Message: text('message'),
    MessageExpression: text('messageExpression'),
    Reason: rule['reason'] ?? null,
    FieldPath: text('fieldPath'),
    OptionalOldSelf: rule['optionalOldSelf'] ?? null,
  };
  return JSON.stringify(members).replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`);
}
