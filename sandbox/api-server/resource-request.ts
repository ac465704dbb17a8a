/** One request about a resource: which verb it is, and who carries it out. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { applyObject } from './apply.ts';
import type { ApiCall, ApiReply } from './contract.ts';
import type { Core, Target, Write } from './core.ts';
import { createObject } from './create.ts';
import { decodeObject } from './decode.ts';
import { deleteDefinition, isDefinition } from './definitions.ts';
import { type Deleted, deleteObject, deleteOptions } from './delete.ts';
import { nameOf, namespaceOf, stringAt } from './json-access.ts';
import { listObjects, tooLarge, versionOf } from './list.ts';
import { finalizeNamespace } from './namespace-finalize.ts';
import { includeObjectOf, type Output, renderList, renderObject, wantedOf, watchRender } from './output.ts';
import { type PatchKind, patchKind, patchObject } from './patch.ts';
import { bindPod, evictPod, podLog } from './pod-subresources.ts';
import { protobufType } from './protobuf.ts';
import { applyScale, readScale, writeScale } from './scale.ts';
import { selectionOf } from './selection.ts';
import type { ServedKind } from './served-kind.ts';
import { requestToken } from './service-account-token.ts';
import {
  invalidOptions,
  methodNotAllowed,
  noSuchResource,
  notFound,
  qualified,
  StatusError,
  unsupportedMediaType,
} from './status-error.ts';
import { checkPut, liveObject, updateObject } from './update.ts';
import { watchObjects } from './watch.ts';
import { writeOf } from './write-options.ts';

export function handleResource(core: Core, call: ApiCall, target: Target): ApiReply {
  checkVerb(call, target);
  const { form, metaVersion } = wantedOf(call.accept);
  const includeObject = form === 'table' ? includeObjectOf(call.query.includeObject ?? '') : '';
  const output: Output = { form, metaVersion, kind: target.kind, includeObject };
  if (!['', 'status'].includes(target.subresource)) return handleSubresource(core, call, target, output);
  switch (call.method) {
    case 'GET':
      return read(core, call, target, output);
    case 'POST':
      return create(core, call, target, output);
    case 'PUT':
      return update(core, call, target, output);
    case 'PATCH':
      return patch(core, call, target, output);
    case 'DELETE':
      return target.name === '' ? removeAll(core, call, target, output) : remove(core, call, target, output);
    default:
      throw methodNotAllowed();
  }
}

const verbOfMethod: Readonly<Record<string, string>> = {
  GET: 'get',
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
};

function checkVerb({ method }: ApiCall, { kind, name, subresource }: Target): void {
  const verb = verbOfMethod[method];
  if (verb === undefined) throw methodNotAllowed();
  if (subresource !== '') {
    const known = kind.subresources.find((one) => one.name === subresource);
    if (known === undefined) throw kind.schema.custom ? notFound(kind, name) : noSuchResource();
    if (!known.verbs.includes(verb)) throw kind.schema.custom ? verbNotSupported(kind, verb) : methodNotAllowed();
    return;
  }
  const onObject = name !== '';
  // A custom resource may also be posted to the path that it will have.
  const allowed = onObject
    ? verb !== 'create' || kind.schema.custom
    : verb === 'get' || verb === 'create' || verb === 'delete';
  const needed = !onObject && verb === 'delete' ? 'deletecollection' : verb;
  if (!allowed || !kind.verbs.includes(needed)) throw methodNotAllowed();
}

function reply(status: number, body: JsonObject, warnings: readonly string[] = []): ApiReply {
  return { kind: 'object', status, body, ...(warnings.length === 0 ? {} : { warnings }) };
}

function stored(core: Core, output: Output, status: number, object: JsonObject, write?: Write): ApiReply {
  return reply(status, renderObject(core, output, object), write?.warnings);
}

function read(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const onObject = target.name !== '' && call.query.oldWatch === undefined;
  if (!onObject && (call.query.watch === 'true' || call.query.watch === '1')) {
    return watchObjects(core, target, call.query, watchRender(core, output));
  }
  if (!onObject) {
    const { items, metadata } = listObjects(core, target, call.query);
    return reply(200, renderList(core, output, items, metadata));
  }
  const version = versionOf(call.query.resourceVersion ?? '') ?? 0;
  if (version > core.store.revision()) throw tooLarge(version, core.store.revision());
  const object = core.store.get(target.kind.shelf, target.namespace, target.name);
  if (object === undefined) throw notFound(target.kind, target.name);
  return stored(core, output, 200, object);
}

function create(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const write = writeOf(core, call, target, 'create', 'CreateOptions');
  checkContentType(call, target.kind);
  const body = decodeObject(write, call.body);
  return stored(core, output, 201, createObject(write, body), write);
}

function update(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const write = writeOf(core, call, target, 'update', 'UpdateOptions');
  checkContentType(call, target.kind);
  const body = decodeObject(write, call.body);
  const live = liveObject(write);
  const placed = checkPut(write, body, live);
  if (live === undefined) {
    if (target.kind.rules.createOnUpdate !== true || target.subresource !== '')
      throw notFound(target.kind, target.name);
    return stored(core, output, 201, createObject({ ...write, verb: 'create' }, placed), write);
  }
  return stored(core, output, 200, updateObject(write, placed, live), write);
}

function patch(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const how = patchKind(call.contentType, target.kind.schema.custom);
  const write = writeOf(core, call, target, how === 'apply' ? 'apply' : 'patch', 'PatchOptions');
  checkForce(how, call.query.force);
  if (how !== 'apply') return stored(core, output, 200, patchObject(write, how, call.body), write);
  const { object, created } = applyObject(write, call.body, call.query.force === 'true' || call.query.force === '1');
  return stored(core, output, created ? 201 : 200, object, write);
}

function verbNotSupported({ group, plural }: ServedKind, verb: string): StatusError {
  const message = `${verb} is not supported on resources of kind "${qualified({ group, plural })}"`;
  return new StatusError(405, 'MethodNotAllowed', message, { group, kind: plural });
}

function checkContentType({ contentType }: ApiCall, { kind }: ServedKind): void {
  if (contentType === protobufType) throw unsupportedMediaType(noProtobuf(kind));
  if (contentType === '' || contentType === 'application/json' || contentType === 'application/yaml') return;
  throw unsupportedMediaType(
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, ' +
      'application/vnd.kubernetes.protobuf',
  );
}

/** kubectl creates its own typed objects in protobuf; its users see this sentence. */
function noProtobuf(kind: string): string {
  return (
    `the sandbox does not understand protobuf bodies of kind ${kind}: send JSON or YAML, or write the object into a file and ` +
    'use kubectl apply --server-side (kubectl create with --dry-run=client -o yaml prints it)'
  );
}

