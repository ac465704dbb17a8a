/** Turns a zod schema into a structural OpenAPI v3 schema as custom resource definitions require it. */

import { z } from 'zod';
import { type Dialect, isArgo } from './schema/dialect.ts';
import type { Rule } from './schema/fields.ts';
import { isJsonObject, type Json, type JsonObject } from './schema/json.ts';

const preserve = 'x-kubernetes-preserve-unknown-fields';
const validations = 'x-kubernetes-validations';

/** Bounds that zod writes for every integer; `format` says the same. */
const impliedBounds: ReadonlySet<Json | undefined> = new Set([
  -2147483648,
  2147483647,
  Number.MIN_SAFE_INTEGER,
  Number.MAX_SAFE_INTEGER,
]);

/** Order of the keywords in the output, so that descriptions come first and children last. */
const keywordOrder = [
  'description',
  'type',
  'format',
  'default',
  'enum',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'pattern',
  'minItems',
  'maxItems',
  'maxProperties',
  'anyOf',
];
const lastKeywords = ['required', validations, 'properties', 'items', 'additionalProperties'];

function ordered(node: JsonObject): JsonObject {
  const rank = (key: string) => {
    const first = keywordOrder.indexOf(key);
    const last = lastKeywords.indexOf(key);
    return first >= 0 ? first : last >= 0 ? 1000 + last : 500;
  };
  return Object.fromEntries(Object.entries(node).sort(([a], [b]) => rank(a) - rank(b) || (a < b ? -1 : 1)));
}

/** A rule without our own marker, or nothing when the dialect leaves it out. */
function serverRule(rule: Rule, dialect: Dialect): JsonObject[] {
  if (rule.only !== undefined && rule.only !== dialect.group) return [];
  return [{ rule: rule.rule, message: rule.message }];
}

function rulesOf(node: JsonObject, dialect: Dialect): JsonObject {
  const rules = (node[validations] as readonly Rule[] | undefined)?.flatMap((rule) => serverRule(rule, dialect)) ?? [];
  return rules.length > 0 ? { [validations]: rules } : {};
}

/** Argo's lists are replaced whole, but for conditions; merging them by key there would refuse what Argo accepts. */
function listTypeOf(node: JsonObject, path: string, dialect: Dialect): JsonObject {
  const keys = node['x-kubernetes-list-map-keys'];
  if (node['x-kubernetes-list-type'] !== 'map') return node;
  if (!isArgo(dialect) || path.endsWith('.conditions') || keys === undefined) return node;
  const { 'x-kubernetes-list-type': _type, 'x-kubernetes-list-map-keys': _keys, ...rest } = node;
  return rest;
}

function cleanInteger(node: JsonObject): JsonObject {
  const bounds = ['minimum', 'maximum'] as const;
  const dropped = bounds.filter((bound) => impliedBounds.has(node[bound]));
  return Object.fromEntries(Object.entries(node).filter(([key]) => !dropped.some((bound) => bound === key)));
}

/** A field may belong to one group only. */
function isOf(dialect: Dialect, value: Json | undefined): boolean {
  const only = isJsonObject(value) ? value['only'] : undefined;
  return only === undefined || only === dialect.group;
}

function cleanObject(node: JsonObject, path: string, dialect: Dialect): JsonObject {
  const { properties, additionalProperties, propertyNames: _names, ...rest } = node;
  if (isJsonObject(properties) && Object.keys(properties).length > 0) {
    const own = Object.entries(properties).filter(([, value]) => isOf(dialect, value));
    const cleaned = own.map(([key, value]) => [key, clean(value, `${path}.${key}`, dialect)]);
    return { ...rest, properties: Object.fromEntries(cleaned) };
  }
  if (!isJsonObject(additionalProperties)) return rest;
  if (Object.keys(additionalProperties).length === 0) return { ...rest, [preserve]: true };
  return { ...rest, additionalProperties: clean(additionalProperties, `${path}.*`, dialect) };
}

function cleanTyped(node: JsonObject, path: string, dialect: Dialect): JsonObject {
  if (node['x-kubernetes-int-or-string']) return { ...node, anyOf: [{ type: 'integer' }, { type: 'string' }] };
  switch (node['type']) {
    case 'integer':
      return cleanInteger(node);
    case 'object':
      return cleanObject(node, path, dialect);
    case 'array':
      return { ...listTypeOf(node, path, dialect), items: clean(node['items'], `${path}[]`, dialect) };
    case undefined:
      return { ...node, [preserve]: true };
    default:
      return node;
  }
}

function clean(value: Json | undefined, path: string, dialect: Dialect): JsonObject {
  if (!isJsonObject(value)) throw new Error(`schema node ${path} is not an object`);
  const { [validations]: _rules, default: fallback, only: _only, ...node } = value;
  // Argo's definitions have no defaults; its controller fills them in.
  const filled = fallback === undefined || isArgo(dialect) ? {} : { default: fallback };
  return ordered({ ...cleanTyped(node, path, dialect), ...filled, ...rulesOf(value, dialect) });
}

const rootDescriptions = {
  apiVersion: 'Group and version of the kind.',
  kind: 'Name of the kind.',
};

/** Structural schema of a whole kind. Throws when the zod schema can't be expressed. */
export function structuralSchema(schema: z.ZodType, dialect: Dialect): JsonObject {
  const generated = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline', cycles: 'throw' });
  const root = clean(JSON.parse(JSON.stringify(generated)) as JsonObject, '', dialect);
  const { apiVersion: _a, kind: _k, metadata: _m, ...properties } = root['properties'] as Record<string, JsonObject>;
  return ordered({
    ...root,
    required: ['spec'],
    properties: {
      apiVersion: { description: rootDescriptions.apiVersion, type: 'string' },
      kind: { description: rootDescriptions.kind, type: 'string' },
      metadata: { type: 'object' },
      ...properties,
    },
  });
}
