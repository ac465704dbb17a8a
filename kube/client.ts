/**
 * Reads and writes of single objects over a Transport: paths, patch types, preconditions and paging. Every failure is a
 * returned ApiResult.
 */

import type {
  ApiRequest,
  ApiResult,
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  JsonObject,
  KubeClient,
  KubeObject,
  ListOptions,
  ListResult,
  MergeOptions,
  ObjectKey,
  Transport,
  WriteOptions,
} from './api.ts';
import type { ApiFailure, Discovery } from './discovery.ts';
import { isKubeObject, textOf } from './json.ts';
import { describeKey, keyOf, kindOf, versionOf } from './ref.ts';
import { collectionPath, itemsOf, objectPath } from './resource-path.ts';

/** Objects per page: 500 is what kubectl and informers ask for. */
const pageSize = 500;
const listTimeoutMs = 30_000;

type Found =
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'failed'; readonly failure: ApiFailure };

export function kubeClient(transport: Transport, discovery: Discovery): KubeClient {
  const find = (key: ObjectKey, version?: string, part?: string) => findPath(discovery, key, version, part);
  return {
    async served(kind) {
      const found = await discovery.resolve(kind);
      if (found.kind === 'failed') {
        throw new Error(
          `the API server could not be asked whether it serves ${kind.kind}: ${sentenceOf(found.failure)}`,
        );
      }
      return found.kind === 'served' ? found.served : undefined;
    },
    async get(key, options) {
      const found = await find(key);
      if (found.kind === 'failed') return found.failure;
      return whole(await transport.send({ method: 'GET', path: found.path, pool: 'read', ...call(options) }));
    },
    list: (kind, options = {}) => listAll(transport, discovery, kind, options),
    async create(object, options) {
      const found = await collectionOf(discovery, object);
      if (found.kind === 'failed') return found.failure;
      return whole(await transport.send({ ...write('POST', found.path, options), body: object }));
    },
    async apply(object, options) {
      const found = await find(keyOf(object), versionOf(object.apiVersion));
      if (found.kind === 'failed') return found.failure;
      return whole(await transport.send({ ...applyRequest(found.path, options), body: object }));
    },
    async merge(key, patch, options) {
      const found = await find(key, undefined, options.subresource);
      if (found.kind === 'failed') return found.failure;
      const contentType = 'application/merge-patch+json';
      const body = withPreconditions(patch, options);
      const result = await transport.send({ ...write('PATCH', found.path, options), contentType, body });
      return whole(otherUidIsConflict(result, options));
    },
    async delete(key, options = {}) {
      const found = await find(key);
      if (found.kind === 'failed') return found.failure;
      return transport.send({ ...write('DELETE', found.path, options), query: {}, body: deleteBody(options) });
    },
    async createSub(key, subresource, body, options) {
      const found = await find(key, undefined, subresource);
      if (found.kind === 'failed') return found.failure;
      return transport.send({ ...write('POST', found.path, options), body });
    },
  };
}

/** One sentence for any failure, fit for a condition or a log line. */
export function sentenceOf(failure: ApiFailure): string {
  switch (failure.kind) {
    case 'busy':
      return `the API server is busy and asks to come back in ${failure.retryAfterMs / 1000} s`;
    case 'unknown':
      return failure.cause.message;
    case 'forbidden':
      return `not allowed to ${failure.right}`;
    case 'conflict':
    case 'not-found':
    case 'gone':
    case 'invalid':
      return failure.message;
  }
}

async function findPath(discovery: Discovery, key: ObjectKey, version?: string, part?: string): Promise<Found> {
  const found = await discovery.resolve(key, version);
  if (found.kind === 'failed') return found;
  if (found.kind === 'not-served') return { kind: 'failed', failure: { kind: 'not-found', message: found.message } };
  if (key.name === '') return refused(key, 'metadata.name', 'has no name');
  if (found.served.namespaced && key.namespace === '') return refused(key, 'metadata.namespace', 'has no namespace');
  return { kind: 'path', path: objectPath(found.served, key.namespace, key.name, part) };
}

async function collectionOf(discovery: Discovery, object: KubeObject): Promise<Found> {
  const found = await discovery.resolve(kindOf(object), versionOf(object.apiVersion));
  if (found.kind === 'failed') return found;
  if (found.kind === 'not-served') return { kind: 'failed', failure: { kind: 'not-found', message: found.message } };
  const key = keyOf(object);
  if (found.served.namespaced && key.namespace === '') return refused(key, 'metadata.namespace', 'has no namespace');
  return { kind: 'path', path: collectionPath(found.served, key.namespace) };
}

