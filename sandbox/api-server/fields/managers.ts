/** Reads and writes `metadata.managedFields`. */

import { isJsonObject, type Json, type JsonObject, textAt } from '../../../crds/schema/json.ts';
import type { Ownership } from '../contract.ts';
import { emptySet, type FieldSet, isEmpty, sorted } from './field-set.ts';

export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  /** RFC 3339, seconds. Absent when the manager never changed a value. */
  readonly time?: string;
  readonly fields: FieldSet;
  /** As it stood in the object, as long as nothing changed. */
  readonly entry?: JsonObject;
}

export function managersOf(object: JsonObject | undefined): readonly Manager[] {
  const metadata = object?.['metadata'];
  const listed = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!Array.isArray(listed)) return [];
  const entries: readonly Json[] = listed;
  const managers = entries.filter(isJsonObject).map(managerOf);
  // One that can't be read makes a server forget them all.
  return managers.every((one) => one !== undefined) ? managers : [];
}

function managerOf(entry: JsonObject): Manager | undefined {
  const operation = entry['operation'];
  const apiVersion = textAt(entry, 'apiVersion');
  const fields = entry['fieldsV1'];
  if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '') return undefined;
  if (entry['fieldsType'] !== 'FieldsV1') return undefined;
  const time = textAt(entry, 'time');
  return {
    manager: textAt(entry, 'manager'),
    operation,
    apiVersion,
    subresource: textAt(entry, 'subresource'),
    ...(time === '' ? {} : { time }),
    fields: isJsonObject(fields) ? (fields as FieldSet) : emptySet,
    entry,
  };
}

/** True for `[]` and `[{}]`, with which a client asks that ownership be forgotten. */
export function isReset(object: JsonObject): boolean {
  const metadata = object['metadata'];
  const listed = isJsonObject(metadata) ? metadata['managedFields'] : undefined;
  if (!Array.isArray(listed) || listed.length > 1) return false;
  const first: Json | undefined = listed[0];
  return first === undefined || (isJsonObject(first) && Object.keys(first).length === 0);
}

/** The entry that this request reads and writes. */
export function isOf(one: Manager, by: Ownership, operation: Manager['operation']): boolean {
  return (
    one.operation === operation &&
    one.manager === (by.manager || 'unknown') &&
    one.subresource === by.subresource &&
    (operation === 'Apply' || one.apiVersion === by.apiVersion)
  );
}

export function timeOf(now: number): string {
  return `${new Date(now).toISOString().slice(0, 19)}Z`;
}

/** The object with these managers, those that own nothing left out; the list is dropped when it is empty. */
export function withManagers(object: JsonObject, managers: readonly Manager[]): JsonObject {
  const { managedFields: before, ...metadata } = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const entries = managers
    .filter((one) => !isEmpty(one.fields))
    .toSorted(byOrder)
    .map(entryOf);
  if (entries.length === 0) return before === undefined ? object : { ...object, metadata };
  const isSame = Array.isArray(before) && sameItems(before, entries);
  return isSame ? object : { ...object, metadata: { ...metadata, managedFields: entries } };
}

function sameItems(before: readonly Json[], after: readonly Json[]): boolean {
  return before.length === after.length && before.every((item, index) => item === after[index]);
}

function entryOf(one: Manager): JsonObject {
  if (one.entry !== undefined) return one.entry;
  return {
    manager: one.manager,
    operation: one.operation,
    apiVersion: one.apiVersion,
    ...(one.time === undefined ? {} : { time: one.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: sorted(one.fields),
    ...(one.subresource === '' ? {} : { subresource: one.subresource }),
  };
}

function byOrder(a: Manager, b: Manager): number {
  return (
    ordered(a.operation, b.operation) ||
    ordered(a.time ?? '', b.time ?? '') ||
    ordered(a.manager, b.manager) ||
    ordered(a.apiVersion, b.apiVersion) ||
    ordered(a.subresource, b.subresource)
  );
}

function ordered(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A manager without these fields, the same one when it owns none of them. */
export function withFields(one: Manager, fields: FieldSet): Manager {
  if (fields === one.fields) return one;
  const { entry: _stale, ...rest } = one;
  return { ...rest, fields };
}