function checkForce(how: PatchKind, force: string | undefined): void {
  if (how === 'apply' || force === undefined) return;
  const message = 'Forbidden: may not be specified for non-apply patch';
  throw invalidOptions('PatchOptions', { reason: 'FieldValueForbidden', field: 'force', message });
}

function remove(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const options = deleteOptions(call.body, call.query);
  const write = writeOf(core, call, target, 'delete', 'DeleteOptions');
  const live = liveObject(write);
  if (live === undefined) throw notFound(target.kind, target.name);
  const deleted = isDefinition(target) ? deleteDefinition(write, live, options) : deleteObject(write, live, options);
  if (!deleted.gone || target.kind.rules.returnsDeleted === true) return stored(core, output, 200, deleted.object);
  return reply(200, deletedStatus(target, deleted));
}

function deletedStatus({ kind }: Target, { object }: Deleted): JsonObject {
  const details = {
    name: nameOf(object),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.plural,
    uid: stringAt(object, 'metadata', 'uid'),
  };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}

function removeAll(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  const options = deleteOptions(call.body, call.query);
  const write = writeOf(core, call, target, 'delete', 'DeleteOptions');
  const { items, metadata } = listObjects(core, target, call.query);
  selectionOf(target, call.query);
  for (const item of items) {
    const own = { ...write, target: { ...target, namespace: namespaceOf(item), name: nameOf(item) } };
    const live = liveObject(own);
    if (live !== undefined) deleteObject(own, live, options);
  }
  return reply(200, renderList(core, output, items, metadata));
}

function handleSubresource(core: Core, call: ApiCall, target: Target, output: Output): ApiReply {
  switch (target.subresource) {
    case 'scale':
      return scale(core, call, target);
    case 'log':
      return podLog(writeOf(core, call, target, 'update', 'UpdateOptions'), call.query);
    case 'binding':
      return reply(201, bindPod(writeOf(core, call, target, 'create', 'CreateOptions'), call.body));
    case 'eviction':
      return reply(201, evictPod(writeOf(core, call, target, 'create', 'CreateOptions'), call.body));
    case 'token':
      return reply(201, requestToken(writeOf(core, call, target, 'create', 'CreateOptions'), call.body));
    case 'finalize': {
      const write = writeOf(core, call, target, 'update', 'UpdateOptions');
      return stored(core, output, 200, finalizeNamespace(write, call.body));
    }
    default:
      throw noSuchResource();
  }
}

function scale(core: Core, call: ApiCall, target: Target): ApiReply {
  if (call.method === 'GET') return reply(200, readScale(writeOf(core, call, target, 'update', 'UpdateOptions')));
  if (call.method === 'PUT') {
    return reply(200, writeScale(writeOf(core, call, target, 'update', 'UpdateOptions'), 'put', call.body));
  }
  const how = patchKind(call.contentType, target.kind.schema.custom);
  const write = writeOf(core, call, target, how === 'apply' ? 'apply' : 'patch', 'PatchOptions');
  return reply(200, how === 'apply' ? applyScale(write, call.body) : writeScale(write, how, call.body));
}
