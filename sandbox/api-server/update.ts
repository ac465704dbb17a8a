/** PUT and the last part of every patch: what a write may change, whether it is allowed, and whether it changes anything. */

import type { JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import { commit, ruleContext, type Write } from './core.ts';
import { inNamespace, ownership } from './create.ts';
import { trackFields } from './fields/track.ts';
import { listAt, metadataOf, merged, nameOf, objectAt, sameJson, stringAt, without } from './json-access.ts';
import { changedIdentity, metadataCauses } from './metadata-checks.ts';
import { type ServedKind, storedKind } from './served-kind.ts';
import { badRequest, conflict, internalError, invalid, modifiedMeanwhile, type StatusError } from './status-error.ts';

/** The stored object of the write's target, if any. */
export function liveObject({ core, target }: Write): JsonObject | undefined {
  const stored = core.store.get(target.kind.shelf, target.namespace, target.name);
  return stored === undefined ? undefined : (target.kind.fromStorage?.(stored) ?? stored);
}

/** PUT's own checks: the body must name the object of the path, and a uid in it must be the live one. */
export function checkPut(write: Write, body: JsonObject, live: JsonObject | undefined): JsonObject {
  const { target } = write;
  const placed = checkName(write, body);
  const uid = stringAt(placed, 'metadata', 'uid');
  const liveUid = stringAt(live, 'metadata', 'uid');
  if (live !== undefined && uid !== '' && uid !== liveUid) {
    const group = target.kind.schema.custom ? `${target.kind.group}/` : '';
    const key = `/registry/${group}${target.kind.plural}/${target.namespace === '' ? '' : `${target.namespace}/`}${target.name}`;
    const why =
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: ` +
      `UID in precondition: ${uid}, UID in object meta: ${liveUid}`;
    throw conflict(target.kind, target.name, why);
  }
  return placed;
}

/** The object placed in the path's namespace. @throws StatusError 400 when it has another name or none. */
export function checkName({ target }: Write, body: JsonObject): JsonObject {
  const name = nameOf(body);
  if (name === '') {
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  }
  if (name !== target.name) {
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${target.name})`);
  }
  return inNamespace(body, target.namespace);
}

/**
 * Stores `wanted` (decoded, named) in place of `live`. `tracked`: its managedFields are already those of an apply.
 * A write that changes nothing gives the live object. @throws StatusError 409 and 422.
 */
export function updateObject(write: Write, wanted: JsonObject, live: JsonObject, tracked = false): JsonObject {
  const { kind } = write.target;
  checkVersion(write, wanted, live);
  const next = allowed(write, withLiveIdentity(wanted, live), live);
  const causes = updateCauses(kind, next, live);
  if (causes.length > 0) throw invalid(storedKind(kind), write.target.name, causes);
  const owned = tracked ? next : trackFields(live, next, kind.schema, ownership(write));
  const grown = withGeneration(write, owned, live);
  if (sameJson(grown, live)) return live;
  if (isFinished(grown)) {
    commit(write, write.target.name, undefined, 'delete');
    return grown;
  }
  return commit(write, write.target.name, grown);
}

function checkVersion(write: Write, wanted: JsonObject, live: JsonObject): void {
  const { target } = write;
  const said = stringAt(wanted, 'metadata', 'resourceVersion');
  if (said === '' && write.verb === 'update' && target.kind.rules.needsVersion === true) throw versionMissing(write);
  if (said === '' || said === '0' || said === stringAt(live, 'metadata', 'resourceVersion')) return;
  if (!/^\d+$/.test(said)) throw internalError(`strconv.ParseUint: parsing ${JSON.stringify(said)}: invalid syntax`);
  throw conflict(target.kind, target.name, modifiedMeanwhile);
}

function versionMissing({ target: { kind, name } }: Write): StatusError {
  const message = 'Invalid value: 0: must be specified for an update';
  const cause = { reason: 'FieldValueInvalid', field: 'metadata.resourceVersion', message };
  return invalid({ group: kind.group, kind: kind.plural }, name, [cause]);
}

