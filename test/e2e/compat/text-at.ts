/** Texts of objects by their dotted path, and lists in an order of their own. */

import type { JsonObject } from '../../../crds/schema/json.ts';
import { at } from './app.ts';

/** The text there; empty when there is none. */
export function textAt(object: JsonObject | undefined, path: string): string {
  const value = at(object, path);
  return typeof value === 'string' ? value : '';
}

/** The entries in the order of their JSON text. */
export function inOrder<T>(list: readonly T[]): readonly T[] {
  const text = (one: T): string => JSON.stringify(one) ?? '';
  return list.toSorted((one, other) => text(one).localeCompare(text(other)));
}
