/** The schema of HTTPRoute: fields, defaults, list types and limits as in Gateway API v1.3 (standard channel). */

import type { JsonObject } from '../../crds/schema/json.ts';
import {
  atomicList,
  choice,
  conditions,
  controllerName,
  goDuration,
  groupName,
  headerName,
  hostname,
  integer,
  keyedList,
  kindName,
  namespaceName,
  object,
  objectName,
  parentRef,
  portNumber,
  preciseHostname,
  rules,
  text,
} from './crd-schema.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'];
const anyPath = { type: 'PathPrefix', value: '/' };
const servicePort = rules([
  "(size(self.group) == 0 && self.kind == 'Service') ? has(self.port) : true",
  'Must have port for Service reference',
]);

const backendFields: JsonObject = {
  group: groupName({ default: '' }),
  kind: kindName({ default: 'Service' }),
  namespace: namespaceName,
  name: objectName,
  port: portNumber,
};

function keyValue(valueLength: number): JsonObject {
  return object({ name: headerName, value: text(valueLength) }, ['name', 'value']);
}

function valueMatch(valueLength: number): JsonObject {
  const type = choice(['Exact', 'RegularExpression'], { default: 'Exact' });
  return keyedList('name', object({ type, name: headerName, value: text(valueLength) }, ['name', 'value']), 16);
}

const headerModifier = object({
  set: keyedList('name', keyValue(4096), 16),
  add: keyedList('name', keyValue(4096), 16),
  remove: { type: 'array', items: { type: 'string' }, maxItems: 16, 'x-kubernetes-list-type': 'set' },
});

const pathModifier = object(
  {
    type: choice(['ReplaceFullPath', 'ReplacePrefixMatch']),
    replaceFullPath: { type: 'string', maxLength: 1024 },
    replacePrefixMatch: { type: 'string', maxLength: 1024 },
  },
  ['type'],
  rules(
    [
      "has(self.replaceFullPath) == (self.type == 'ReplaceFullPath')",
      'replaceFullPath belongs to type ReplaceFullPath, and is required there',
    ],
    [
      "has(self.replacePrefixMatch) == (self.type == 'ReplacePrefixMatch')",
      'replacePrefixMatch belongs to type ReplacePrefixMatch, and is required there',
    ],
  ),
);

const mirror = object(
  {
    backendRef: object(backendFields, ['name'], servicePort),
    percent: integer(0, 100),
    fraction: object(
      { numerator: integer(0), denominator: integer(1, undefined, { default: 100 }) },
      ['numerator'],
      rules(['self.numerator <= self.denominator', 'numerator must not be more than denominator']),
    ),
  },
  ['backendRef'],
  rules(['!(has(self.percent) && has(self.fraction))', 'percent and fraction exclude each other']),
);

const redirect = object({
  scheme: choice(['http', 'https']),
  hostname: preciseHostname,
  path: pathModifier,
  port: portNumber,
  statusCode: { type: 'integer', enum: [301, 302], default: 302 },
});

const fieldOfType: Readonly<Record<string, string>> = {
  RequestHeaderModifier: 'requestHeaderModifier',
  ResponseHeaderModifier: 'responseHeaderModifier',
  RequestMirror: 'requestMirror',
  RequestRedirect: 'requestRedirect',
  URLRewrite: 'urlRewrite',
  ExtensionRef: 'extensionRef',
};

const filter = object(
  {
    type: choice(Object.keys(fieldOfType)),
    requestHeaderModifier: headerModifier,
    responseHeaderModifier: headerModifier,
    requestMirror: mirror,
    requestRedirect: redirect,
    urlRewrite: object({ hostname: preciseHostname, path: pathModifier }),
    extensionRef: object({ group: groupName(), kind: kindName(), name: objectName }, ['group', 'kind', 'name']),
  },
  ['type'],
  rules(
    ...Object.entries(fieldOfType).map(
      ([type, field]) =>
        [
          `has(self.${field}) == (self.type == '${type}')`,
          `${field} belongs to type ${type}, and is required there`,
        ] as const,
    ),
  ),
);

const match = object({
  path: object(
    {
      type: choice(['Exact', 'PathPrefix', 'RegularExpression'], { default: 'PathPrefix' }),
      value: { type: 'string', maxLength: 1024, default: '/' },
    },
    [],
    {
      default: anyPath,
      ...rules(["self.type == 'RegularExpression' || self.value.startsWith('/')", "value must start with '/'"]),
    },
  ),
  headers: valueMatch(4096),
  queryParams: valueMatch(1024),
  method: choice(methods),
});

const weightedRef = object(
  { ...backendFields, weight: integer(0, 1_000_000, { default: 1 }), filters: atomicList(filter, 16) },
  ['name'],
  servicePort,
);

const rule = object({
  name: text(253, { pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$' }),
  matches: atomicList(match, 64, { default: [{ path: anyPath }] }),
  filters: atomicList(filter, 16),
  backendRefs: atomicList(weightedRef, 16),
  timeouts: object({ request: goDuration, backendRequest: goDuration }),
});

/** `spec` and `status` of an HTTPRoute. */
export function httpRouteSchema(): JsonObject {
  const parentStatus = object({ parentRef, controllerName, conditions: conditions({ minItems: 1 }) }, [
    'controllerName',
    'parentRef',
  ]);
  return {
    spec: object({
      parentRefs: atomicList(parentRef, 32),
      hostnames: atomicList(hostname, 16),
      rules: atomicList(rule, 16, { default: [{ matches: [{ path: anyPath }] }] }),
    }),
    status: object({ parents: atomicList(parentStatus, 32) }, ['parents']),
  };
}
