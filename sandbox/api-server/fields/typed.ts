/** Whether an applied object fits its structure; the words are those of a real server, which are Go's for the values. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { elementText, itemElement, MisfitError } from './element.ts';

/** What was found so far, and the way to the value that is being looked at. */
interface Check {
  readonly found: string[];
  /** Names of fields, elements of lists, indexes. */
  readonly path: (string | number)[];
}

/** undefined when it fits. */
export function misfits(object: JsonObject, structure: Structure): string | undefined {
  const found: string[] = [];
  check(object, structure, { found, path: [] });
  if (found.length === 0) return undefined;
  return found.length === 1 ? found[0] : ['errors:', ...found.map((one) => `  ${one}`)].join('\n');
}

function tell({ found, path }: Check, words: string): void {
  const at = path.map((one) => (typeof one === 'number' ? `[${one}]` : elementText(one))).join('');
  found.push(`${at}: ${words}`);
}

function check(value: Json, structure: Structure, state: Check): void {
  if (value === null) return;
  switch (structure.kind) {
    case 'any':
      return;
    case 'scalar':
      checkScalar(value, structure.type, state);
      return;
    case 'atomic':
      check(value, structure.of, state);
      return;
    case 'object':
      if (isJsonObject(value)) checkMap(value, structure, state);
      else tell(state, `expected map, got &{${goText(value)}}`);
      return;
    case 'list':
    case 'set':
    case 'map-list':
      if (Array.isArray(value)) checkList(value, structure, state);
      else tell(state, `expected list, got &{${goText(value)}}`);
      return;
  }
}

function checkMap(value: JsonObject, structure: Extract<Structure, { kind: 'object' }>, state: Check): void {
  for (const key of Object.keys(value).toSorted()) {
    const member = value[key];
    if (member === undefined) continue;
    const known = structure.fields[key] ?? structure.rest;
    state.path.push(`f:${key}`);
    if (known === undefined) tell(state, 'field not declared in schema');
    else check(member, known, state);
    state.path.pop();
    // A real server stops at the first unknown field of a map.
    if (known === undefined) return;
  }
}

function checkList(
  value: readonly Json[],
  structure: Extract<Structure, { kind: 'list' | 'set' | 'map-list' }>,
  state: Check,
): void {
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    const element = structure.kind === 'list' ? index : elementOf(item, structure);
    if (element instanceof MisfitError) {
      tell(state, `element ${index}: ${element.message}`);
      return;
    }
    if (typeof element === 'string') {
      if (seen.has(element)) tell(state, `duplicate entries for key ${elementText(element)}`);
      seen.add(element);
    }
    state.path.push(element);
    check(item, structure.item, state);
    state.path.pop();
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
  state: Check,
): void {
  switch (type) {
    case 'numeric':
      if (typeof value !== 'number') tell(state, `expected numeric (int or float), got ${goType(value)}`);
      return;
    case 'string':
      if (typeof value !== 'string')
        tell(state, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
      return;
    case 'boolean':
      if (typeof value !== 'boolean') tell(state, `expected boolean, got &{${goText(value)}}`);
      return;
    case 'untyped':
      if (typeof value === 'object') tell(state, `expected any scalar, got &{${goText(value)}}`);
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
function goText(value: Json): string {
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
