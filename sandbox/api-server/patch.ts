/** PATCH: JSON merge patch, JSON Patch and server-side apply. Strategic merge patch is refused as for custom resources. */

import { applyPatch, type Operation } from 'rfc6902';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import type { Write } from './core.ts';
import { createObject, ownership } from './create.ts';
import { decodeObject, reportUnknown } from './decode.ts';
import { applyFields } from './fields/apply.ts';
import { metadataOf, nameOf, stringAt, textOf, withMetadata, without } from './json-access.ts';
import { mergePatch } from './merge-patch.ts';
import type { ServedKind } from './served-kind.ts';
import { apiVersionOf } from './served-kind.ts';
import {
  badRequest,
  conflict,
  invalid,
  invalidOptions,
  notFound,
  StatusError,
  unsupportedMediaType,
} from './status-error.ts';
import { checkName, liveObject, updateObject } from './update.ts';

export type PatchKind = 'merge' | 'json' | 'apply';

/** @throws StatusError 415, also for strategic merge. */
export function patchKind(contentType: string): PatchKind {
  switch (contentType) {
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/json-patch+json':
      return 'json';
    case 'application/apply-patch+yaml':
      return 'apply';
    case 'application/strategic-merge-patch+json':
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, ' +
          'application/merge-patch+json, application/apply-patch+yaml',
      );
    default:
      throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
  }
}

/** A patch of an object that is there. `shape` turns the patched object into what is stored (a subresource may differ). */
export function patchObject(write: Write, how: 'merge' | 'json', body: Json | undefined): JsonObject {
  const { target } = write;
  const live = liveObject(write);
  if (live === undefined) throw notFound(target.kind, target.name);
  const patched = patchedObject(write.target.kind, target.name, live, how, body);
  return updateObject(write, checkName(write, decodePatched(write, patched)), live);
}

/** The live object with the patch applied, as JSON. */
export function patchedObject(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  live: JsonObject,
  how: 'merge' | 'json',
  body: Json | undefined,
): JsonObject {
  if (how === 'json') return jsonPatched(kind, name, live, body);
  if (!isJsonObject(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(body)} into Go value of type map[string]interface {}`,
    );
  }
  return mergePatch(live, body);
}

function goKind(value: Json | undefined): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  return typeof value;
}

function decodePatched(write: Write, patched: JsonObject): JsonObject {
  const { kind, name } = write.target;
  checkType(kind, patched);
  const { object, unknown } = kind.schema.normalise(patched);
  reportUnknown(write, unknown, (said) => invalid(kind, name, [patchCause(patched, said)]));
  return object;
}

function checkType(kind: ServedKind, patched: JsonObject): void {
  if (patched.kind === kind.kind && patched.apiVersion === apiVersionOf(kind)) return;
  throw badRequest(
    `the API version in the data (${textOf(patched.apiVersion)}) does not match the expected API version (${apiVersionOf(kind)})`,
  );
}

function patchCause(patched: JsonObject, said: string): FieldCause {
  const shown = JSON.stringify(JSON.stringify(patched));
  return { reason: 'FieldValueInvalid', field: 'patch', message: `Invalid value: ${shown}: ${said}` };
}

const rejected = 'the server rejected our request due to an error in our request';

function jsonPatched(
  _kind: { readonly group: string; readonly kind: string },
  _name: string,
  live: JsonObject,
  body: Json | undefined,
): JsonObject {
  if (!Array.isArray(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(body)} into Go value of type jsonpatch.Patch`,
    );
  }
  const copy = structuredClone(live);
  const failed = applyPatch(copy, operations(body)).find((problem) => problem !== null);
  if (failed !== undefined) throw new StatusError(422, 'Invalid', rejected, {});
  return copy;
}

function operations(body: readonly Json[]): Operation[] {
  return body.map((one) => {
    if (!isJsonObject(one))
      throw badRequest('error decoding patch: json: cannot unmarshal value into Go value of type jsonpatch.Operation');
    return one as unknown as Operation;
  });
}

/** Server-side apply; makes the object when it is not there. `created` says which status the reply has. */
export function applyObject(
  write: Write,
  body: Json | undefined,
  force: boolean,
): { object: JsonObject; created: boolean } {
  const { kind, name } = write.target;
  const live = liveObject(write);
  const applied = decodeApplied(write, body);
  const result = applyFields(live, applied, kind.schema, { ...ownership(write), force });
  if (result.kind === 'conflict') throw applyConflict(result.message, result.causes);
  if (result.kind === 'invalid') throw new StatusError(500, '', result.message);
  const merged = kind.schema.normalise(result.object).object;
  if (live !== undefined) return { object: updateObject(write, merged, live, true), created: false };
  if (write.target.subresource !== '') throw notFound(kind, name);
  if (stringAt(applied, 'metadata', 'resourceVersion') !== '') {
    throw conflict(
      kind,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  return { object: createObject(write, merged, true), created: true };
}

function applyConflict(message: string, causes: readonly FieldCause[]): StatusError {
  const list = causes.map(({ reason, message: said, field }) => ({ reason, message: said, field }));
  return new StatusError(409, 'Conflict', message, { causes: list });
}

function decodeApplied(write: Write, body: Json | undefined): JsonObject {
  const { kind, name, namespace } = write.target;
  if (write.fieldManager === '') {
    const message = 'Required value: is required for apply patch';
    throw invalidOptions('PatchOptions', { reason: 'FieldValueRequired', field: 'fieldManager', message });
  }
  if (!isJsonObject(body)) throw badRequest('error decoding YAML: the body is not an object');
  if (stringAt(body, 'apiVersion') === '' || stringAt(body, 'kind') === '') return decodeObject(write, body);
  const named = nameOf(body) === '' ? withMetadata(body, { name }) : body;
  if (nameOf(named) !== name) {
    throw badRequest(`the name of the object (${nameOf(named)}) does not match the name on the URL (${name})`);
  }
  if ('managedFields' in metadataOf(named)) {
    throw badRequest('metadata.managedFields must be nil');
  }
  checkType(kind, named);
  const { unknown } = kind.schema.normalise(named);
  reportUnknown(write, unknown, (said) => badRequest(said));
  return namespace === '' ? without(named, '') : withMetadata(named, { namespace });
}
