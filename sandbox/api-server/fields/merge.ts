/** Merges an applied configuration into the live object: maps by key, keyed lists by item, everything else as a whole. */

import { isJsonObject, type Json, type JsonObject } from '../../../crds/schema/json.ts';
import type { Structure } from '../contract.ts';
import { itemElement, type MapList } from './element.ts';
import { isSameJson } from './same-json.ts';

/** Gives `live` itself where the configuration says nothing new. */
export function merge(live: JsonObject, applied: JsonObject, structure: Structure): JsonObject {
  const merged = mergeValue(live, applied, structure);
  return isJsonObject(merged) ? merged : live;
}

function mergeValue(live: Json | undefined, applied: Json | undefined, structure: Structure): Json | undefined {
  if (applied === undefined || live === applied) return live;
  if (live === undefined) return applied;
  switch (structure.kind) {
    case 'object':
      return mergeMaps(live, applied, structure);
    case 'any':
      return mergeMaps(live, applied, { kind: 'object', fields: {}, rest: structure });
    case 'set':
    case 'map-list':
      return mergeLists(live, applied, structure);
    case 'scalar':
    case 'atomic':
    case 'list':
      return isSameJson(live, applied) ? live : applied;
  }
}

function mergeMaps(live: Json, applied: Json, structure: Extract<Structure, { kind: 'object' }>): Json {
  if (applied === null && isJsonObject(live) && !isBare(live)) return live;
  if (!isJsonObject(live) || !isJsonObject(applied)) return isSameJson(live, applied) ? live : applied;
  let merged: Record<string, Json | undefined> | undefined;
  for (const key in applied) {
    const before = live[key];
    const after = mergeValue(before, applied[key], structure.fields[key] ?? structure.rest ?? { kind: 'any' });
    if (after !== before) (merged ??= { ...live })[key] = after;
  }
  return merged ?? live;
}

function isBare(value: JsonObject): boolean {
  for (const _ in value) return false;
  return true;
}

function mergeLists(live: Json, applied: Json, structure: MapList | Extract<Structure, { kind: 'set' }>): Json {
  if (applied === null && Array.isArray(live) && live.length > 0) return live;
  if (!Array.isArray(live) || !Array.isArray(applied)) return isSameJson(live, applied) ? live : applied;
  const merged = inOrder(entriesOf(live, structure), entriesOf(applied, structure), structure);
  const isSame = merged.length === live.length && merged.every((item, index) => item === live[index]);
  return isSame ? live : merged;
}

interface Entry {
  readonly element: string;
  readonly item: Json;
}

function entriesOf(list: readonly Json[], structure: MapList | { readonly kind: 'set' }): readonly Entry[] {
  return list.map((item) => ({ element: itemElement(item, structure), item }));
}

/**
 * Items of the configuration in its order; items only of the live list stay behind the live item that was before them.
 * When the two orders contradict each other, the configuration's wins.
 */
function inOrder(live: readonly Entry[], applied: readonly Entry[], structure: { readonly item: Structure }): Json[] {
  const wanted = new Map(applied.map(({ element, item }) => [element, item]));
  const present = new Map(live.map(({ element, item }) => [element, item]));
  const shared = applied.filter(({ element }) => present.has(element)).map(({ element }) => element);
  const merged: Json[] = [];
  const done = new Set<string>();
  const take = (element: string): void => {
    done.add(element);
    const item = mergeValue(present.get(element), wanted.get(element), structure.item);
    if (item !== undefined) merged.push(item);
  };
  let [left, right, nextShared] = [0, 0, 0];
  while (left < live.length || right < applied.length) {
    const [mine, theirs] = [live[left], applied[right]];
    if (mine !== undefined && theirs !== undefined) {
      if (mine.element === theirs.element) {
        take(theirs.element);
        left++;
        right++;
        nextShared++;
        continue;
      }
      if (wanted.has(mine.element) && nextShared < shared.length && shared[nextShared] !== mine.element) {
        left++;
        continue;
      }
    }
    if (mine !== undefined && !wanted.has(mine.element)) {
      merged.push(mine.item);
      left++;
      continue;
    }
    if (mine !== undefined && done.has(mine.element)) left++;
    if (theirs !== undefined) {
      take(theirs.element);
      right++;
      if (shared[nextShared] === theirs.element) nextShared++;
    }
  }
  return merged;
}
