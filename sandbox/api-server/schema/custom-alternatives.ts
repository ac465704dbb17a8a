/** `anyOf`, `oneOf`, `allOf` and `not` of a schema, as far as they say more than int-or-string does. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { checkCustom } from './custom-checks.ts';
import { type CustomNode, customNode } from './custom-node.ts';
import { invalidValue } from './field-cause.ts';

const compiled = new WeakMap<JsonObject, CustomNode>();

function nodesOf(given: JsonObject, key: string): readonly CustomNode[] {
  const listed = given[key];
  return Array.isArray(listed) ? listed.filter(isJsonObject).map(nodeOf) : [];
}

function nodeOf(schema: JsonObject): CustomNode {
  const known = compiled.get(schema) ?? customNode(schema);
  compiled.set(schema, known);
  return known;
}

/** Of a failed choice, the causes of its first alternative are told too. */
export function alternativeCauses(value: Json, node: CustomNode, path: string): readonly FieldCause[] {
  const { given } = node;
  if (
    given['anyOf'] === undefined &&
    given['oneOf'] === undefined &&
    given['allOf'] === undefined &&
    given['not'] === undefined
  )
    return [];
  return [
    ...anyCauses(value, given, path),
    ...oneCauses(value, given, path),
    ...allCauses(value, given, path),
    ...notCauses(value, given, path),
  ];
}

function anyCauses(value: Json, given: JsonObject, path: string): readonly FieldCause[] {
  const found = nodesOf(given, 'anyOf').map((one) => checkCustom(value, undefined, one, path));
  const [first] = found;
  if (first === undefined || found.some((causes) => causes.length === 0)) return [];
  return [must(path, 'must validate at least one schema (anyOf)'), ...first];
}

function oneCauses(value: Json, given: JsonObject, path: string): readonly FieldCause[] {
  const found = nodesOf(given, 'oneOf').map((one) => checkCustom(value, undefined, one, path));
  const [first] = found;
  const valid = found.filter((causes) => causes.length === 0).length;
  if (first === undefined || valid === 1) return [];
  const words = 'must validate one and only one schema (oneOf).';
  return valid === 0
    ? [must(path, `${words} Found none valid`), ...first]
    : [must(path, `${words} Found ${valid} valid alternatives`)];
}

function allCauses(value: Json, given: JsonObject, path: string): readonly FieldCause[] {
  const causes = nodesOf(given, 'allOf').flatMap((one) => checkCustom(value, undefined, one, path));
  return causes.length === 0 ? [] : [must(path, 'must validate all the schemas (allOf)'), ...causes];
}

function notCauses(value: Json, given: JsonObject, path: string): readonly FieldCause[] {
  const schema = given['not'];
  if (!isJsonObject(schema) || checkCustom(value, undefined, nodeOf(schema), path).length > 0) return [];
  return [must(path, 'must not validate the schema (not)')];
}

function must(path: string, words: string): FieldCause {
  return invalidValue('<nil>', '', `${JSON.stringify(path)} ${words}`);
}
