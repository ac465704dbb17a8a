/** `anyOf`, `oneOf`, `allOf` and `not` of a schema, as far as they say more than int-or-string does. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { FieldCause } from '../contract.ts';
import { type CustomNode, customNode } from './custom-node.ts';
import { invalidValue } from './field-cause.ts';

/** Checks a value against a schema; handed in, because schemas hold alternatives that hold schemas. */
export type Check = (value: Json, old: undefined, node: CustomNode, path: string) => readonly FieldCause[];

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
export function alternativeCauses(value: Json, given: JsonObject, path: string, check: Check): readonly FieldCause[] {
  if (!['anyOf', 'oneOf', 'allOf', 'not'].some((key) => given[key] !== undefined)) return [];
  const causesOf = (node: CustomNode): readonly FieldCause[] => check(value, undefined, node, path);
  return [
    ...anyCauses(nodesOf(given, 'anyOf').map(causesOf), path),
    ...oneCauses(nodesOf(given, 'oneOf').map(causesOf), path),
    ...allCauses(nodesOf(given, 'allOf').flatMap(causesOf), path),
    ...notCauses(given['not'], path, causesOf),
  ];
}

function anyCauses(found: readonly (readonly FieldCause[])[], path: string): readonly FieldCause[] {
  const [first] = found;
  if (first === undefined || found.some((causes) => causes.length === 0)) return [];
  return [must(path, 'must validate at least one schema (anyOf)'), ...first];
}

function oneCauses(found: readonly (readonly FieldCause[])[], path: string): readonly FieldCause[] {
  const [first] = found;
  const valid = found.filter((causes) => causes.length === 0).length;
  if (first === undefined || valid === 1) return [];
  const words = 'must validate one and only one schema (oneOf).';
  return valid === 0
    ? [must(path, `${words} Found none valid`), ...first]
    : [must(path, `${words} Found ${valid} valid alternatives`)];
}

function allCauses(causes: readonly FieldCause[], path: string): readonly FieldCause[] {
  return causes.length === 0 ? [] : [must(path, 'must validate all the schemas (allOf)'), ...causes];
}

function notCauses(
  schema: Json | undefined,
  path: string,
  causesOf: (node: CustomNode) => readonly FieldCause[],
): readonly FieldCause[] {
  if (!isJsonObject(schema) || causesOf(nodeOf(schema)).length > 0) return [];
  return [must(path, 'must not validate the schema (not)')];
}

function must(path: string, words: string): FieldCause {
  return invalidValue('<nil>', '', `${JSON.stringify(path)} ${words}`);
}
