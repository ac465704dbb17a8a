/** Field ownership of create, update and patch: who changed a field owns it from then on. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema, Ownership } from '../contract.ts';
import { compare } from './compare.ts';
import { MisfitError } from './element.ts';
import { emptyObject } from './empty-object.ts';
import { difference, type FieldSet, isEmpty, union } from './field-set.ts';
import { isOf, isReset, type Manager, managersOf, timeOf, withFields, withManagers } from './managers.ts';
import { storedForm } from './stored-form.ts';
import { ofSubresource, withoutManagedFields, withoutServerOwned } from './owned-part.ts';

/**
 * `after` with managedFields for operation Update. A write that changes nothing gives managedFields equal to those of
 * `before`, also their times, so that no new resourceVersion is made. To be called with `after` normalised (defaults filled
 * in), but before the server adds what it keeps itself (uid, generation, addresses): nobody owns that.
 */
export function trackFields(
  before: JsonObject | undefined,
  after: JsonObject,
  schema: KindSchema,
  by: Ownership,
): JsonObject {
  const stored = storedForm(after, schema.structure);
  if (by.subresource === '' && isReset(after)) return withoutManagedFields(stored);
  const sent = by.subresource === '' ? managersOf(after) : [];
  const managers = sent.length > 0 ? sent : managersOf(before);
  // Ownership that was forgotten is not kept again before the next apply.
  if (managers.length === 0 && before !== undefined) return withoutManagedFields(stored);
  try {
    const owners = updated(before, after, managers, schema, by);
    return withManagers(stored, owners);
  } catch (error) {
    // A list whose items can't be told apart: a server drops the ownership rather than the write.
    if (error instanceof MisfitError) return withoutManagedFields(stored);
    throw error;
  }
}

/** The managers after a write by `by`. */
export function updated(
  before: JsonObject | undefined,
  after: JsonObject,
  managers: readonly Manager[],
  schema: KindSchema,
  by: Ownership,
): readonly Manager[] {
  const live = before === undefined ? emptyObject(schema.structure) : withoutManagedFields(before);
  const found = compare(live, withoutManagedFields(after), schema.structure);
  const keep = (set: FieldSet): FieldSet => ofSubresource(set, schema, by.subresource);
  const taken = keep(union(found.modified, found.added));
  const lost = union(taken, keep(found.removed));
  const others = isEmpty(lost) ? managers : managers.map((one) => withFields(one, difference(one.fields, lost)));
  const own = withoutServerOwned(taken);
  if (isEmpty(own)) return others;
  const previous = others.find((one) => isOf(one, by, 'Update'));
  const entry: Manager = {
    manager: by.manager || 'unknown',
    operation: 'Update',
    apiVersion: by.apiVersion,
    subresource: by.subresource,
    // A write of the scale is noted without a time.
    ...(by.subresource === 'scale' ? {} : { time: timeOf(by.now) }),
    fields: previous === undefined ? own : union(previous.fields, own),
  };
  return [...others.filter((one) => one !== previous), entry];
}
