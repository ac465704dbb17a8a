/** The elements of field paths: how an item of a keyed list or of a set is named, and how a path reads in messages. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';

export type MapList = Extract<Structure, { kind: 'map-list' }>;

/** Thrown where an object does not fit its structure; `path` is filled on the way up. */
export class MisfitError extends Error {}

/** @throws MisfitError when the item has none of the keys, or is no scalar of a set. */
export function itemElement(item: Json, structure: MapList | { readonly kind: 'set' }): string {
  if (structure.kind === 'set') {
    if (item !== null && typeof item !== 'object') return `v:${JSON.stringify(item)}`;
    throw new MisfitError(`associative list without keys has an element that's ${nameOf(item)}`);
  }
  if (!isJsonObject(item)) {
    const what = item === null ? 'a null element' : 'non-map elements';
    throw new MisfitError(`associative list with keys may not have ${what}`);
  }
  return keyElement(item, structure);
}

function keyElement(item: JsonObject, { keys, defaults }: MapList): string {
  let text = '';
  for (const key of keys) {
    const value = item[key] ?? defaults[key];
    if (value === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${JSON.stringify(value)}`;
  }
  if (text !== '') return `k:{${text}}`;
  const names = keys.map((key) => JSON.stringify(key)).join(' ');
  throw new MisfitError(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
}

function nameOf(item: Json): string {
  if (item === null) return 'an explicit null';
  return Array.isArray(item) ? 'a list' : 'a map type';
}

/** `.spec.containers[name="app"].image` */
export function pathText(path: readonly string[]): string {
  return path.map(elementText).join('');
}

/** One element of a path as messages have it. */
export function elementText(element: string): string {
  const rest = element.slice(2);
  if (element.startsWith('f:')) return `.${rest}`;
  if (element.startsWith('v:')) return `[=${rest}]`;
  if (!element.startsWith('k:')) return `[${rest}]`;
  const keys: unknown = JSON.parse(rest);
  const parts = Object.entries(isJsonObject(keys) ? keys : {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `[${parts.join(',')}]`;
}
