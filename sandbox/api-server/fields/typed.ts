/** Whether an applied object fits its structure; the words are those of a real server, which are Go's for the values. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { elementText, itemElement, MisfitError } from './element.ts';

/** undefined when it fits. */
export function misfits(object: JsonObject, structure: Structure): string | undefined {
  const found: string[] = [];
  check(object, structure, '', found);
  if (found.length === 0) return undefined;
  return found.length === 1 ? found[0] : ['errors:', ...found.map((one) => `  ${one}`)].join('\n');
}

function check(value: Json, structure: Structure, path: string, found: string[]): void {
  if (value === null) return;
  switch (structure.kind) {
    case 'any':
      return;
    case 'scalar':
      checkScalar(value, structure.type, path, found);
      return;
    case 'atomic':
      check(value, structure.of, path, found);
      return;
    case 'object':
      if (isJsonObject(value)) checkMap(value, structure, path, found);
      else found.push(`${path}: expected map, got &{${goText(value)}}`);
      return;
    case 'list':
    case 'set':
    case 'map-list':
      if (Array.isArray(value)) checkList(value, structure, path, found);
      else found.push(`${path}: expected list, got &{${goText(value)}}`);
      return;
  }
}

function checkMap(
  value: JsonObject,
  structure: Extract<Structure, { kind: 'object' }>,
  path: string,
  found: string[],
): void {
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === undefined) continue;
    const known = structure.fields[key] ?? structure.rest;
    if (known === undefined) {
      // A real server stops at the first unknown field of a map.
      found.push(`${path}.${key}: field not declared in schema`);
      return;
    }
    check(member, known, `${path}.${key}`, found);
  }
}

function checkList(
  value: readonly Json[],
  structure: Extract<Structure, { kind: 'list' | 'set' | 'map-list' }>,
  path: string,
  found: string[],
): void {
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    if (structure.kind === 'list') {
      check(item, structure.item, `${path}[${index}]`, found);
      continue;
    }
    const element = elementOf(item, structure);
    if (element instanceof MisfitError) {
      found.push(`${path}: element ${index}: ${element.message}`);
      return;
    }
    const text = elementText(element);
    if (seen.has(element)) found.push(`${path}: duplicate entries for key ${text}`);
    seen.add(element);
    check(item, structure.item, `${path}${text}`, found);
  }
}

function elementOf(item: Json, structure: Parameters<typeof itemElement>[1]): string | MisfitError {
  try {
    return itemElement(item, structure);
  } catch (error) {
    if (error instanceof MisfitError) return error;
    throw error;
  }
}

function checkScalar(
  value: Exclude<Json, null>,
  type: Extract<Structure, { kind: 'scalar' }>['type'],
  path: string,
  found: string[],
): void {
  switch (type) {
    case 'numeric':
      if (typeof value !== 'number') found.push(`${path}: expected numeric (int or float), got ${goType(value)}`);
      return;
    case 'string':
      if (typeof value !== 'string')
        found.push(`${path}: expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') found.push(`${path}: expected boolean, got &{${goText(value)}}`);
      return;
    case 'untyped':
      if (typeof value === 'object') found.push(`${path}: expected any scalar, got &{${goText(value)}}`);
      return;
  }
}

function goType(value: Json): string {
  if (Array.isArray(value)) return '[]interface {}';
  if (isJsonObject(value)) return 'map[string]interface {}';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  return value === null ? '<nil>' : 'string';
}

/** As `%v` prints it. */
export function goText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => goText(item)).join(' ')}]`;
  if (!isJsonObject(value)) return typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value);
  const members = Object.keys(value).toSorted();
  return `map[${members.map((key) => `${key}:${goText(value[key] ?? null)}`).join(' ')}]`;
}

/** As `%#v` prints it. */
function goSyntax(value: Json): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map((item: Json) => goSyntax(item)).join(', ')}}`;
  if (!isJsonObject(value)) return value === null ? 'interface {}(nil)' : JSON.stringify(value);
  const members = Object.keys(value).toSorted();
  const parts = members.map((key) => `${JSON.stringify(key)}:${goSyntax(value[key] ?? null)}`);
  return `map[string]interface {}{${parts.join(', ')}}`;
}