const serverFields = [
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'resourceVersion',
] as const;

function withLiveIdentity(wanted: JsonObject, live: JsonObject): JsonObject {
  const metadata = metadataOf(wanted);
  const old = metadataOf(live);
  const kept: Record<string, JsonObject[string]> = { generation: old.generation, selfLink: undefined };
  kept.uid = metadata.uid ?? old.uid;
  for (const key of serverFields) kept[key] = old[key];
  const next = merged(metadata, kept);
  return { ...wanted, metadata: sameJson(next, old) ? old : next };
}

/** Only what the path may change is taken from the wanted object: the status through `status`, all else through the object. */
function allowed(write: Write, wanted: JsonObject, live: JsonObject): JsonObject {
  const { kind, subresource } = write.target;
  if (subresource === 'status') return statusOnly(kind, wanted, live);
  // The finalizers of a namespace's spec change on this path only.
  if (subresource === 'finalize') return wanted;
  if (subresource !== '') return wanted;
  const kept = kind.hasStatus ? merged(wanted, { status: live.status }) : wanted;
  return kind.rules.update?.(kept, live, ruleContext(write.core)) ?? kept;
}

/** Custom resources keep all their metadata, builtin kinds let labels and annotations through. */
function statusOnly(kind: ServedKind, wanted: JsonObject, live: JsonObject): JsonObject {
  const { managedFields } = metadataOf(wanted);
  const metadata = kind.schema.custom
    ? merged(metadataOf(live), { managedFields })
    : merged(metadataOf(wanted), { ownerReferences: metadataOf(live).ownerReferences });
  return merged(live, {
    metadata: sameJson(metadata, metadataOf(live)) ? metadataOf(live) : metadata,
    status: wanted.status,
  });
}

function updateCauses(kind: ServedKind, next: JsonObject, live: JsonObject): readonly FieldCause[] {
  const metadata = metadataCauses(next, live);
  // A real server looks at metadata once for all kinds and once more in the kind's own validation.
  const twice = [...changedIdentity(next, live), ...metadata, ...metadata];
  return [...twice, ...twice, ...kind.schema.validate(next, live), ...(kind.rules.validate?.(next, live) ?? [])];
}

function withGeneration({ target: { kind, subresource } }: Write, next: JsonObject, live: JsonObject): JsonObject {
  const before = metadataOf(live).generation;
  if (kind.rules.generation === 'none' || typeof before !== 'number') return next;
  const same =
    kind.rules.generation === 'content'
      ? sameJson(content(kind, next), content(kind, live))
      : sameJson(next.spec, live.spec) && (subresource === 'status' || sameAnnotations(kind, next, live));
  return same ? next : { ...next, metadata: { ...metadataOf(next), generation: before + 1 } };
}

function sameAnnotations(kind: ServedKind, next: JsonObject, live: JsonObject): boolean {
  if (kind.rules.generation !== 'spec-or-annotations') return true;
  return sameJson(objectAt(next, 'metadata', 'annotations'), objectAt(live, 'metadata', 'annotations'));
}

function content(kind: ServedKind, object: JsonObject): JsonObject {
  return kind.hasStatus ? without(object, 'metadata', 'status') : without(object, 'metadata');
}

/** The last finalizer of an object that is to be deleted is gone, and nobody is still ending it gracefully. */
function isFinished(object: JsonObject): boolean {
  const metadata = metadataOf(object);
  if (metadata.deletionTimestamp === undefined || listAt(metadata, 'finalizers').length > 0) return false;
  if (object.kind === 'Namespace' && object.apiVersion === 'v1')
    return listAt(object, 'spec', 'finalizers').length === 0;
  return metadata.deletionGracePeriodSeconds === undefined || metadata.deletionGracePeriodSeconds === 0;
}
