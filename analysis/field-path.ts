/** Reads a field of an object by a downward-API style path such as `metadata.labels['region']` or `status.canary.weights[0]`. */
import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';

export type FieldOutcome =
  | { readonly kind: 'ok'; readonly value: Json | undefined }
  | { readonly kind: 'wrong'; readonly message: string };

const segment = /\.?([A-Za-z_][\w-]*)|\['([^']*)'\]|\["([^"]*)"\]|\[(\d{1,6})\]/y;

/** A path that can't be read is wrong; a field that is not there has the value undefined. */
export function readFieldPath(object: JsonObject, path: string): FieldOutcome {
  let value: Json | undefined = object;
  segment.lastIndex = 0;
  while (segment.lastIndex < path.length) {
    const start = segment.lastIndex;
    const match = segment.exec(path);
    if (match === null || (start === 0 && path.startsWith('.'))) return unreadable(path);
    const [, plain, single, double, index] = match;
    value = index === undefined ? member(value, plain ?? single ?? double ?? '') : item(value, Number(index));
  }
  return path === '' ? unreadable(path) : { kind: 'ok', value };
}

function unreadable(path: string): FieldOutcome {
  return {
    kind: 'wrong',
    message: `${JSON.stringify(path)} is no field path: write it like metadata.labels['region']`,
  };
}

function member(value: Json | undefined, key: string): Json | undefined {
  return isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

function item(value: Json | undefined, index: number): Json | undefined {
  return Array.isArray(value) ? (value as readonly Json[])[index] : undefined;
}
