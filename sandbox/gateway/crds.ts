/**
 * The Gateway API as the sandbox serves it: own CustomResourceDefinitions with the field names, defaults, list types and
 * limits of v1.3, so that routes come back from the API server as they would in a real cluster.
 */

import type { JsonObject } from '../../crds/schema/json.ts';
import { gatewayClassSchema, gatewaySchema, referenceGrantSchema } from './crd-gateway.ts';
import { httpRouteSchema } from './crd-http-route.ts';
import { group, object } from './crd-schema.ts';

interface Definition {
  readonly kind: string;
  readonly plural: string;
  readonly version: string;
  readonly namespaced: boolean;
  readonly shortNames?: readonly string[];
  readonly columns: readonly JsonObject[];
  readonly schema: JsonObject;
}

function column(name: string, jsonPath: string, type = 'string'): JsonObject {
  return { name, type, jsonPath };
}

const age = column('Age', '.metadata.creationTimestamp', 'date');

function definitions(): readonly Definition[] {
  return [
    {
      kind: 'GatewayClass',
      plural: 'gatewayclasses',
      version: 'v1',
      namespaced: false,
      shortNames: ['gc'],
      columns: [
        column('Controller', '.spec.controllerName'),
        column('Accepted', '.status.conditions[?(@.type=="Accepted")].status'),
        age,
        { ...column('Description', '.spec.description'), priority: 1 },
      ],
      schema: gatewayClassSchema(),
    },
    {
      kind: 'Gateway',
      plural: 'gateways',
      version: 'v1',
      namespaced: true,
      shortNames: ['gtw'],
      columns: [
        column('Class', '.spec.gatewayClassName'),
        column('Address', '.status.addresses[*].value'),
        column('Programmed', '.status.conditions[?(@.type=="Programmed")].status'),
        age,
      ],
      schema: gatewaySchema(),
    },
    {
      kind: 'HTTPRoute',
      plural: 'httproutes',
      version: 'v1',
      namespaced: true,
      columns: [column('Hostnames', '.spec.hostnames'), age],
      schema: httpRouteSchema(),
    },
    {
      // v1 of this kind came only after v1.3.
      kind: 'ReferenceGrant',
      plural: 'referencegrants',
      version: 'v1beta1',
      namespaced: true,
      shortNames: ['refgrant'],
      columns: [age],
      schema: referenceGrantSchema(),
    },
  ];
}

/** Four apiextensions.k8s.io/v1 CustomResourceDefinitions, made anew at every call. */
export function gatewayCrds(): JsonObject[] {
  return definitions().map(customResourceDefinition);
}

function customResourceDefinition(definition: Definition): JsonObject {
  const { kind, plural, version, namespaced, shortNames, columns, schema } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // The API server wants a word on approval for every group below k8s.io.
      annotations: { 'api-approved.kubernetes.io': 'unapproved, made for a simulated cluster' },
    },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular: kind.toLowerCase(),
        categories: ['gateway-api'],
        ...(shortNames === undefined ? {} : { shortNames }),
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...('status' in schema ? { subresources: { status: {} } } : {}),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: wholeSchema(schema) },
        },
      ],
    },
  };
}

function wholeSchema(schema: JsonObject): JsonObject {
  const meta = { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } };
  return object({ ...meta, ...schema }, 'status' in schema ? ['spec'] : []);
}
