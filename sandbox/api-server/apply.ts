/** Server-side apply: the fields a manager wants, merged into the live object or made to a new one. */

import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import type { Write } from './core.ts';
import { createObject, inNamespace, ownership } from './create.ts';
import { goKind, reportUnknown } from './decode.ts';
import { applyFields } from './fields/apply.ts';
import { metadataOf, nameOf, stringAt, withMetadata } from './json-access.ts';
import { apiVersionOf } from './served-kind.ts';
import {
  badRequest,
  conflict,
  internalError,
  invalidOptions,
  modifiedMeanwhile,
  notFound,
  StatusError,
} from './status-error.ts';
import { checkName, liveObject, updateObject } from './update.ts';

/** `created` says that there was none before. @throws StatusError 400, 404, 409, 422, 500. */
export function applyObject(
  write: Write,
  body: Json | undefined,
  force: boolean,
): { readonly object: JsonObject; readonly created: boolean } {
  const { kind, name } = write.target;
  const applied = decodeApplied(write, body);
  const live = liveObject(write);
  checkIdentity(write, applied, live);
  const result = applyFields(live, applied, kind.schema, { ...ownership(write), force });
  if (result.kind === 'conflict') throw applyConflict(result.message, result.causes);
  if (result.kind === 'invalid') throw internalError(result.message);
  // Conflicts come first: the name is looked at when the object is whole.
  const placed = checkName(write, inNamespace(result.object, write.target.namespace));
  const { object, unknown, refused } = kind.schema.normalise(placed, 'apply');
  if (refused !== undefined) throw internalError(refused);
  reportUnknown(write, unknown, badRequest);
  if (live !== undefined) return { object: updateObject(write, object, live, true), created: false };
  if (write.target.subresource !== '') throw notFound(kind, name);
  return { object: createObject(write, withMetadata(object, { resourceVersion: undefined }), true), created: true };
}

function checkIdentity({ target: { kind, name } }: Write, applied: JsonObject, live: JsonObject | undefined): void {
  const uid = stringAt(applied, 'metadata', 'uid');
  if (live === undefined && uid !== '') {
    throw conflict(
      kind,
      name,
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    );
  }
  const version = stringAt(applied, 'metadata', 'resourceVersion');
  if (live !== undefined && version !== '' && version !== stringAt(live, 'metadata', 'resourceVersion')) {
    throw conflict(kind, name, modifiedMeanwhile);
  }
}

function applyConflict(message: string, causes: readonly FieldCause[]): StatusError {
  const list = causes.map(({ reason, message: said, field }) => ({ reason, message: said, field }));
  return new StatusError(409, 'Conflict', message, { causes: list });
}

function decodeApplied(write: Write, body: Json | undefined): JsonObject {
  const { kind, name } = write.target;
  if (write.fieldManager === '') {
    const message = 'Required value: is required for apply patch';
    throw invalidOptions('PatchOptions', { reason: 'FieldValueRequired', field: 'fieldManager', message });
  }
  if (write.unreadable !== undefined) throw badRequest(`error decoding YAML: ${write.unreadable}`);
  if (!isJsonObject(body)) {
    throw badRequest(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ' +
        `${goKind(body)} into Go value of type map[string]interface {}`,
    );
  }
  const apiVersion = stringAt(body, 'apiVersion');
  if (apiVersion !== apiVersionOf(kind) || body.kind !== kind.kind) {
    const qualified = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
    throw badRequest(`invalid object type: ${qualified}, Kind=${stringAt(body, 'kind')}`);
  }
  const named = nameOf(body) === '' ? withMetadata(body, { name }) : body;
  if ('managedFields' in metadataOf(named)) throw badRequest('metadata.managedFields must be nil');
  return named;
}
