/**
 * Narrowing of what the API server sent: raw JSON objects, as they are, without a model per kind.
 */

import { isJsonObject, type Json, type JsonObject } from '../crds/schema/json.ts';
import type { KubeObject } from './api.ts';

/** The parsed object, or undefined when the text is not JSON or not an object. */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value behind a path of fields, or undefined as soon as one of them is missing. */
export function fieldOf(object: JsonObject | undefined, ...path: readonly string[]): Json | undefined {
  let value: Json | undefined = object;
  for (const name of path) {
    if (!isJsonObject(value)) return undefined;
    value = value[name];
  }
  return value;
}

/** The string behind a path of fields; undefined when missing or of another type. */
export function textOf(object: JsonObject | undefined, ...path: readonly string[]): string | undefined {
  const value = fieldOf(object, ...path);
  return typeof value === 'string' ? value : undefined;
}

/** The number behind a path of fields; undefined when missing or of another type. */
export function numberOf(object: JsonObject | undefined, ...path: readonly string[]): number | undefined {
  const value = fieldOf(object, ...path);
  return typeof value === 'number' ? value : undefined;
}

/** The list behind a path of fields; empty when missing or of another type. */
export function listOf(object: JsonObject | undefined, ...path: readonly string[]): readonly Json[] {
  const value = fieldOf(object, ...path);
  return Array.isArray(value) ? value : [];
}

/** An object with the parts that every Kubernetes object has: apiVersion, kind and metadata with a name. */
export function isKubeObject(value: unknown): value is KubeObject & JsonObject {
  return (
    isJsonObject(value) &&
    typeof value.apiVersion === 'string' &&
    typeof value.kind === 'string' &&
    typeof fieldOf(value, 'metadata', 'name') === 'string'
  );
}
