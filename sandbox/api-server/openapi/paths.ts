/** The paths of the published documents: which methods a resource has, with the parameters that clients look for. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { componentName } from './components.ts';
import type { GroupVersion, PublishedKind } from './publish.ts';

const patchTypes = ['application/apply-patch+yaml', 'application/json-patch+json', 'application/merge-patch+json'];

/** `prefix` is `/api/v1` or `/apis/<group>/<version>`. */
export function pathsOf(prefix: string, groupVersion: GroupVersion, kinds: readonly PublishedKind[]): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const one of kinds) {
    const home = one.namespaced ? `${prefix}/namespaces/{namespace}/${one.plural}` : `${prefix}/${one.plural}`;
    const operations = operationsOf(one, groupVersion);
    if (one.namespaced) paths[`${prefix}/${one.plural}`] = { get: operations.list };
    paths[home] = { get: operations.list, post: operations.post, delete: operations.deleteCollection };
    paths[`${home}/{name}`] = operations.object;
    if (one.schema.hasStatus) paths[`${home}/{name}/status`] = operations.part;
    if (one.schema.hasScale) paths[`${home}/{name}/scale`] = operations.part;
  }
  return Object.fromEntries(
    Object.keys(paths)
      .toSorted()
      .map((path) => [path, paths[path]]),
  );
}

interface Operations {
  readonly list: JsonObject;
  readonly post: JsonObject;
  readonly deleteCollection: JsonObject;
  readonly object: JsonObject;
  readonly part: JsonObject;
}

function operationsOf(kind: PublishedKind, { group, version }: GroupVersion): Operations {
  const reference = { $ref: `#/components/schemas/${componentName({ group, version }, kind)}` };
  const gvk = { group, version, kind: kind.kind };
  const operation = (action: string, description: string, more: JsonObject = {}): JsonObject => ({
    description: `${description} ${kind.kind}`,
    ...more,
    responses: { '200': { description: 'OK', content: { 'application/json': { schema: reference } } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  });
  const body = { requestBody: { content: { '*/*': { schema: reference } }, required: true } };
  const patchBody = {
    content: Object.fromEntries(patchTypes.map((type) => [type, { schema: { type: 'object' } }])),
    required: true,
  };
  const get = operation('get', 'read the specified');
  const put = operation('put', 'replace the specified', { parameters: writeParameters, ...body });
  const patch = operation('patch', 'partially update the specified', {
    parameters: [...writeParameters, parameter('force', 'boolean')],
    requestBody: patchBody,
  });
  return {
    list: operation('list', 'list objects of kind'),
    post: operation('post', 'create a', { parameters: writeParameters, ...body }),
    deleteCollection: operation('deletecollection', 'delete collection of'),
    object: { get, put, delete: operation('delete', 'delete a'), patch },
    part: { get, put, patch },
  };
}

function parameter(name: string, type: string): JsonObject {
  return { name, in: 'query', schema: { type, uniqueItems: true } };
}

const writeParameters = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => parameter(name, 'string'));
