/** Parts of a body that a case compares when other writers decide the rest. */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../crds/schema/json.ts';
import { valueAt } from './run-case.ts';

const objectAt = (value: Json, ...path: string[]): JsonObject => {
  const found = valueAt(value, path);
  return isJsonObject(found) ? found : {};
};

function itemsOf(body: Json): readonly Json[] {
  const items = valueAt(body, ['items']);
  return Array.isArray(items) ? (items as readonly Json[]) : [];
}

/** All but managedFields and resourceVersion, where controllers write too, each in its own number of writes. */
export function withoutFields(body: Json): Json {
  if (!isJsonObject(body) || !isJsonObject(body['metadata'])) return body;
  const { managedFields: _fields, resourceVersion: _version, ...metadata } = body['metadata'];
  return { ...body, metadata };
}

/** Spec size and status. */
export function statusOf(body: Json): Json {
  return {
    generation: objectAt(body, 'metadata')['generation'],
    replicas: objectAt(body, 'spec')['replicas'],
    status: objectAt(body, 'status'),
  };
}

/** What a ReplicaSet decides of its pods. */
export function podsOf(body: Json): Json {
  return itemsOf(body).map((pod) => {
    const { name, generateName, labels, ownerReferences, finalizers } = objectAt(pod, 'metadata');
    return {
      metadata: { name, generateName, labels, ownerReferences, finalizers },
      images: objectAt(pod, 'spec', 'containers', '0')['image'],
    };
  });
}

/** EndpointSlices without what the version of the controller says of itself. */
export function slicesOf(body: Json): Json {
  return itemsOf(body).map((slice) => {
    const { name, generateName, labels, ownerReferences } = objectAt(slice, 'metadata');
    const { addressType, endpoints, ports } = isJsonObject(slice) ? slice : {};
    return { metadata: { name, generateName, labels, ownerReferences }, addressType, endpoints, ports };
  });
}

/** Of discovery: the resources the sandbox serves, by name, without their storage hash. */
export function servedResources(...names: string[]): (body: Json) => Json {
  return (body) => {
    if (!isJsonObject(body) || !Array.isArray(body['resources'])) return body;
    const resources = (body['resources'] as readonly Json[]).filter((each) =>
      names.includes(textAt(objectAt(each), 'name')),
    );
    return { ...body, resources };
  };
}

/** Of discovery: these groups only. */
export function servedGroups(...names: string[]): (body: Json) => Json {
  return (body) => {
    if (!isJsonObject(body) || !Array.isArray(body['groups'])) return body;
    return {
      ...body,
      groups: (body['groups'] as readonly Json[]).filter((each) => names.includes(textAt(objectAt(each), 'name'))),
    };
  };
}

/** Of aggregated discovery: these groups with the resources the sandbox serves. */
export function servedRoots(...names: string[]): (body: Json) => Json {
  return (body) => ({
    ...(isJsonObject(body) ? body : {}),
    items: itemsOf(body)
      .filter((group) => names.includes(textAt(objectAt(group, 'metadata'), 'name') || 'v1'))
      .map(withServedResources),
  });
}

/** Resources of v1 that the sandbox serves. */
export const coreResources = [
  'namespaces',
  'namespaces/status',
  'pods',
  'pods/status',
  'pods/log',
  'pods/eviction',
  'pods/binding',
  'services',
  'services/status',
  'configmaps',
  'secrets',
  'serviceaccounts',
  'serviceaccounts/token',
  'events',
  'nodes',
  'nodes/status',
  'persistentvolumeclaims',
  'persistentvolumeclaims/status',
];
const otherResources = ['replicasets', 'deployments', 'rollouts', 'gitsyncs', 'clusteranalysistemplates'];

function withServedResources(group: Json): Json {
  const versions = valueAt(group, ['versions']);
  if (!isJsonObject(group) || !Array.isArray(versions)) return group;
  const isServed = (resource: Json): boolean => {
    const name = textAt(objectAt(resource), 'resource');
    return coreResources.includes(name) || otherResources.includes(name);
  };
  const shown = (versions as readonly Json[]).map((version) => ({
    ...objectAt(version),
    resources: (objectAt(version)['resources'] as readonly Json[]).filter(isServed).map(withServedSubresources),
  }));
  return { ...group, versions: shown };
}

function withServedSubresources(resource: Json): Json {
  const subresources = valueAt(resource, ['subresources']);
  if (!isJsonObject(resource) || !Array.isArray(subresources)) return resource;
  const prefix = textAt(resource, 'resource');
  const isServed = (each: Json): boolean => {
    const name = textAt(objectAt(each), 'subresource');
    return name === 'scale' || name === 'status' || coreResources.includes(`${prefix}/${name}`);
  };
  return { ...resource, subresources: (subresources as readonly Json[]).filter(isServed) };
}

/** Of an OpenAPI document: one schema, and the paths that speak of its kind. */
export function openApiOf(name: string): (body: Json) => Json {
  return (body) => ({
    schema: valueAt(body, ['components', 'schemas', name]) ?? null,
    paths: Object.keys(objectAt(body, 'paths')),
  });
}
