/** PATCH: JSON merge patch, JSON Patch and server-side apply. Strategic merge patch is refused as for custom resources. */

import { applyPatch, type Operation, Pointer } from 'rfc6902';
import { isJsonObject, type Json, type JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import type { Write } from './core.ts';
import { goKind, reportUnknown } from './decode.ts';
import { textOf } from './json-access.ts';
import { mergePatch } from './merge-patch.ts';
import { apiVersionOf } from './served-kind.ts';
import { badRequest, invalid, notFound, StatusError, unsupportedMediaType } from './status-error.ts';
import { checkName, liveObject, updateObject } from './update.ts';

export type PatchKind = 'merge' | 'json' | 'apply';

/** @throws StatusError 415, also for strategic merge. Custom resources name the types they take. */
export function patchKind(contentType: string, custom: boolean): PatchKind {
  switch (contentType) {
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/json-patch+json':
      return 'json';
    case 'application/apply-patch+yaml':
      return 'apply';
    default:
      if (!custom && contentType !== 'application/strategic-merge-patch+json') {
        throw new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {});
      }
      if (!custom) throw unsupportedMediaType(noStrategicMerge);
      throw unsupportedMediaType(
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, ' +
          'application/merge-patch+json, application/apply-patch+yaml',
      );
  }
}

const noStrategicMerge =
  'the sandbox has no strategic merge patch: use kubectl apply --server-side or kubectl patch with --type merge or json ' +
  '(application/apply-patch+yaml, application/merge-patch+json, application/json-patch+json)';

/** A patch of an object that is there. `shape` turns the patched object into what is stored (a subresource may differ). */
export function patchObject(write: Write, how: 'merge' | 'json', body: Json | undefined): JsonObject {
  const { target } = write;
  const live = liveObject(write);
  if (live === undefined) throw notFound(target.kind, target.name);
  if (write.unreadable !== undefined) throw badRequest(`error decoding patch: ${write.unreadable}`);
  const patched = patchedObject(live, how, body);
  return updateObject(write, checkName(write, decodePatched(write, patched)), live);
}

/** The live object with the patch applied, as JSON. */
export function patchedObject(live: JsonObject, how: 'merge' | 'json', body: Json | undefined): JsonObject {
  if (how === 'json') return jsonPatched(live, body);
  if (!isJsonObject(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(body)} into Go value of type map[string]interface {}`,
    );
  }
  return mergePatch(live, body);
}

/** What is wrong with the result of a patch names no object, as on a real server. */
const nameless = { group: '', kind: '' };

function decodePatched(write: Write, patched: JsonObject): JsonObject {
  const { kind } = write.target;
  const refuse = (said: string): StatusError => invalid(nameless, '', [patchCause(patched, kind.schema.custom, said)]);
  if (patched.kind !== kind.kind || patched.apiVersion !== apiVersionOf(kind)) throw otherType(write, patched, refuse);
  const { object, unknown, refused } = kind.schema.normalise(patched);
  if (refused !== undefined) throw refuse(refused);
  reportUnknown(write, unknown, refuse);
  return object;
}

function otherType(
  { core, target: { kind } }: Write,
  patched: JsonObject,
  refuse: (said: string) => StatusError,
): StatusError {
  const apiVersion = textOf(patched.apiVersion);
  if (kind.schema.custom) {
    return badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(kind)})`,
    );
  }
  const said = textOf(patched.kind);
  // A real server first reads the patched object as what it says it is.
  const refused = core.kinds.ofKind('', apiVersion, said)?.schema.normalise(patched).refused;
  if (refused !== undefined) return refuse(refused);
  return refuse(`unable to decode ${apiVersion}, Kind=${said} into *${kind.version}.${kind.kind}`);
}

function patchCause(patched: JsonObject, custom: boolean, said: string): FieldCause {
  const shown = JSON.stringify(patchedText(patched, custom));
  return { reason: 'FieldValueInvalid', field: 'patch', message: `Invalid value: ${shown}: ${said}` };
}

const metadataOrder = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
];

/** In the order of a real server: names of a custom resource sorted at every depth, of a builtin kind at the first only. */
function patchedText(patched: JsonObject, custom: boolean): string {
  if (custom) return JSON.stringify(sorted(patched, Number.POSITIVE_INFINITY));
  const { metadata } = patched;
  const place = (key: string): number => (metadataOrder.indexOf(key) + 100) % 100;
  const entries = isJsonObject(metadata) ? Object.entries(metadata) : [];
  const ordered = entries.toSorted(([left], [right]) => place(left) - place(right));
  return JSON.stringify(sorted({ ...patched, metadata: Object.fromEntries(ordered) }, 1));
}

function sorted(value: Json, depth: number): Json {
  if (depth === 0) return value;
  if (Array.isArray(value)) return value.map((item: Json) => sorted(item, depth));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, item === undefined ? item : sorted(item, depth - 1)]));
}

const rejected = 'the server rejected our request due to an error in our request';

function jsonPatched(live: JsonObject, body: Json | undefined): JsonObject {
  if (!Array.isArray(body)) {
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${goKind(body)} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  const copy = structuredClone(live);
  for (const operation of body) if (!applied(copy, operation)) throw new StatusError(422, 'Invalid', rejected, {});
  return copy;
}

/** A real server takes `replace` of what is not there for `add`. */
function applied(target: JsonObject, operation: Json): boolean {
  if (!isJsonObject(operation)) return false;
  const done = (one: JsonObject): boolean => applyPatch(target, [one as unknown as Operation])[0] === null;
  if (done(operation)) return true;
  if (operation.op === 'replace') return done({ ...operation, op: 'add' });
  return operation.op === 'copy' && isMissingMember(target, textOf(operation.from)) && done(addOf(operation));
}

const addOf = (operation: JsonObject): JsonObject => ({ op: 'add', path: operation.path, value: null });

/** A member that an object lacks: a real server copies null from there. */
function isMissingMember(target: JsonObject, pointer: string): boolean {
  const parent = Pointer.fromJSON(pointer.slice(0, pointer.lastIndexOf('/'))).get(target) as Json | undefined;
  return pointer.startsWith('/') && isJsonObject(parent);
}
