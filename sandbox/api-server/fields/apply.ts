/** Server-side apply: merges what a manager wants into the live object and keeps account of who owns which field. */

import { isJsonObject, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import type { Applied, KindSchema, Ownership } from '../contract.ts';
import { compare } from './compare.ts';
import { type Conflict, conflictAnswer } from './conflict.ts';
import { emptyObject } from './empty-object.ts';
import { difference, type FieldSet, intersection, isEmpty, isSameSet, union } from './field-set.ts';
import { lastAppliedConflicts, withLastApplied } from './last-applied.ts';
import { isOf, type Manager, managersOf, timeOf, withFields, withManagers } from './managers.ts';
import { merge } from './merge.ts';
import { ofSubresource, withoutManagedFields, withoutServerOwned } from './owned-part.ts';
import { prune } from './prune.ts';
import { isSameJson } from './same-json.ts';
import { setOf } from './set-of.ts';
import { storedForm } from './stored-form.ts';
import { misfits } from './typed.ts';
import { updated } from './track.ts';

type Request = Ownership & { readonly force: boolean };

/**
 * `live` is the stored object with its managedFields, undefined for a create. The result is not yet normalised or validated.
 * Of a `metadata.resourceVersion` in the body the caller takes care (409 when it is not the live one); it is left out here.
 */
export function applyFields(
  live: JsonObject | undefined,
  applied: JsonObject,
  schema: KindSchema,
  by: Request,
): Applied {
  const body = configurationOf(applied);
  if (body === undefined) return { kind: 'invalid', status: 400, message: 'metadata.managedFields must be nil' };
  const misfit = misfits(body, schema.structure);
  if (misfit !== undefined) {
    const message = `failed to create typed patch object (${objectText(body)}): ${misfit}`;
    return { kind: 'invalid', status: 500, message };
  }
  const before = live === undefined ? withIdentity(emptyObject(schema.structure), body) : withoutManagedFields(live);
  const managers = managersBefore(live, schema, by);
  const last = managers.find((one) => isOf(one, by, 'Apply'));
  const others = managers.filter((one) => one !== last);
  const wanted = ofSubresource(setOf(body, schema.structure), schema, by.subresource);
  const merged = merge(before, body, schema.structure);
  const owned = others.reduce((set, one) => union(set, one.fields), wanted);
  const after = last === undefined ? merged : prune(merged, last.fields, owned, schema.structure);
  return settle({ before, after, others, last, wanted, schema, by, body });
}

interface Step {
  readonly before: JsonObject;
  readonly after: JsonObject;
  readonly others: readonly Manager[];
  readonly last: Manager | undefined;
  readonly wanted: FieldSet;
  readonly schema: KindSchema;
  readonly by: Request;
  readonly body: JsonObject;
}

/** Finds conflicts, takes the fields and writes the managers down. */
function settle({ before, after, others, last, wanted, schema, by, body }: Step): Applied {
  const found = compare(before, after, schema.structure);
  const taken = ofSubresource(union(found.modified, found.added), schema, by.subresource);
  const removed = ofSubresource(found.removed, schema, by.subresource);
  const conflicts: Conflict[] = [];
  for (const manager of others) {
    const fields = intersection(manager.fields, taken);
    if (!isEmpty(fields)) conflicts.push({ manager, fields });
  }
  const real = by.force ? [] : lastAppliedConflicts(conflicts, before, schema, by.manager);
  if (real.length > 0) return conflictAnswer(real);
  const lost = union(taken, removed);
  const kept = isEmpty(lost) ? others : others.map((one) => withFields(one, difference(one.fields, lost)));
  const isNoop = isSameJson(before, after);
  const fields = withoutServerOwned(wanted);
  const own = isRepeated(
    fields,
    last,
    by,
    isNoop || (() => isSameJson(before, storedForm(schema.normalise(after).object, schema.structure))),
  )
    ? last
    : entryFor(fields, last, by, isNoop);
  const stored = storedForm(withLastApplied(after, body, by.manager), schema.structure);
  const object = withManagers(stored, [...kept, own]);
  return { kind: 'ok', object };
}

/** The same fields applied again, and the object is the same in the end: what is empty may be dropped when it is read. */
function isRepeated(
  fields: FieldSet,
  last: Manager | undefined,
  by: Request,
  isNoop: true | (() => boolean),
): last is Manager {
  if (last === undefined || last.apiVersion !== by.apiVersion || !isSameSet(fields, last.fields)) return false;
  return isNoop === true || isNoop();
}

/** The time only moves when the object changed. */
function entryFor(fields: FieldSet, last: Manager | undefined, by: Request, isNoop: boolean): Manager {
  const time = isNoop ? last?.time : timeOf(by.now);
  return {
    manager: by.manager || 'unknown',
    operation: 'Apply',
    apiVersion: by.apiVersion,
    subresource: by.subresource,
    ...(time === undefined ? {} : { time }),
    fields,
  };
}

/** What was there before the first apply belongs to a manager of that name. */
function managersBefore(live: JsonObject | undefined, schema: KindSchema, by: Request): readonly Manager[] {
  const managers = managersOf(live);
  if (live === undefined || managers.length > 0) return managers;
  return updated(undefined, live, [], schema, { ...by, manager: 'before-first-apply' });
}

/** undefined when the body speaks of managedFields. */
function configurationOf(applied: JsonObject): JsonObject | undefined {
  const metadata = applied['metadata'];
  if (!isJsonObject(metadata)) return applied;
  const { managedFields, resourceVersion: _version, ...rest } = metadata;
  return managedFields === undefined || managedFields === null ? { ...applied, metadata: rest } : undefined;
}

function withIdentity(empty: JsonObject, body: JsonObject): JsonObject {
  return { ...empty, apiVersion: body['apiVersion'], kind: body['kind'] };
}

function objectText(body: JsonObject): string {
  const metadata = isJsonObject(body['metadata']) ? body['metadata'] : {};
  const apiVersion = textAt(body, 'apiVersion');
  const version = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  return `${textAt(metadata, 'namespace')}/${textAt(metadata, 'name')}; ${version}, Kind=${textAt(body, 'kind')}`;
}
