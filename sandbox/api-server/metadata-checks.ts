/** What is wrong with the metadata of an object, on its own and compared with the stored one. */

import type { Json, JsonObject } from '../../crds/schema/json.ts';
import type { FieldCause } from './contract.ts';
import { listAt, metadataOf, objectAt, objectsAt, sameJson, stringAt, textOf } from './json-access.ts';

const labelName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixRule = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const nameWords =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric " +
  "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const valueWords =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end " +
  "with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is " +
  "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const prefixWords =
  "prefix part a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start " +
  "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is " +
  "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const maxAnnotationBytes = 262_144;

/** Labels, annotations, owners and finalizers of an object on its own; those of the stored object are known to be well. */
export function metadataCauses(object: JsonObject, live: JsonObject | undefined): readonly FieldCause[] {
  if (live !== undefined && sameParts(metadataOf(object), metadataOf(live))) return [];
  return [
    ...labelCauses(objectAt(object, 'metadata', 'labels')),
    ...annotationCauses(objectAt(object, 'metadata', 'annotations')),
    ...ownerCauses(objectsAt(object, 'metadata', 'ownerReferences')),
    ...finalizerCauses(listAt(object, 'metadata', 'finalizers')),
  ];
}

function sameParts(left: JsonObject, right: JsonObject): boolean {
  return ['labels', 'annotations', 'ownerReferences', 'finalizers'].every((key) => left[key] === right[key]);
}

function wrong(field: string, value: Json | undefined, words: string): FieldCause {
  const shown = typeof value === 'string' ? JSON.stringify(value) : shownValue(value);
  return { reason: 'FieldValueInvalid', field, message: `Invalid value: ${shown}: ${words}` };
}

function shownValue(value: Json | undefined): string {
  return value === undefined ? 'null' : JSON.stringify(value);
}

function keyWords(key: string): readonly string[] {
  const parts = key.split('/');
  if (parts.length > 2) {
    return [
      "a valid label key must consist of alphanumeric characters, with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
    ];
  }
  const name = parts.at(-1) ?? '';
  const prefix = parts.length === 2 ? parts[0] : undefined;
  return [
    ...(prefix === '' ? ['prefix part must be non-empty'] : []),
    ...(prefix !== undefined && prefix !== '' && !prefixRule.test(prefix) ? [prefixWords] : []),
    ...(name === '' ? ['name part must be non-empty'] : []),
    ...(name.length > 63 ? ['name part must be no more than 63 bytes'] : []),
    ...(labelName.test(name) ? [] : [nameWords]),
  ];
}

function labelCauses(labels: JsonObject): readonly FieldCause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...keyWords(key).map((words) => wrong('metadata.labels', key, words)),
    ...valueComplaints(typeof value === 'string' ? value : '').map((words) => wrong('metadata.labels', value, words)),
  ]);
}

function valueComplaints(value: string): readonly string[] {
  return [
    ...(value.length > 63 ? ['must be no more than 63 bytes'] : []),
    ...(value === '' || labelName.test(value) ? [] : [valueWords]),
  ];
}

function annotationCauses(annotations: JsonObject): readonly FieldCause[] {
  const entries = Object.entries(annotations);
  const bytes = entries.reduce((sum, [key, value]) => sum + key.length + textOf(value).length, 0);
  const tooLong: FieldCause = {
    reason: 'FieldValueTooLong',
    field: 'metadata.annotations',
    message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
  };
  return [
    ...entries.flatMap(([key]) =>
      keyWords(key.toLowerCase()).map((words) => wrong('metadata.annotations', key, words)),
    ),
    ...(bytes > maxAnnotationBytes ? [tooLong] : []),
  ];
}

function ownerCauses(owners: readonly JsonObject[]): readonly FieldCause[] {
  const controllers = owners.filter((owner) => owner.controller === true);
  const missing = owners.flatMap((owner) =>
    ['apiVersion', 'kind', 'name', 'uid']
      .filter((key) => stringAt(owner, key) === '')
      .map((key) =>
        wrong(
          `metadata.ownerReferences.${key}`,
          '',
          key === 'apiVersion' ? 'version must not be empty' : 'must not be empty',
        ),
      ),
  );
  if (controllers.length < 2) return missing;
  const [first, second] = controllers.map((owner) => `${stringAt(owner, 'kind')}/${stringAt(owner, 'name')}`);
  const words = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;
  return [...missing, wrong('metadata.ownerReferences', owners, words)];
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);

function finalizerCauses(finalizers: readonly Json[]): readonly FieldCause[] {
  return finalizers.flatMap((finalizer, index) => {
    const text = textOf(finalizer);
    const words = keyWords(text);
    if (words.length > 0) return words.map((said) => wrong('metadata.finalizers', text, said));
    if (text.includes('/') || standardFinalizers.has(text)) return [];
    const said = 'name is neither a standard finalizer name nor is it fully qualified';
    return [wrong(`metadata.finalizers[${index}]`, text, said)];
  });
}

const fixed = ['name', 'namespace', 'uid'] as const;

/** What no update may change, and finalizers that come too late. */
export function changedIdentity(object: JsonObject, live: JsonObject): readonly FieldCause[] {
  const next = metadataOf(object);
  const old = metadataOf(live);
  const changed = fixed
    .filter((key) => next[key] !== old[key])
    .map((key) => wrong(`metadata.${key}`, next[key], 'field is immutable'));
  return [...newFinalizers(next, old), ...changed];
}

function newFinalizers(next: JsonObject, old: JsonObject): readonly FieldCause[] {
  if (old.deletionTimestamp === undefined || sameJson(next.finalizers, old.finalizers)) return [];
  const known = listAt(old, 'finalizers');
  const added = listAt(next, 'finalizers').filter((finalizer) => !known.includes(finalizer));
  if (added.length === 0) return [];
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ');
  const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  return [{ reason: 'FieldValueForbidden', field: 'metadata.finalizers', message }];
}
