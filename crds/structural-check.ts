/** Checks a schema against the API server's rules for structural schemas, so that a mistake shows without a server. */

import { isJsonObject, type Json, type JsonObject } from './schema/json.ts';

/** Keywords that a structural schema may use anywhere. */
const allowed = new Set(
  [
    ['description', 'type', 'format', 'default', 'enum', 'minimum', 'maximum', 'minLength', 'maxLength', 'pattern'],
    ['minItems', 'maxItems', 'maxProperties', 'required', 'properties', 'items', 'additionalProperties', 'anyOf'],
    ['x-kubernetes-validations', 'x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields'],
    ['x-kubernetes-list-type', 'x-kubernetes-list-map-keys'],
  ].flat(),
);

const types = new Set<Json | undefined>(['object', 'array', 'string', 'integer', 'number', 'boolean']);

const intOrStringBranches = JSON.stringify([{ type: 'integer' }, { type: 'string' }]);

function typing(node: JsonObject, path: string): string[] {
  const intOrString = node['x-kubernetes-int-or-string'] === true;
  if (intOrString && JSON.stringify(node['anyOf']) !== intOrStringBranches)
    return [`${path}: anyOf must be integer or string`];
  if (!intOrString && node['anyOf'] !== undefined) return [`${path}: anyOf is only for int-or-string`];
  if (types.has(node['type']) || intOrString || node['x-kubernetes-preserve-unknown-fields'] === true) return [];
  return [`${path}: has no type`];
}

function mapKeys(node: JsonObject, path: string): string[] {
  if (node['x-kubernetes-list-type'] !== 'map') return [];
  const keys = Array.isArray(node['x-kubernetes-list-map-keys']) ? node['x-kubernetes-list-map-keys'] : [];
  const items = isJsonObject(node['items']) ? node['items'] : {};
  const required = Array.isArray(items['required']) ? items['required'] : [];
  const optional = keys.filter((key: Json) => !required.includes(key));
  return optional.length > 0 ? [`${path}: list keys ${optional.join(', ')} are not required`] : [];
}

function own(node: JsonObject, path: string): string[] {
  const forbidden = Object.keys(node).filter((keyword) => !allowed.has(keyword));
  const missingItems = node['type'] === 'array' && !isJsonObject(node['items']) ? [`${path}: list without items`] : [];
  const both =
    node['properties'] !== undefined && node['additionalProperties'] !== undefined
      ? [`${path}: properties and additionalProperties`]
      : [];
  return [
    ...forbidden.map((keyword) => `${path}: ${keyword} is forbidden`),
    ...typing(node, path),
    ...mapKeys(node, path),
    ...missingItems,
    ...both,
  ];
}

/** One sentence per violation; empty when the schema is structural. Every node but the root must have a description. */
export function structuralProblems(node: JsonObject, path = ''): string[] {
  const children = [
    ...Object.entries(isJsonObject(node['properties']) ? node['properties'] : {}).map(
      ([key, value]) => [`${path}.${key}`, value] as const,
    ),
    ...(isJsonObject(node['items']) ? [[`${path}[]`, node['items']] as const] : []),
    ...(isJsonObject(node['additionalProperties']) ? [[`${path}.*`, node['additionalProperties']] as const] : []),
  ];
  return [
    ...own(node, path),
    ...children.flatMap(([childPath, child]) =>
      isJsonObject(child) ? structuralProblems(child, childPath) : [`${childPath}: is not a schema`],
    ),
  ];
}
