/**
 * What a request is about, for metrics: verb, group and resource out of method and path. Never the name or the
 * namespace of an object, whose number has no bound.
 */

import type { ApiRequest } from './api.ts';

export interface RequestLabel {
  /** As in the API server's own metrics: get, list, watch, create, update, patch, apply, delete. */
  readonly verb: string;
  readonly group: string;
  /** Plural, with the subresource: "pods", "rollouts/status"; "" for discovery. */
  readonly resource: string;
}

type Described = Pick<ApiRequest, 'method' | 'path' | 'contentType' | 'query'>;

export function requestLabel(request: Described): RequestLabel {
  const segments = request.path.split('/').filter((segment) => segment !== '');
  const group = segments[0] === 'apis' ? (segments[1] ?? '') : '';
  const rest = segments.slice(segments[0] === 'apis' ? 3 : 2);
  const inNamespace = rest[0] === 'namespaces' && rest.length > 2 && rest[2] !== 'status';
  const [resource = '', name, subresource] = inNamespace ? rest.slice(2) : rest;
  return {
    verb: verbOf(request, name === undefined),
    group,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
  };
}

function verbOf(request: Described, wholeCollection: boolean): string {
  switch (request.method) {
    case 'GET':
      if (request.query?.watch === 'true') return 'watch';
      return wholeCollection ? 'list' : 'get';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return request.contentType?.startsWith('application/apply-patch') ? 'apply' : 'patch';
    case 'DELETE':
      return 'delete';
  }
}
