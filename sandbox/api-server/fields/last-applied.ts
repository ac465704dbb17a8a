/**
 * Objects that kubectl applied from the client side, and applies from the server side now: what still is as it was last applied
 * is no conflict, and the annotation is kept up to date. Only for the manager named `kubectl`.
 */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { KindSchema } from '../contract.ts';
import { compare } from './compare.ts';
import type { Conflict } from './conflict.ts';
import { difference, type FieldSet, isEmpty, union } from './field-set.ts';
import { setOf } from './set-of.ts';

const annotation = 'kubectl.kubernetes.io/last-applied-configuration';

/** The conflicts that remain. */
export function lastAppliedConflicts(
  conflicts: readonly Conflict[],
  live: JsonObject,
  schema: KindSchema,
  manager: string,
): readonly Conflict[] {
  const text = manager === 'kubectl' && conflicts.length > 0 ? lastApplied(live) : undefined;
  if (text === undefined) return conflicts;
  const unchanged = unchangedSince(text, live, schema);
  return conflicts
    .map((one) => ({ ...one, fields: difference(one.fields, unchanged) }))
    .filter((one) => !isEmpty(one.fields));
}

function unchangedSince(text: string, live: JsonObject, schema: KindSchema): FieldSet {
  const then: unknown = JSON.parse(text);
  if (!isJsonObject(then) || then['apiVersion'] !== live['apiVersion']) return {};
  const { modified, added, removed } = compare(then, live, schema.structure);
  return difference(setOf(then, schema.structure), union(union(modified, added), removed));
}

export function withLastApplied(object: JsonObject, body: JsonObject, manager: string): JsonObject {
  if (manager !== 'kubectl' || lastApplied(object) === undefined) return object;
  const metadata = isJsonObject(object['metadata']) ? object['metadata'] : {};
  const annotations = isJsonObject(metadata['annotations']) ? metadata['annotations'] : {};
  const said = `${JSON.stringify(sortedJson(withoutAnnotation(body)))}\n`;
  return { ...object, metadata: { ...metadata, annotations: { ...annotations, [annotation]: said } } };
}

function lastApplied(object: JsonObject): string | undefined {
  const metadata = object['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  const text = isJsonObject(annotations) ? annotations[annotation] : undefined;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

function withoutAnnotation(body: JsonObject): JsonObject {
  const metadata = body['metadata'];
  const annotations = isJsonObject(metadata) ? metadata['annotations'] : undefined;
  if (!isJsonObject(metadata) || !isJsonObject(annotations)) return body;
  const { [annotation]: _said, ...kept } = annotations;
  return { ...body, metadata: { ...metadata, annotations: kept } };
}

function sortedJson(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => sortedJson(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .toSorted()
      .map((key) => [key, sortedJson(value[key] ?? null)]),
  );
}