function refused(key: ObjectKey, field: string, what: string): Found {
  const message = `${describeKey(key)} ${what}`;
  return { kind: 'failed', failure: { kind: 'invalid', message, problems: [{ field, message }] } };
}

/** An answer that is no Kubernetes object, to a request for one: whatever it was, it is not known to have worked. */
function whole(result: ApiResult<JsonObject>): ApiResult {
  if (result.kind !== 'ok') return result;
  if (isKubeObject(result.object)) return { kind: 'ok', object: result.object };
  // Reviews (SubjectAccessReview, TokenReview) are answered without a name.
  const { apiVersion, kind } = result.object;
  if (typeof apiVersion === 'string' && typeof kind === 'string' && kind.endsWith('Review')) {
    return { kind: 'ok', object: { ...result.object, apiVersion, kind, metadata: { name: '' } } };
  }
  return {
    kind: 'unknown',
    cause: new Error('the API server answered with something that is not a Kubernetes object'),
  };
}

function call(options: CallOptions | undefined): Pick<ApiRequest, 'as' | 'signal' | 'timeoutMs'> {
  const { as, signal, timeoutMs } = options ?? {};
  return {
    ...(as === undefined ? {} : { as }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

function write(method: ApiRequest['method'], path: string, options: WriteOptions | undefined): ApiRequest {
  const query = {
    fieldManager: options?.fieldManager,
    dryRun: options?.dryRun === true ? 'All' : undefined,
    fieldValidation: options?.strict === true ? 'Strict' : undefined,
  };
  return { method, path, pool: 'write', query, ...call(options) };
}

/** JSON is YAML, so the JSON body goes under the apply content type that every supported server has. */
function applyRequest(path: string, options: ApplyOptions): ApiRequest {
  const request = write('PATCH', path, options);
  const query = { ...request.query, force: options.force === true ? 'true' : undefined };
  return { ...request, query, contentType: 'application/apply-patch+yaml' };
}

/** A patch that names another uid is answered 422 "field is immutable": the object was made anew, which is a conflict. */
function otherUidIsConflict(result: ApiResult<JsonObject>, options: MergeOptions): ApiResult<JsonObject> {
  if (result.kind !== 'invalid' || options.uid === undefined) return result;
  if (!result.problems.some((problem) => problem.field === 'metadata.uid')) return result;
  return { kind: 'conflict', message: result.message, reason: 'Conflict' };
}

function withPreconditions(patch: object, options: MergeOptions): object {
  const { resourceVersion, uid } = options;
  if (resourceVersion === undefined && uid === undefined) return patch;
  const metadata = 'metadata' in patch && typeof patch.metadata === 'object' ? patch.metadata : {};
  return {
    ...patch,
    metadata: {
      ...metadata,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(uid === undefined ? {} : { uid }),
    },
  };
}

function deleteBody(options: DeleteOptions): object {
  const { uid, resourceVersion, propagation, gracePeriodSeconds, dryRun } = options;
  const preconditions = { ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) };
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy: propagation ?? 'Background',
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(Object.keys(preconditions).length === 0 ? {} : { preconditions }),
    ...(dryRun === true ? { dryRun: ['All'] } : {}),
  };
}

async function listAll(
  transport: Transport,
  discovery: Discovery,
  kind: Parameters<KubeClient['list']>[0],
  options: ListOptions,
): Promise<ListResult> {
  const found = await discovery.resolve(kind);
  if (found.kind === 'failed') return found.failure;
  if (found.kind === 'not-served') return { kind: 'not-found', message: found.message };
  const path = collectionPath(found.served, options.namespace ?? '');
  const { labelSelector, fieldSelector } = options;
  const items: (KubeObject & JsonObject)[] = [];
  let limit: string | undefined = String(pageSize);
  let next: string | undefined;
  for (;;) {
    const query = { labelSelector, fieldSelector, limit, continue: next };
    const result = await transport.send({
      method: 'GET',
      path,
      query,
      pool: 'read',
      timeoutMs: listTimeoutMs,
      ...call(options),
    });
    if (result.kind === 'gone' && next !== undefined) {
      // The snapshot behind the continue token was compacted away: once more, in one piece.
      items.length = 0;
      limit = undefined;
      next = undefined;
      continue;
    }
    if (result.kind !== 'ok') return result;
    for (const item of itemsOf(found.served, result.object)) items.push(item);
    next = textOf(result.object, 'metadata', 'continue') || undefined;
    if (next === undefined) {
      return { kind: 'ok', items, resourceVersion: textOf(result.object, 'metadata', 'resourceVersion') ?? '' };
    }
  }
}
