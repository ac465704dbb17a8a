/** Walks a structural schema and tells every field: path, type, whether required, default, allowed values, description. */

import { isJsonObject, type Json, type JsonObject, textAt } from './schema/json.ts';

export interface FieldRow {
  /** Dotted path; `[]` marks list items, `<name>` the keys of a map. */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  readonly default?: Json;
  readonly values: readonly string[];
  readonly description: string;
}

function childrenOf(node: JsonObject): { suffix: string; node: JsonObject } | undefined {
  if (isJsonObject(node['items'])) return { suffix: '[]', node: node['items'] };
  if (isJsonObject(node['additionalProperties'])) return { suffix: '.<name>', node: node['additionalProperties'] };
  return undefined;
}

/** Short name of a node's type, as tables show it. */
export function typeText(node: JsonObject): string {
  if (node['x-kubernetes-int-or-string']) return 'number or text';
  if (node['x-kubernetes-preserve-unknown-fields']) return node['type'] === 'object' ? 'any object' : 'any value';
  const child = childrenOf(node);
  if (node['type'] === 'array' && child) return `list of ${typeText(child.node)}`;
  if (child) return `map of ${typeText(child.node)}`;
  if (node['format'] === 'date-time') return 'time';
  return node['type'] === 'string' ? 'text' : textAt(node, 'type');
}

function row(path: string, node: JsonObject, required: boolean): FieldRow {
  const values = Array.isArray(node['enum']) ? node['enum'].map(String) : [];
  return {
    path,
    type: typeText(node),
    required,
    values,
    ...(node['default'] === undefined ? {} : { default: node['default'] }),
    description: typeof node['description'] === 'string' ? node['description'] : '',
  };
}

function below(path: string, node: JsonObject): FieldRow[] {
  const child = childrenOf(node);
  if (child) return below(`${path}${child.suffix}`, child.node);
  const required = Array.isArray(node['required']) ? node['required'] : [];
  return Object.entries(isJsonObject(node['properties']) ? node['properties'] : {}).flatMap(([key, value]) => {
    if (!isJsonObject(value)) return [];
    const childPath = path === '' ? key : `${path}.${key}`;
    return [row(childPath, value, required.includes(key)), ...below(childPath, value)];
  });
}

/** Every field of a kind in the order of the schema, apiVersion, kind and metadata left out. */
export function fieldRows(schema: JsonObject): FieldRow[] {
  return below('', schema).filter((field) => /^(spec|status)\b/.test(field.path));
}
