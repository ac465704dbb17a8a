/** One event, two forms: core/v1 is stored, events.k8s.io/v1 is the same with newer names. */

import type { JsonObject } from '../../crds/schema/json.ts';
import { merged, without } from './json-access.ts';

const renamed = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['reportingComponent', 'reportingController'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const;

/** Stored (core/v1) to events.k8s.io/v1. */
export function eventFromStorage(stored: JsonObject): JsonObject {
  const event = rename(stored, 'events.k8s.io/v1', renamed);
  const empty = ['reportingController', 'reportingInstance'].filter((key) => event[key] === '');
  return without(event, ...empty);
}

/** events.k8s.io/v1 to what is stored. */
export function eventToStorage(event: JsonObject): JsonObject {
  const stored = rename(
    event,
    'v1',
    renamed.map(([core, newer]) => [newer, core] as const),
  );
  return { ...always, ...stored };
}

/** What an event of core/v1 always shows. */
const always: JsonObject = {
  involvedObject: {},
  source: {},
  firstTimestamp: null,
  lastTimestamp: null,
  reportingComponent: '',
  reportingInstance: '',
};

function rename(event: JsonObject, apiVersion: string, names: readonly (readonly [string, string])[]): JsonObject {
  const change: Record<string, JsonObject[string]> = { apiVersion };
  for (const [from, to] of names) {
    if (!(from in event)) continue;
    change[to] = event[from];
    change[from] = undefined;
  }
  return merged(event, change);
}
