/** One request as the proxy or the memory transport sees it on its way to the API server, before it is carried out. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';

export interface RequestSeen {
  readonly method: string;
  /** With its query, if it has one. */
  readonly path: string;
  readonly contentType: string;
  /** Parsed JSON. */
  readonly body?: Json;
  readonly userAgent: string;
}

export interface RequestTarget {
  readonly group: string;
  /** Plural, lower case. */
  readonly resource: string;
  readonly namespace: string;
  /** '' for a collection. */
  readonly name: string;
  readonly subresource: string;
  readonly isDryRun: boolean;
  /** A server-side apply that takes fields from other managers. */
  readonly isForced: boolean;
  /** '' when the request does not say. */
  readonly fieldManager: string;
}

/** `/api/v1/...` or `/apis/<group>/<version>/...`; undefined for anything else, such as discovery. */
export function targetOf(path: string): RequestTarget | undefined {
  const [plain = '', query = ''] = path.split('?');
  const parts = plain
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const isCore = parts[0] === 'api';
  if (!isCore && parts[0] !== 'apis') return undefined;
  const rest = parts.slice(isCore ? 2 : 3);
  if (rest.length === 0) return undefined;
  const isNamespaced = rest[0] === 'namespaces' && rest.length > 2;
  const [resource = '', name = '', subresource = ''] = isNamespaced ? rest.slice(2) : rest;
  const parameters = new URLSearchParams(query);
  return {
    group: isCore ? '' : (parts[1] ?? ''),
    resource,
    namespace: isNamespaced ? (rest[1] ?? '') : '',
    name,
    subresource,
    isDryRun: parameters.has('dryRun'),
    isForced: parameters.get('force') === 'true',
    fieldManager: parameters.get('fieldManager') ?? '',
  };
}

export function bodyOf(request: RequestSeen): JsonObject {
  return isJsonObject(request.body) ? request.body : {};
}
