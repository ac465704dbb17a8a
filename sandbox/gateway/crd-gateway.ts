/** The schemas of GatewayClass, Gateway and ReferenceGrant, as far as users of routes and a gateway on one port need them. */

import type { JsonObject } from '../../crds/schema/json.ts';
import {
  atomicList,
  choice,
  conditions,
  controllerName,
  group,
  groupName,
  hostname,
  keyedList,
  kindName,
  mapOf,
  namespaceName,
  object,
  objectName,
  portNumber,
  rules,
  sectionName,
  text,
  waitingConditions,
} from './crd-schema.ts';

const parametersFields: JsonObject = { group: groupName(), kind: kindName(), name: objectName };

export function gatewayClassSchema(): JsonObject {
  const waiting = waitingConditions('Accepted');
  return {
    spec: object(
      {
        controllerName: { ...controllerName, ...rules(['self == oldSelf', 'Value is immutable']) },
        description: { type: 'string', maxLength: 64 },
        parametersRef: object({ ...parametersFields, namespace: namespaceName }, ['group', 'kind', 'name']),
      },
      ['controllerName'],
    ),
    status: object({ conditions: conditions({ default: waiting }) }, [], { default: { conditions: waiting } }),
  };
}

const labelSelector = object(
  {
    matchLabels: { type: 'object', additionalProperties: { type: 'string' } },
    matchExpressions: {
      type: 'array',
      'x-kubernetes-list-type': 'atomic',
      items: object(
        {
          key: { type: 'string' },
          operator: { type: 'string' },
          values: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
        },
        ['key', 'operator'],
      ),
    },
  },
  [],
  { 'x-kubernetes-map-type': 'atomic' },
);

const routeKind = object({ group: groupName({ default: group }), kind: kindName() }, ['kind']);

const allowedRoutes = object(
  {
    namespaces: object(
      { from: choice(['All', 'Selector', 'Same'], { default: 'Same' }), selector: labelSelector },
      [],
      { default: { from: 'Same' } },
    ),
    kinds: atomicList(routeKind, 8),
  },
  [],
  { default: { namespaces: { from: 'Same' } } },
);

const certificateRef = object(
  {
    group: groupName({ default: '' }),
    kind: kindName({ default: 'Secret' }),
    namespace: namespaceName,
    name: objectName,
  },
  ['name'],
);

const listener = object(
  {
    name: sectionName,
    hostname,
    port: portNumber,
    protocol: text(255),
    tls: object({
      mode: choice(['Terminate', 'Passthrough'], { default: 'Terminate' }),
      certificateRefs: atomicList(certificateRef, 64),
      options: mapOf({ type: 'string', maxLength: 4096 }, 16),
    }),
    allowedRoutes,
  },
  ['name', 'port', 'protocol'],
);

const addressType = { type: 'string', minLength: 1, maxLength: 253, default: 'IPAddress' };

const listenerStatus = object(
  {
    name: sectionName,
    supportedKinds: atomicList(routeKind, 8),
    attachedRoutes: { type: 'integer', format: 'int32' },
    conditions: conditions(),
  },
  ['attachedRoutes', 'conditions', 'name', 'supportedKinds'],
);

export function gatewaySchema(): JsonObject {
  const waiting = waitingConditions('Accepted', 'Programmed');
  return {
    spec: object(
      {
        gatewayClassName: objectName,
        listeners: keyedList('name', listener, 64, { minItems: 1 }),
        addresses: atomicList(object({ type: addressType, value: { type: 'string', maxLength: 253 } }), 16),
        infrastructure: object({
          labels: mapOf({ type: 'string', maxLength: 63 }, 8),
          annotations: mapOf({ type: 'string', maxLength: 4096 }, 8),
          parametersRef: object(parametersFields, ['group', 'kind', 'name']),
        }),
      },
      ['gatewayClassName', 'listeners'],
    ),
    status: object(
      {
        addresses: atomicList(object({ type: addressType, value: text(253) }, ['value']), 16),
        conditions: conditions({ default: waiting }),
        listeners: keyedList('name', listenerStatus, 64),
      },
      [],
      { default: { conditions: waiting } },
    ),
  };
}

export function referenceGrantSchema(): JsonObject {
  const from = object({ group: groupName(), kind: kindName(), namespace: namespaceName }, [
    'group',
    'kind',
    'namespace',
  ]);
  const to = object({ group: groupName(), kind: kindName(), name: objectName }, ['group', 'kind']);
  return {
    spec: object({ from: atomicList(from, 16, { minItems: 1 }), to: atomicList(to, 16, { minItems: 1 }) }, [
      'from',
      'to',
    ]),
  };
}
