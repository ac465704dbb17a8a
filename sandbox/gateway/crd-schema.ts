/** Builders for the structural schemas of the simulated Gateway API: names, references, conditions and rules in short form. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';

export const group = 'gateway.networking.k8s.io';

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const headerToken = "^[A-Za-z0-9!#$%&'*+\\-.^_\\x60|~]+$";

/** A text of 1 to `maxLength` characters. */
export function text(maxLength: number, more: JsonObject = {}): JsonObject {
  return { type: 'string', minLength: 1, maxLength, ...more };
}

export function choice(values: readonly string[], more: JsonObject = {}): JsonObject {
  return { type: 'string', enum: values, ...more };
}

export function integer(minimum: number, maximum?: number, more: JsonObject = {}): JsonObject {
  return { type: 'integer', format: 'int32', minimum, ...(maximum === undefined ? {} : { maximum }), ...more };
}

export function object(properties: JsonObject, required: readonly string[] = [], more: JsonObject = {}): JsonObject {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }), ...more };
}

/** A list without list type: one owner has it whole, as every list of routes in the Gateway API. */
export function atomicList(items: JsonObject, maxItems: number, more: JsonObject = {}): JsonObject {
  return { type: 'array', maxItems, items, ...more };
}

/** A list whose items are owned one by one, found by the given key. */
export function keyedList(key: string, items: JsonObject, maxItems: number, more: JsonObject = {}): JsonObject {
  return {
    type: 'array',
    maxItems,
    items,
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [key],
    ...more,
  };
}

export function mapOf(values: JsonObject, maxProperties: number): JsonObject {
  return { type: 'object', additionalProperties: values, maxProperties };
}

/** CEL rules of one node: `[rule, message]`. */
export function rules(...all: readonly (readonly [rule: string, message: string])[]): JsonObject {
  return { 'x-kubernetes-validations': all.map(([rule, message]) => ({ rule, message })) };
}

export const objectName = text(253);
export const namespaceName = text(63, { pattern: `^${label}$` });
export const sectionName = text(253, { pattern: `^${subdomain}$` });
export const kindName = (more: JsonObject = {}): JsonObject =>
  text(63, { pattern: '^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$', ...more });
export const groupName = (more: JsonObject = {}): JsonObject => ({
  type: 'string',
  maxLength: 253,
  pattern: `^$|^${subdomain}$`,
  ...more,
});
/** A host name; a leading `*.` stands for any number of labels. */
export const hostname = text(253, { pattern: `^(\\*\\.)?${subdomain}$` });
export const preciseHostname = text(253, { pattern: `^${subdomain}$` });
export const controllerName = text(253, { pattern: `^${subdomain}\\/[A-Za-z0-9\\/\\-._~%!$&'()*+,;=:]+$` });
export const portNumber = integer(1, 65535);
export const headerName = text(256, { pattern: headerToken });
export const goDuration: JsonObject = { type: 'string', pattern: '^([0-9]{1,5}(h|m|s|ms)){1,4}$' };

export const parentRef = object(
  {
    group: groupName({ default: group }),
    kind: kindName({ default: 'Gateway' }),
    namespace: namespaceName,
    name: objectName,
    sectionName,
    port: portNumber,
  },
  ['name'],
);

const condition = object(
  {
    type: {
      type: 'string',
      maxLength: 316,
      pattern: `^(${subdomain}/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$`,
    },
    status: choice(['True', 'False', 'Unknown']),
    observedGeneration: { type: 'integer', format: 'int64', minimum: 0 },
    lastTransitionTime: { type: 'string', format: 'date-time' },
    reason: text(1024, { pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$' }),
    message: { type: 'string', maxLength: 32768 },
  },
  ['lastTransitionTime', 'message', 'reason', 'status', 'type'],
);

export function conditions(more: JsonObject = {}): JsonObject {
  return keyedList('type', condition, 8, more);
}

/** What the API server fills in until a gateway has looked. */
export function waitingConditions(...types: readonly string[]): Json {
  return types.map((type) => ({
    type,
    status: 'Unknown',
    reason: 'Pending',
    message: 'Waiting for controller',
    lastTransitionTime: '1970-01-01T00:00:00Z',
  }));
}
